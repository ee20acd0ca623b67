/**
 * What `train --from` makes of few pictures, beside `train` alone: the error on a test part against the number of pictures, with the simple methods on the
 * same features. Prints the table of docs/results.md; every result is kept in runs/further/results.jsonl.
 *
 *     npm run further -- --model mobilenet_v2_1.0_224_quant.tflite
 *     npm run further -- --model net.onnx --sets stamps --from /usr/share/tuxpaint/stamps --seeds 1
 */

import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { topError } from "bellpepper/evaluation";
import { evaluateModel, finishJob, trainPictures } from "bellpepper/jobs";
import { permutation, stream } from "bellpepper/random";
import { prepareSet } from "../defaults/sets.js";
import { prepareLetters } from "./letters.js";

/** @typedef {{ set: string, method: string, count: number | "all", seed: number, error: number, seconds: number }} Result */

/** Of each set the side of its pictures for the model, and that for a network from scratch; how many pictures are trained on. */
const SETS = {
  stamps: { side: 224, scratch: 32, counts: [25, 50, 100, 1000] },
  icons: { side: 96, scratch: 24, counts: [50, 2000] },
  textures: { side: undefined, scratch: 24, counts: [40, 1000] },
  letters: { side: undefined, scratch: 32, counts: [52, 260] },
};

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    sets: { type: "string", default: Object.keys(SETS).join(",") },
    seeds: { type: "string", default: "1,2,3,4,5" },
    methods: { type: "string", default: "from,scratch" },
    from: { type: "string" },
    out: { type: "string", default: join("runs", "further") },
  },
});
const names = values.sets.split(",");
const methods = values.methods.split(",");
const seeds = values.seeds.split(",").map(Number);
const wrong = names.find((name) => !Object.hasOwn(SETS, name));
if (values.model === undefined || wrong !== undefined) {
  process.stderr.write(
    wrong ? `Expected sets of ${Object.keys(SETS).join(", ")}, got '${wrong}'.\n` : "Give --model.\n",
  );
  process.exit(2);
}
const { model } = values;
const kept = join(values.out, "results.jsonl");
mkdirSync(values.out, { recursive: true });

/** @returns {Result[]} */
const results = () =>
  existsSync(kept)
    ? readFileSync(kept, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
const keep = (/** @type {Result} */ result) => {
  appendFileSync(kept, `${JSON.stringify(result)}\n`);
  const { set, method, count, seed, error, seconds } = result;
  process.stdout.write(`${set} ${count} ${method} seed ${seed}: ${error.toFixed(1)} % in ${seconds.toFixed(1)} s\n`);
};

/**
 * A list with so many of the training pictures, evenly from the classes, and all of the test part.
 *
 * @returns {{ list: string, count: number | "all" }}
 */
function fewer(/** @type {string} */ data, /** @type {number} */ seed, /** @type {number} */ most) {
  const [head, ...rows] = readFileSync(join(data, `list-${seed}.csv`), "utf8")
    .trim()
    .split("\n");
  const test = rows.filter((row) => row.endsWith(",test"));
  const train = rows.filter((row) => row.endsWith(",train"));
  /** @type {Map<string, string[]>} */
  const classes = new Map();
  for (const i of permutation(train.length, stream(seed, "fewer"))) {
    const label = train[i].split(",")[1];
    classes.set(label, [...(classes.get(label) ?? []), train[i]]);
  }
  const longest = Math.max(...[...classes.values()].map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, i) => [...classes.values()].flatMap((own) => own[i] ?? [])).flat();
  const chosen = inTurn.slice(0, most);
  const list = join(data, `list-${seed}-${most}.csv`);
  writeFileSync(list, `${[head, ...chosen, ...test].join("\n")}\n`);
  return { list, count: most < inTurn.length ? most : "all" };
}

/** Trains, and measures on the test part. */
async function measured(
  /** @type {string} */ set,
  /** @type {string} */ method,
  /** @type {import("bellpepper/jobs").TrainPicturesOptions} */ options,
  /** @type {string} */ list,
  /** @type {number | "all"} */ count,
  /** @type {number} */ seed,
) {
  const folder = join(values.out, "run");
  rmSync(folder, { recursive: true, force: true });
  const begun = performance.now();
  const trained = await finishJob(trainPictures(list, { ...options, folder, seed, threads: 1 }));
  const seconds = (performance.now() - begun) / 1000;
  const { predictions } = await finishJob(
    evaluateModel(trained.files.model, list, { part: "test", folder: join(folder, "test"), threads: 1 }),
  );
  keep({ set, method, count, seed, error: 100 * topError(predictions, 1), seconds });
  const { baselines } = trained;
  if (baselines.length > 0) {
    const own = 100 * topError(trained.predictions, 1);
    keep({ set, method: `${method} (validation)`, count, seed, error: own, seconds: 0 });
  }
  for (const { name, table: own } of baselines) {
    keep({ set, method: `${name} (validation)`, count, seed, error: 100 * topError(own, 1), seconds: 0 });
  }
}

for (const set of names) {
  const data = join(values.out, "data", set);
  if (existsSync(data)) continue;
  const { side } = SETS[/** @type {keyof typeof SETS} */ (set)];
  if (set === "letters") await prepareLetters(data, seeds);
  else await prepareSet(set, data, seeds, values.from, side);
}
for (const method of methods) {
  for (const set of names) {
    const { scratch, counts } = SETS[/** @type {keyof typeof SETS} */ (set)];
    for (const most of counts) {
      for (const seed of seeds) {
        const { list, count } = fewer(join(values.out, "data", set), seed, most);
        const isKnown = results().some(
          (each) => each.set === set && each.method === method && each.count === count && each.seed === seed,
        );
        // What the command does where nothing else is asked for.
        const jitter = { translate: 0.04, rotate: 4, scale: 1.05, brightness: 0.04, contrast: 1.1 };
        const options =
          method === "from"
            ? { from: model, cache: join(values.out, "cache") }
            : { size: { width: scratch, height: scratch }, jitter };
        if (!isKnown) await measured(set, method, options, list, count, seed);
      }
    }
  }
}
process.stdout.write(`\n${tableText()}\n`);

/** The mean and the deviation of each method's errors, and its mean time, a line for each set and number of pictures. */
function tableText() {
  const all = results();
  /** @type {Map<string, Result[]>} */
  const groups = new Map();
  for (const each of all) {
    const key = `${each.set} ${each.count}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const methods = [...new Set(all.map(({ method }) => method))];
  const lines = [...groups].map(([key, own]) => {
    const cells = methods.map((method) => {
      const errors = own.filter((each) => each.method === method).map(({ error }) => error);
      if (errors.length === 0) return "–";
      const mean = errors.reduce((a, b) => a + b) / errors.length;
      const squares = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0);
      return `${mean.toFixed(1)} ± ${Math.sqrt(squares / Math.max(1, errors.length - 1)).toFixed(1)}`;
    });
    return `| ${[key, ...cells].join(" | ")} |`;
  });
  return [
    `| pictures | ${methods.join(" | ")} |`,
    `| ${["", ...methods].map(() => "---").join(" | ")} |`,
    ...lines,
  ].join("\n");
}
