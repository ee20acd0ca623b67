/**
 * What learning without labels is worth: error against the number of labelled pictures of a class, begun at random, by a denoising autoencoder, layer by layer, and by filters of
 * k-means and principal components, all of the same pictures without their labels. Writes runs/unsupervised/results.json, table.md and worth.svg.
 *
 *     npm run unsupervised -- --data fashion-mnist
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { adamW, conv, maxPool, relu, sequential, softmaxLogLoss, train } from "bellpepper";
import { classTarget, loadLetters, openDataset, openPictures } from "bellpepper/data";
import { nodeEngine } from "bellpepper/engine/node";
import { permutation, stream } from "bellpepper/random";
import { evaluate, evaluationGraph } from "bellpepper/training";
import { autoencoder, firstFilters, layerWise } from "bellpepper/unsupervised";
import { drawWorth, tableOf } from "./worth.js";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "fashion-mnist" },
    folder: { type: "string", default: "/usr/share/datasets/fashion-mnist" },
    counts: { type: "string", default: "10,25,50,100,250,1000" },
    draws: { type: "string", default: "5" },
    starts: { type: "string", default: "random,denoising,layer-wise,kmeans,pca" },
    steps: { type: "string", default: "300" },
    unlabelled: { type: "string", default: "10000" },
    epochs: { type: "string", default: "5" },
    test: { type: "string", default: "10000" },
    threads: { type: "string", default: "2" },
    out: { type: "string", default: "runs/unsupervised" },
  },
});
const numbers = (/** @type {string} */ text) => text.split(",").map(Number);
const [draws, steps, unlabelled, epochs, tested] = [
  values.draws,
  values.steps,
  values.unlabelled,
  values.epochs,
  values.test,
].map(Number);
const counts = numbers(values.counts);
const starts = values.starts.split(",");
for (const each of [draws, steps, unlabelled, epochs, tested, ...counts]) {
  if (Number.isSafeInteger(each) && each >= 1) continue;
  process.stderr.write(
    "Expected whole numbers of at least 1 for --counts, --draws, --steps, --unlabelled, --epochs and --test.\n",
  );
  process.exit(2);
}
const engine = nodeEngine({ threads: Number(values.threads) });
const BATCH = 50;

/**
 * A network of four convolutions, small enough for 150 trainings in half an hour.
 *
 * @param {import("bellpepper").ImageShape} shape
 * @param {number} classes
 */
const _small = (shape, classes) =>
  sequential("small", shape, [
    ...[conv(5, 8, { initialization: { type: "he" } }), relu(), maxPool(2, { stride: 2 })],
    ...[conv(5, 16, { initialization: { type: "he" } }), relu(), maxPool(2, { stride: 2 })],
    ...[conv(shape.height / 4 - 3, 64, { initialization: { type: "he" } }), relu(), conv(1, classes), softmaxLogLoss()],
  ]);

/** The pictures of a data set: to learn from, with labels that only some are asked for, and to measure by. */
async function pictures() {
  if (values.data === "letters") {
    const letters = await loadLetters();
    return {
      training: letters.training,
      test: letters.validation,
      network: ocr(),
      normalization: { mean: [letters.mean], scale: 1 / 80 },
    };
  }
  const dataset = await openDataset(values.folder);
  const opened = await openPictures(dataset);
  const part = (/** @type {string} */ split) =>
    opened.samples(dataset.items.flatMap((item, i) => ((item.split ?? "training") === split ? [i] : [])));
  return {
    training: part("training"),
    test: part("test"),
    network: lenet(10),
    normalization: { mean: [73], scale: 1 / 90 },
  };
}

/**
 * Some of the samples.
 *
 * @param {import("bellpepper").Samples<import("bellpepper/data").ClassTarget>} all
 * @param {ArrayLike<number>} places
 */
const some = (all, places) => ({
  ...{ count: places.length, shape: all.shape },
  target: classTarget(
    all.target.names,
    Int32Array.from(places, (i) => all.target.labels[i]),
  ),
  read: (
    /** @type {number} */ i,
    /** @type {number} */ epoch,
    /** @type {Uint8Array} */ into,
    /** @type {number} */ offset,
  ) => all.read(places[i], epoch, into, offset),
});

const { training, test, network, normalization } = await pictures();
const shuffled = permutation(training.count, stream(1, "unlabelled"));
const pool = some(training, shuffled.subarray(0, Math.min(unlabelled, training.count)));
const held = some(test, permutation(test.count, stream(1, "test")).subarray(0, Math.min(tested, test.count)));

/**
 * The parameters after so many epochs.
 *
 * @param {import("bellpepper").Network} of
 * @param {import("bellpepper").Samples} samples
 * @param {number} passes
 * @param {ReadonlyMap<string, import("bellpepper").Tensor<"float32">>} start
 * @param {number} seed
 */
async function learned(of, samples, passes, start, seed) {
  let parameters = start;
  const options = {
    training: samples,
    normalization,
    epochs: passes,
    batchSize: Math.min(BATCH, samples.count),
    solver: adamW(),
    learningRate: 0.001,
    seed,
  };
  for await (const event of train(engine, of, start.size > 0 ? { ...options, start } : options)) {
    if (event.type === "epoch") ({ parameters } = event.state);
  }
  return parameters;
}

/** What each start knows of the pictures without their labels. */
const BEGINNINGS = {
  random: async () => new Map(),
  denoising: () => learned(autoencoder(network, { blank: 0.3 }).network, pool, epochs, new Map(), 1),
  "layer-wise": async () => {
    let parameters = new Map();
    for (const stage of layerWise(network, { blank: 0.3 })) {
      parameters = new Map([
        ...parameters,
        ...(await learned(stage.network, pool, Math.max(1, Math.round(epochs / 2)), parameters, 1)),
      ]);
    }
    return parameters;
  },
  kmeans: async () =>
    (await firstFilters(network, pool, normalization, { kind: "kmeans", patches: 20000, seed: 1 })).parameters,
  pca: async () =>
    (await firstFilters(network, pool, normalization, { kind: "pca", patches: 20000, seed: 1 })).parameters,
};

/**
 * So many pictures of each class.
 *
 * @param {number} count
 * @param {number} draw
 */
function labelled(count, draw) {
  const order = permutation(training.count, stream(draw, "labelled"));
  const left = new Map(training.target.names.map((_, label) => [label, count]));
  return [...order].filter((i) => {
    const label = training.target.labels[i];
    const more = left.get(label) ?? 0;
    left.set(label, more - 1);
    return more > 0;
  });
}

const program = await engine.load(evaluationGraph(network, normalization, 200));

/**
 * What the network says of the pictures that are measured by.
 *
 * @param {ReadonlyMap<string, import("bellpepper").Tensor<"float32">>} parameters
 */
async function measured(parameters) {
  let statistics;
  for await (const batch of evaluate(program, Object.fromEntries(parameters), held, 200)) ({ statistics } = batch);
  if (!statistics) throw new Error("There is no picture to measure by.");
  return statistics;
}

mkdirSync(values.out, { recursive: true });
const file = join(values.out, `${values.data}.json`);
/** @type {{ start: string, count: number, draw: number, error: number }[]} */
let results = [];
try {
  results = JSON.parse(readFileSync(file, "utf8")).results;
} catch {
  // the first time
}
const settings = {
  data: values.data,
  network: network.name,
  unlabelled: pool.count,
  epochs,
  steps,
  batchSize: BATCH,
  test: held.count,
  draws,
};
/** @type {Map<string, any>} */
const beginnings = new Map();
const most = Math.max(
  ...training.target.names.map((_, label) => Array.from(training.target.labels).filter((own) => own === label).length),
);
for (let draw = 1; draw <= draws; draw++) {
  for (const count of counts.filter((count) => count <= most)) {
    for (const start of starts) {
      if (results.some((one) => one.start === start && one.count === count && one.draw === draw)) continue;
      const begun = performance.now();
      if (!beginnings.has(start))
        beginnings.set(start, await BEGINNINGS[/** @type {keyof typeof BEGINNINGS} */ (start)]());
      const samples = some(training, labelled(count, draw));
      const passes = Math.max(1, Math.round((steps * BATCH) / samples.count));
      const parameters = await learned(network, samples, passes, beginnings.get(start), draw);
      const { metrics } = await measured(parameters);
      results.push({ start, count, draw, error: metrics.top1Error });
      writeFileSync(file, `${JSON.stringify({ settings, results }, null, 1)}\n`);
      process.stdout.write(
        `draw ${draw}  ${count} a class  ${start.padEnd(11)} ${(100 * metrics.top1Error).toFixed(2)} %  ${((performance.now() - begun) / 1000).toFixed(1)} s\n`,
      );
    }
  }
}
writeFileSync(join(values.out, `${values.data}.md`), tableOf(results));
writeFileSync(join(values.out, `${values.data}.svg`), drawWorth(results, settings));
process.stdout.write(`${tableOf(results)}\nfigure    ${join(values.out, `${values.data}.svg`)}\n`);
