/**
 * The lecture's generalisation, seen: its network for letters learns from a few typefaces only, as it is, with dropout, with weight decay, and
 * with both. Writes runs/generalisation/comparison.html.
 *
 *     npm run generalisation
 */

import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { addLayers, dropout, ocr, rewireLayer, sgd, train } from "bellpepper";
import { classTarget, loadLetters } from "bellpepper/data";
import { nodeEngine } from "bellpepper/engine/node";
import { writeComparison } from "bellpepper/report";

const { values } = parseArgs({
  options: {
    typefaces: { type: "string", default: "10" },
    epochs: { type: "string", default: "80" },
    out: { type: "string", default: "runs/generalisation" },
  },
});
const whole = (/** @type {"typefaces" | "epochs"} */ name, /** @type {number} */ most) => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  process.stderr.write(`Expected a whole number from 1 to ${most} for --${name}, got '${values[name]}'.\n`);
  process.exit(2);
};

const letters = await loadLetters();
const typefaces = whole("typefaces", letters.training.typefaces.length);
const epochs = whole("epochs", 1000);
mkdirSync(values.out, { recursive: true });

/**
 * The letters of some typefaces, evenly from the alphabet of their names.
 *
 * @param {import("bellpepper/data").LetterSamples} all
 * @param {number} wanted
 * @returns {import("bellpepper").Samples}
 */
function some(all, wanted) {
  const step = Math.floor(all.typefaces.length / wanted);
  const place = (/** @type {number} */ i) => 26 * step * Math.floor(i / 26) + (i % 26);
  const labels = Int32Array.from({ length: 26 * wanted }, (_, i) => all.target.labels[place(i)]);
  return {
    ...{ count: 26 * wanted, shape: all.shape, target: classTarget(all.target.names, labels) },
    read: (i, epoch, into, offset) => all.read(place(i), epoch, into, offset),
  };
}
const training = some(letters.training, typefaces);
const validation = some(letters.validation, 70);

/** The lecture's network; a share of the features that its last layer reads is dropped. */
const network = (/** @type {number} */ dropped) => {
  if (dropped === 0) return ocr();
  return rewireLayer(addLayers(ocr(), [dropout(dropped, { inputs: ["relu1"], output: "kept" })]), "conv4", ["kept"]);
};
/** Half of the last features, as in the lecture. */
const DROPPED = 0.5;
/** So few pictures take far more than the usual 0.0005. */
const WEIGHT_DECAY = 0.3;
const kinds = [
  { name: "as it is", dropped: 0, weightDecay: 0 },
  { name: "weight decay", dropped: 0, weightDecay: WEIGHT_DECAY },
  { name: "dropout", dropped: DROPPED, weightDecay: 0 },
  { name: "both", dropped: DROPPED, weightDecay: WEIGHT_DECAY },
];
const normalization = { mean: [letters.mean], scale: 256 / 255 };
const engine = nodeEngine();
const runs = [];
for (const { name, dropped, weightDecay } of kinds) {
  const history = [];
  const solver = sgd({ weightDecay });
  const options = { training, validation, normalization, epochs, solver };
  for await (const event of train(engine, network(dropped), options)) {
    if (event.type !== "epoch") continue;
    const { epoch, learningRate, train: own, validation: other } = event;
    history.push({ epoch, learningRate, train: own, ...(other ? { validation: other } : {}) });
    const shares = [own, other].map((part) => `${(100 * (part?.metrics.top1Error ?? 0)).toFixed(2)} %`);
    process.stdout.write(`${name}  epoch ${epoch}/${epochs}  training ${shares[0]}  validation ${shares[1]}\n`);
  }
  runs.push({ name, history });
}
const { page } = await writeComparison(values.out, {
  title: "Generalisation",
  lead: `The lecture's network for letters, trained on ${training.count} letters of ${typefaces} typefaces, and measured on ${validation.count} letters of 70 others.`,
  runs,
  configuration: {
    typefaces,
    epochs,
    dropout: DROPPED,
    weightDecay: WEIGHT_DECAY,
    batchSize: 100,
    learningRate: 0.001,
    seed: 1,
  },
});
process.stdout.write(`page      ${page}\n`);
