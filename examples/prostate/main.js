/**
 * The lecture's example, from slides to a report: cuts slides of prostate tissue into patches around an expert's points, and
 * cross-validates a network on them, patient by patient. Without slides of one's own it paints some.
 *
 *     npm run prostate
 *     npm run prostate -- FOLDER-OF-SLIDES POINTS.csv    # columns slide, x, y, label, patient
 *
 * The painted tissue shows how glands change from grade to grade, and is no basis for any diagnosis.
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

const USAGE = `npm run prostate -- [FOLDER-OF-SLIDES POINTS.csv]
  --folds 4, --out runs/prostate
  and of the slides that it paints: --patients 8, --slides 2 (of a patient), --points 7 (of a class in a slide), --seed 1
`;
const fail = (/** @type {string} */ message) => {
  process.stderr.write(`${message}\n${USAGE}`);
  process.exit(2);
};
const counts = { patients: "8", slides: "2", points: "7", seed: "1", folds: "4" };
const { values, positionals } = (() => {
  const string = (/** @type {string} */ value) => /** @type {const} */ ({ type: "string", default: value });
  const options = Object.fromEntries(
    Object.entries({ ...counts, out: "runs/prostate" }).map(([k, v]) => [k, string(v)]),
  );
  try {
    return parseArgs({ options: { ...options, help: { type: "boolean" } }, allowPositionals: true });
  } catch (error) {
    return fail(/** @type {Error} */ (error).message);
  }
})();
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (positionals.length !== 0 && positionals.length !== 2)
  fail(`Expected slides and points, got '${positionals.join(" ")}'.`);
const [patients, perPatient, points, seed, folds] = Object.keys(counts).map((name) => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  return fail(`Expected a whole number of at least 1 for --${name}, got '${values[name]}'.`);
});
const [slides = join(values.out, "synthetic-slides"), list = join(values.out, "points.csv")] = positionals;
const patches = join(values.out, "patches");

if (positionals.length === 0) await paint();
rmSync(patches, { recursive: true, force: true });
bellpepper("cut", slides, "--points", list, "--size", "48", "--scale", "0.5", "--out", patches);
// what was chosen when the result of docs/results.md was measured
const measured = ["--epochs", "30", "--solver", "sgd", "--border", "reflect"];
const how = [...measured, "--ordered", "--jitter", "tissue", "--out", join(values.out, "folds")];
bellpepper("crossvalidate", join(patches, "list.csv"), "--folds", `${folds}`, ...how, "--fresh");

/** Paints slides, with their masks, the list of points and an overview. */
async function paint() {
  const masks = join(values.out, "masks");
  for (const folder of [slides, masks]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  const lines = ["slide,x,y,label,patient"];
  const firsts = [];
  for (let patient = 1; patient <= patients; patient++) {
    const staining = stainingOf(stream(seed, "staining", patient));
    for (let number = 1; number <= perPatient; number++) {
      const slide = makeSlide({ seed, patient, slide: number, points, staining });
      if (number === 1 && firsts.length < 8) firsts.push(slide);
      const name = `synthetic-patient-${patient}-slide-${number}`;
      const title = `SYNTHETIC tissue: patient ${patient}, slide ${number}`;
      await writeSlide(join(slides, `${name}.tif`), slide.pixels, title);
      await writeMask(join(masks, `${name}.png`), slide.mask);
      for (const { x, y, label } of slide.points) lines.push(`${name}.tif,${x},${y},${label},patient-${patient}`);
      process.stdout.write(`painted ${name}.tif\n`);
    }
  }
  writeFileSync(list, `${lines.join("\n")}\n`);
  writeFileSync(join(values.out, "overview.png"), overview(firsts));
}
