/** What a network said about each of a set of samples: the one table that every metric is computed from. */

import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import type { Engine } from "../../engine/engine.js";
import { withLayers } from "../../network/edit.js";
import { resultOf, type TrainedModel } from "../../network/model/model.js";
import { inputOf, type Network, parametersOf, upTo } from "../../network/network.js";
import { evaluate } from "../../training/evaluate.js";
import { evaluationGraph } from "../../training/step/graphs.js";
import { shapeText } from "../../values/image-shape.js";

/** Where samples come from, where it is known: a value for each sample. */
export interface Origins {
  /** the file of each sample, or another name of it */
  readonly paths?: readonly string[];
  /** what samples have in common that makes them alike, such as the patient */
  readonly groups?: readonly string[];
  /** the part of a cross-validation in which the sample was predicted */
  readonly folds?: Int32Array;
}

/** The scores of each class for each sample, and what the sample is. */
export interface PredictionTable extends Origins {
  /** the names of the K classes */
  readonly classes: readonly string[];
  /** the true class of each sample, 0 … K − 1 */
  readonly labels: Int32Array;
  /** sample × class, before the softmax */
  readonly scores: Float32Array;
}

/** The options of {@link predict}. */
export interface PredictionOptions {
  /** where the samples come from, to be kept in the table */
  readonly origins?: Origins;
  /** samples that go through the network together; 100 */
  readonly batchSize?: number;
}

/**
 * Runs a model over samples, in their order and as they are in epoch 0. It may have any losses or none, and a softmax at its end.
 *
 * @throws RangeError when the samples' classes or their size are not the model's, a label is no class, or a score is no number
 * @example
 * const table = await predict(nodeEngine(), fromOnnx(await readFile("letters.onnx")), letters.validation);
 * topError(table, 1); // the share of letters that are misread
 */
export async function predict(
  engine: Engine,
  model: TrainedModel,
  samples: Samples<ClassTarget>,
  { batchSize = 100, origins = {} }: PredictionOptions = {},
): Promise<PredictionTable> {
  const { parameters, normalization, classes } = model;
  expectSame("size of the images", shapeText(inputOf(model.network)), shapeText(samples.shape));
  expectSame("classes", JSON.stringify(classes), JSON.stringify(samples.target.names));
  const network = scoring(model.network);
  const values = Object.fromEntries(
    parametersOf(network).map(({ name }) => {
      const value = parameters.get(name);
      if (!value) throw new RangeError(`The model has no parameter '${name}'.`);
      return [name, value];
    }),
  );
  const scores = new Float32Array(samples.count * classes.length);
  const program = await engine.load(evaluationGraph(network, normalization, batchSize));
  try {
    for await (const batch of evaluate(program, values, samples, batchSize)) {
      const [first] = batch.indices;
      for (let i = 0; i < batch.indices.length * classes.length; i++) {
        scores[first * classes.length + i] = Number(batch.scores.data[i]);
      }
    }
  } finally {
    await program.close();
  }
  return predictionTable(classes, Int32Array.from(samples.target.labels), scores, origins);
}

/** The part of a network that gives the scores before any softmax, with a loss that compares them with labels. */
function scoring(network: Network): Network {
  const { name } = resultOf(network);
  return withLayers(upTo(network, name), [softmaxLogLoss({ inputs: [name] })]);
}

/**
 * A prediction table, checked: metrics rely on it.
 *
 * @param labels the true class of each sample, 0 … K − 1
 * @param scores sample × class, before the softmax
 * @param origins where the samples come from
 * @throws RangeError when the sizes do not fit each other, a label is no class, or a score is not finite
 * @example
 * predictionTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0)); // an "a" and a "b", both taken for an "a"
 */
export function predictionTable(
  classes: readonly string[],
  labels: Int32Array,
  scores: Float32Array,
  { paths, groups, folds }: Origins = {},
): PredictionTable {
  if (scores.length !== labels.length * classes.length) {
    throw new RangeError(
      `Invalid value for scores: expected ${labels.length}×${classes.length} numbers, got ${scores.length}.`,
    );
  }
  const label = labels.findIndex((l) => l < 0 || l >= classes.length);
  if (label >= 0) {
    throw new RangeError(
      `Invalid value for labels: expected 0 to ${classes.length - 1}, got ${labels[label]} for sample ${label}.`,
    );
  }
  const score = scores.findIndex((s) => !Number.isFinite(s));
  if (score >= 0) {
    throw new RangeError(
      `Invalid value for scores: expected finite numbers, got ${scores[score]} for sample ${Math.floor(score / classes.length)}. The model has diverged.`,
    );
  }
  for (const [name, values] of Object.entries({ paths, groups, folds })) {
    if (values && values.length !== labels.length) {
      throw new RangeError(
        `Invalid value for ${name}: expected ${labels.length}, one per sample, got ${values.length}.`,
      );
    }
  }
  return { classes, labels, scores, ...(paths && { paths }), ...(groups && { groups }), ...(folds && { folds }) };
}

/**
 * The probabilities of the classes: the softmax of a sample's scores, p[k] = exp(z[k]) / Σ exp(z).
 *
 * @returns sample × class
 * @example
 * probabilities(predictionTable(["a", "b"], Int32Array.of(0), Float32Array.of(3, 3))); // [0.5, 0.5]
 */
export function probabilities({ classes, labels, scores }: PredictionTable): Float32Array {
  const result = new Float32Array(scores.length);
  const count = classes.length;
  for (let sample = 0; sample < labels.length; sample++) {
    const from = sample * count;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) highest = Math.max(highest, scores[from + k]);
    let sum = 0;
    for (let k = 0; k < count; k++) sum += Math.exp(scores[from + k] - highest);
    for (let k = 0; k < count; k++) result[from + k] = Math.exp(scores[from + k] - highest) / sum;
  }
  return result;
}

function expectSame(what: string, expected: string, got: string): void {
  if (got !== expected) {
    throw new RangeError(`The ${what} must be those the model was made for: expected ${expected}, got ${got}.`);
  }
}
