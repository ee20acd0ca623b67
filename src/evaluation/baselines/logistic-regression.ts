import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import type { Engine } from "../../engine/engine.js";
import { dag } from "../../network/network.js";
import { permutation, stream } from "../../random/stream.js";
import { minimize } from "../../training/solver/minimize.js";
import type { Parameters } from "../../training/step/initialize.js";
import { classTable, type Origins } from "../table/predictions.js";
import type { Baseline, FeatureSet } from "./features.js";

/** What the mistakes count against the size of the weights, among which one is chosen. */
const COSTS = [1e-4, 1e-3, 1e-2, 1e-1, 1];

/** The share of the groups of each class that choose it. */
const CHOOSERS = 1 / 4;

/** What is left of the slopes at the end of the search, as a share of those at its start, and its most steps. */
const SEARCH = { share: 1e-3, maximumSteps: 300 };

/**
 * Multinomial logistic regression on features of mean 0 and deviation 1: the weights for which ½ ‖w‖² + C Σ ℓ is least, where ℓ are the softmax log-losses
 * (see `minimize`). C is the one of 0.0001 to 1 with the least log-loss on a quarter of the groups of each class that was left out; then all are used.
 *
 * @param known what it learns from
 * @param asked what is named
 */
export async function logisticRegression(
  engine: Engine,
  known: FeatureSet,
  asked: FeatureSet,
  origins: Origins = {},
): Promise<Baseline> {
  const { names, labels } = asked.target;
  const count = known.target.labels.length;
  const all = Array.from({ length: count }, (_, i) => i);
  const apart = leftOut(known);
  const left = all.filter((i) => apart.has(known.groups[i]));
  const rest = all.filter((i) => !apart.has(known.groups[i]));
  let cost = 0.01;
  if (left.length > 0 && rest.length > 0) {
    const part = standardized(known, rest);
    const losses: number[] = [];
    let start: Parameters | undefined;
    for (const each of COSTS) {
      start = await fitted(engine, part, rest, each, start);
      const scores = scoresOf(start, part, left, names.length);
      losses.push(
        logLoss(
          scores,
          left.map((i) => known.target.labels[i]),
          names.length,
        ),
      );
    }
    cost = COSTS[losses.indexOf(Math.min(...losses))];
  }
  const scale = standardized(known, all);
  const parameters = await fitted(engine, scale, all, cost);
  const places = Array.from(labels, (_, i) => i);
  const scores = scoresOf(parameters, { ...scale, set: asked }, places, names.length);
  return {
    name: "logistic regression",
    how: `C = ${cost}, chosen on a quarter of the training pictures`,
    table: classTable(names, Int32Array.from(labels), scores, origins),
  };
}

/** A quarter of the groups of each class, at least one; none of a class that has one group only. */
function leftOut({ groups, target: { labels, names } }: FeatureSet): ReadonlySet<number> {
  const apart = new Set<number>();
  for (const [label] of names.entries()) {
    const own = [...new Set(Array.from(groups).filter((_, i) => labels[i] === label))];
    if (own.length < 2) continue;
    const count = Math.max(1, Math.floor(CHOOSERS * own.length));
    const order = permutation(own.length, stream(1, "logistic regression", label));
    for (const i of order.subarray(0, count)) apart.add(own[i]);
  }
  return apart;
}

/** Samples, and what makes their features ones of mean 0 and deviation 1. */
interface Standardized {
  readonly set: FeatureSet;
  readonly mean: Float64Array;
  /** one over the deviation; 0 where all are the same */
  readonly scale: Float64Array;
}

function standardized(set: FeatureSet, indices: readonly number[]): Standardized {
  const { features, size } = set;
  const [mean, scale] = [new Float64Array(size), new Float64Array(size)];
  for (const i of indices) for (let f = 0; f < size; f++) mean[f] += features[i * size + f] / indices.length;
  for (const i of indices) for (let f = 0; f < size; f++) scale[f] += (features[i * size + f] - mean[f]) ** 2;
  for (let f = 0; f < size; f++) scale[f] = scale[f] > 0 ? 1 / Math.sqrt(scale[f] / indices.length) : 0;
  return { set, mean, scale };
}

/** The weights for some of the samples. */
async function fitted(
  engine: Engine,
  { set, mean, scale }: Standardized,
  indices: readonly number[],
  cost: number,
  start?: Parameters,
): Promise<Parameters> {
  const { features, size, target } = set;
  const pixel = { channels: 1, height: 1, width: 1 };
  const samples: Samples<ClassTarget> = {
    ...{ count: indices.length, shape: pixel },
    target: { ...target, labels: Int32Array.from(indices, (i) => target.labels[i]) },
    read: (_index, _epoch, into, offset) => into.fill(0, offset, offset + 1),
    arrays: {
      features: {
        type: "float32",
        shape: [size, 1, 1],
        read(index, _epoch, into, offset) {
          const from = indices[index] * size;
          for (let f = 0; f < size; f++) into[offset + f] = (features[from + f] - mean[f]) * scale[f];
        },
      },
    },
  };
  const network = dag("logistic regression", { image: pixel, features: { ...pixel, channels: size } }, [
    conv(1, target.names.length, {
      name: "scores",
      inputs: ["features"],
      weightDecay: [1, 0],
      initialization: { type: "zeros" },
    }),
    softmaxLogLoss(),
  ]);
  const normalization = { mean: [0], scale: 1 };
  // The slopes at the start are about C·n/K, and the tolerance is a share of what is at least 1.
  const tolerance = SEARCH.share * Math.min(1, (cost * indices.length) / target.names.length);
  const { maximumSteps } = SEARCH;
  const options = { samples, normalization, cost, tolerance, maximumSteps, ...(start ? { start } : {}) };
  return (await minimize(engine, network, options)).parameters;
}

/** sample × class: W·x + b */
function scoresOf(
  parameters: Parameters,
  { set: { features, size }, mean, scale }: Standardized,
  indices: readonly number[],
  classes: number,
): Float32Array {
  const [weights, biases] = ["filters", "biases"].map((name) => parameters.get(`scores/${name}`)?.data ?? []);
  const scores = new Float32Array(indices.length * classes);
  indices.forEach((index, i) => {
    for (let k = 0; k < classes; k++) {
      let sum = biases[k];
      for (let f = 0; f < size; f++) sum += weights[k * size + f] * (features[index * size + f] - mean[f]) * scale[f];
      scores[i * classes + k] = sum;
    }
  });
  return scores;
}

/** Σ ln Σ_k exp(s_k − s_label) */
function logLoss(scores: Float32Array, labels: readonly number[], classes: number): number {
  return labels.reduce((sum, label, i) => {
    const own = scores.subarray(i * classes, (i + 1) * classes);
    const most = Math.max(...own);
    return sum + most - own[label] + Math.log(own.reduce((all, score) => all + Math.exp(score - most), 0));
  }, 0);
}
