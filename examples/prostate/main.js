/**
 * The lecture's example, from slides to a report: makes synthetic slides of prostate tissue, cuts them into patches, and cross-validates
 * a network on them, patient by patient.
 *
 *     npm run prostate
 *
 * The tissue is painted by a program. It shows how glands change from grade to grade, and is no basis for any diagnosis.
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stream } from "bellpepper/random";
import { bellpepper } from "../run-bellpepper.js";
import { overview } from "./overview.js";
import { makeSlide } from "./slide.js";
import { writeMask, writeSlide } from "./slide-file.js";
import { stainingOf } from "./stain.js";

const { values } = parseArgs({
  options: {
    patients: { type: "string", default: "8" },
    slides: { type: "string", default: "2" },
    points: { type: "string", default: "7" },
    seed: { type: "string", default: "1" },
    folds: { type: "string", default: "4" },
    out: { type: "string", default: "runs/prostate" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(
    "options: --patients 8, --slides 2 (of a patient), --points 7 (of a class in a slide), --seed 1, --folds 4, --out runs/prostate\n",
  );
  process.exit(0);
}
const whole = (/** @type {"patients" | "slides" | "points" | "seed" | "folds"} */ name) => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  process.stderr.write(`Expected a whole number of at least 1 for --${name}, got '${values[name]}'.\n`);
  process.exit(2);
};
const [patients, perPatient, points, seed, folds] = ["patients", "slides", "points", "seed", "folds"].map(whole);

const slides = join(values.out, "synthetic-slides");
const masks = join(values.out, "masks");
const patches = join(values.out, "patches");
for (const folder of [slides, masks, patches]) rmSync(folder, { recursive: true, force: true });
for (const folder of [slides, masks]) mkdirSync(folder, { recursive: true });

const list = ["slide,x,y,label,patient"];
const firsts = [];
for (let patient = 1; patient <= patients; patient++) {
  const staining = stainingOf(stream(seed, "staining", patient));
  for (let number = 1; number <= perPatient; number++) {
    const slide = makeSlide({ seed, patient, slide: number, points, staining });
    if (number === 1 && firsts.length < 8) firsts.push(slide);
    const name = `synthetic-patient-${patient}-slide-${number}`;
    await writeSlide(
      join(slides, `${name}.tif`),
      slide.pixels,
      `SYNTHETIC tissue: patient ${patient}, slide ${number}`,
    );
    await writeMask(join(masks, `${name}.png`), slide.mask);
    for (const { x, y, label } of slide.points) list.push(`${name}.tif,${x},${y},${label},patient-${patient}`);
    process.stdout.write(`painted ${name}.tif\n`);
  }
}
writeFileSync(join(values.out, "points.csv"), `${list.join("\n")}\n`);
writeFileSync(join(values.out, "overview.png"), overview(firsts));

const cut = ["--points", join(values.out, "points.csv"), "--size", "48", "--scale", "0.5", "--out", patches];
bellpepper("cut", slides, ...cut);
const how = [
  "--folds",
  `${folds}`,
  "--epochs",
  "30",
  "--ordered",
  "--jitter",
  "tissue",
  "--out",
  join(values.out, "folds"),
];
bellpepper("crossvalidate", join(patches, "list.csv"), ...how, "--fresh");
