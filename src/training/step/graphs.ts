import { gradients } from "../../autodiff/differentiate.js";
import { type BuildMode, FOR_USE, type ParameterSpec, type WholeBatch } from "../../blocks/block.js";
import { GraphBuilder } from "../../graph/builder.js";
import type { Graph } from "../../graph/types.js";
import { type Network, parametersOf } from "../../network/network.js";
import { defined } from "../../values/defined.js";
import type { Normalization } from "../../values/normalization.js";
import { bucketsOf, packed, unpacked } from "./buckets.js";
import { BATCH_INPUTS, buildObjective } from "./objective.js";
import { addUpdate, movingParameters, next, trainedParameters, type UpdateRule } from "./update.js";

/** The name of the input that carries the random seed of a step; a network without random layers has none. */
export const RANDOM_SEED = "randomSeed";

/** The name of the input that says which places of a part hold a picture of the batch; only where its parts do not come out even and see all of it. */
export const PRESENT = "present";

/**
 * Layers as they are trained, for {@link buildObjective} and {@link buildNetwork}: what they average is kept by parameter, and a seed, `randomSeed`,
 * becomes an input of the graph when a layer asks for it.
 *
 * @param wholeBatch the batch of which this is a part, where layers see all of it; see {@link gradientGraph}
 * @example
 * const g = new GraphBuilder("with dropout");
 * const noisy = sequential("noisy", { channels: 1, height: 8, width: 8 }, [dropout(0.5)]);
 * buildNetwork(g, noisy, { image: g.input("image", "float32", [10, 1, 8, 8]) }, trainingMode(g));
 * g.build().inputs.map(({ name }) => name); // ["image", "randomSeed"]
 */
export function trainingMode(
  g: GraphBuilder,
  wholeBatch?: WholeBatch,
): BuildMode & { readonly averages: ReadonlyMap<string, string> } {
  const averages = new Map<string, string>();
  let seed: string | undefined;
  return {
    training: true,
    averages,
    ...defined({ wholeBatch }),
    average: (parameter, value) => void averages.set(parameter, value),
    randomSeed: () => {
      seed ??= g.input(RANDOM_SEED, "int32", []);
      return seed;
    },
  };
}

/**
 * One training step as one graph:
 *
 *   (parameters, what the solver keeps, batch, learning rate, step) → (sums of objective and errors, all of these after the step)
 *
 * Inputs are the parameters by name, what the rule keeps (`momentum/…` and so on; see {@link slotsOf}, and `average/…`), the batch (see
 * {@link buildObjective}), `learningRate`, `step` (from 1), and `randomSeed` where a layer is random; outputs are the sums over the
 * batch, and `next/…`.
 *
 * @param batchSize the number of images in a batch
 * @throws RangeError when the network has no loss to be trained by
 * @throws DifferentiationError when an operator of the network has no derivative
 * @example
 * const step = trainingGraph(ocr(), normalization, { solver: sgd() }, 100);
 * step.outputs.length; // 3 sums, 8 parameters, 8 momenta: 19
 */
export function trainingGraph(
  network: Network,
  normalization: Normalization,
  rule: UpdateRule,
  batchSize: number,
): Graph {
  const g = new GraphBuilder(`${network.name}: training step`);
  addParameters(g, parametersOf(network));
  addUpdate(g, network, rule, addGradients(g, network, normalization, batchSize));
  return g.build();
}

/**
 * The first half of a step on a batch that is divided into parts: adds what a part has to the sums of those before it. Inputs are the
 * parameters, the arrays of {@link bucketsOf} and a part as in {@link trainingGraph}; outputs are the sums of the objective, and `next/…` of these
 * arrays: the gradients of the parameters, and what the part has for those that follow the batches, times the weights of the part's samples.
 *
 * @param size the number of images in a part
 * @param whole how many pictures the whole batch has, and parts, where batch normalisation sees all of it: the parts then run side by side, and say as `present` (N; 1 or
 *   0) which of their places are places of the batch, where they do not come out even
 */
export function gradientGraph(
  network: Network,
  normalization: Normalization,
  size: number,
  whole?: { readonly pictures: number; readonly parts: number },
): Graph {
  const g = new GraphBuilder(`${network.name}: gradients`);
  addParameters(g, parametersOf(network));
  const isMean = whole === undefined;
  const ofPart = isMean
    ? addGradients(g, network, normalization, size)
    : addSums(g, network, normalization, size, wholeBatch(g, size, whole));
  const weight = g.op("ReduceSum", [BATCH_INPUTS.weights], { keepdims: 0 });
  for (const bucket of bucketsOf(movingParameters(network))) {
    const before = g.input(bucket.name, "float32", [bucket.length]);
    const array = packed(g, bucket, (name) => ofPart.get(name) ?? "");
    g.output(next(before), g.op("Add", [before, isMean ? g.op("Mul", [array, weight]) : array]));
  }
  return g.build();
}

const wholeBatch = (
  g: GraphBuilder,
  size: number,
  { pictures, parts }: { readonly pictures: number; readonly parts: number },
): WholeBatch => ({
  pictures,
  ...(pictures === size * parts ? {} : { present: g.input(PRESENT, "float32", [size]) }),
});

/**
 * The second half: moves the parameters by the sums that {@link gradientGraph} has made, divided by `samples`, the weights of the whole
 * batch. That is the mean over the batch, whatever its parts.
 */
export function updateGraph(network: Network, rule: UpdateRule): Graph {
  const g = new GraphBuilder(`${network.name}: update`);
  addParameters(g, movingParameters(network));
  const samples = g.input("samples", "float32", []);
  const means = bucketsOf(movingParameters(network)).flatMap((bucket) => {
    const sums = g.input(bucket.name, "float32", [bucket.length]);
    return [...unpacked(g, bucket, g.op("Div", [sums, samples]))];
  });
  addUpdate(g, network, rule, new Map(means));
  return g.build();
}

/** Adds a batch with the sums of its objective; returns the gradients, and what the batch has for parameters that follow it. */
function addGradients(
  g: GraphBuilder,
  network: Network,
  normalization: Normalization,
  batchSize: number,
): Map<string, string> {
  const mode = trainingMode(g);
  const { mean, sums } = buildObjective(g, network, normalization, batchSize, mode);
  for (const [name, value] of sums) g.output(name, value);
  const names = trainedParameters(network).map((spec) => spec.name);
  return new Map([...gradients(g, mean, names), ...mode.averages]);
}

/** The same where parts see the whole batch: the gradients of the sum of the part's losses, and what the batch has for parameters that follow it, times the part's weights. */
function addSums(
  g: GraphBuilder,
  network: Network,
  normalization: Normalization,
  size: number,
  whole: WholeBatch,
): Map<string, string> {
  const mode = trainingMode(g, whole);
  const { sums } = buildObjective(g, network, normalization, size, mode);
  for (const [name, value] of sums) g.output(name, value);
  const names = trainedParameters(network).map((spec) => spec.name);
  const weight = g.op("ReduceSum", [BATCH_INPUTS.weights], { keepdims: 0 });
  const averages = [...mode.averages].map(([name, value]) => [name, g.op("Mul", [value, weight])] as const);
  return new Map([...gradients(g, sums.get("objective") ?? "", names), ...averages]);
}

/**
 * The measure of a network on a batch: inputs are the parameters and the batch as in {@link trainingGraph}; outputs are the same
 * sums, and `scores` (before the softmax).
 *
 * @param batchSize the number of images in a batch
 * @throws RangeError when the network has no loss to be trained by
 * @example
 * const program = await nodeEngine().load(evaluationGraph(ocr(), normalization, 100));
 */
export function evaluationGraph(network: Network, normalization: Normalization, batchSize: number): Graph {
  const g = new GraphBuilder(`${network.name}: evaluation`);
  addParameters(g, parametersOf(network));
  const { sums, scores } = buildObjective(g, network, normalization, batchSize, FOR_USE);
  for (const [name, value] of sums) g.output(name, value);
  g.output("scores", scores);
  return g.build();
}

function addParameters(g: GraphBuilder, specs: readonly ParameterSpec[]): void {
  for (const spec of specs) g.input(spec.name, "float32", spec.shape);
}
