/**
 * What `bellpepper train FOLDER` chooses by itself, against others on small data sets: a small network of PyTorch's, nearest neighbours
 * and a support vector machine. Prints the table of docs/results.md; every result is kept in runs/defaults/results.jsonl.
 *
 *     npm run defaults -- --python venv/bin/python            # with torch, scikit-learn and pillow
 *     npm run defaults -- --sets digits --from digits.png     # one set, whose files are there already; ours alone
 */

import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readPredictions, topError } from "bellpepper/evaluation";
import { bellpepper } from "../run-bellpepper.js";
import { comparison } from "./compare.js";
import { prepareSet, SETS } from "./sets.js";

const fail = (/** @type {string} */ message) => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};
const { values } = parseArgs({
  options: {
    sets: { type: "string", default: Object.keys(SETS).join(",") },
    seeds: { type: "string", default: "1,2,3,4,5" },
    from: { type: "string" },
    python: { type: "string" },
    out: { type: "string", default: join("runs", "defaults") },
  },
});
const sets = values.sets.split(",");
for (const set of sets) if (!SETS[set]) fail(`Expected sets of ${Object.keys(SETS).join(", ")}, got '${set}'.`);
if (values.from && sets.length > 1) fail("--from belongs to one set: name it with --sets.");
const seeds = values.seeds.split(",").map(Number);
if (!seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0))
  fail(`Expected whole numbers, got '${values.seeds}'.`);

/** What our own results are called, the first column. */
const OURS = "train";
const kept = join(values.out, "results.jsonl");
mkdirSync(values.out, { recursive: true });
/** @returns {import("./compare.js").Result[]} */
const results = () =>
  existsSync(kept)
    ? readFileSync(kept, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
const keep = (/** @type {import("./compare.js").Result} */ result) =>
  appendFileSync(kept, `${JSON.stringify(result)}\n`);
const isKnown = (/** @type {string} */ set, /** @type {string} */ method, /** @type {number} */ seed) =>
  results().some((each) => each.set === set && each.method === method && each.seed === seed);

for (const set of sets) {
  const data = join(values.out, "data", set);
  if (!existsSync(data)) {
    try {
      await prepareSet(set, data, seeds, values.from);
    } catch (error) {
      rmSync(data, { recursive: true, force: true });
      fail(/** @type {Error} */ (error).message);
    }
  }
  for (const seed of seeds.filter((each) => !isKnown(set, OURS, each))) {
    const list = join(data, `list-${seed}.csv`);
    const run = join(values.out, `${set}-${seed}`);
    const begun = performance.now();
    bellpepper("train", list, "--seed", `${seed}`, "--threads", "1", "--out", run, "--fresh");
    const seconds = (performance.now() - begun) / 1000;
    bellpepper("evaluate", join(run, "model.onnx"), list, "--part", "test", "--out", join(run, "test"));
    const table = await readPredictions(join(run, "test", "predictions.csv"));
    if (table.kind !== "classes") throw new Error(`${run}: expected classes.`);
    keep({ set, method: OURS, seed, error: 100 * topError(table, 1), seconds });
  }
  const open = seeds.filter((seed) => !isKnown(set, "svm", seed));
  if (values.python === undefined || open.length === 0) continue;
  const call = [fileURLToPath(new URL("baselines.py", import.meta.url)), data, ...open.map(String)];
  const { status, stdout } = spawnSync(values.python, call, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) fail(`${values.python} ${call.join(" ")} failed.`);
  for (const line of stdout.trim().split("\n")) keep({ set, ...JSON.parse(line) });
}
process.stdout.write(`\n${comparison(results())}\n`);
