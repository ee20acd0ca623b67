import { gradients } from "../autodiff/differentiate.js";
import { type BuildMode, FOR_USE, type ParameterSpec } from "../blocks/block.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/types.js";
import type { Normalization } from "../network/model.js";
import { type Network, parametersOf, withoutLoss } from "../network/network.js";
import { buildObjective } from "./objective.js";
import { type Sgd, sgdStep } from "./sgd.js";

/** The name under which a parameter's momentum travels. */
export const momentumOf = (parameter: string): string => `momentum/${parameter}`;

/** The name of a value after the step. */
export const next = (name: string): string => `next/${name}`;

/** The parameters that the solver changes; those whose learning rate is multiplied by zero stay as they are. */
export const trained = (network: Network): ParameterSpec[] =>
  parametersOf(network).filter((p) => p.update === "gradient" && p.learningRate !== 0);

/** The parameters that follow what the batches have. */
export const averaged = (network: Network): ParameterSpec[] =>
  parametersOf(network).filter((p) => p.update === "average" && p.learningRate !== 0);

/** The name of the input that carries the random seed of a step; a network without random layers has none. */
export const RANDOM_SEED = "randomSeed";

/** Layers as they are trained: what they average is kept by parameter, and a seed becomes an input of the graph when it is asked for. */
function trainingMode(g: GraphBuilder): BuildMode & { readonly averages: ReadonlyMap<string, string> } {
  const averages = new Map<string, string>();
  let seed: string | undefined;
  return {
    training: true,
    averages,
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
 *   (parameters, momenta, batch, learning rate) → (sums of objective and errors, next parameters, next momenta)
 *
 * Inputs are the parameters and `momentum/…` by name, the batch (see {@link buildObjective}), `learningRate`, and `randomSeed`
 * where a layer is random; outputs are the sums over the batch, and `next/…`.
 *
 * @param batchSize the number of images in a batch
 * @throws RangeError when the network has no loss to be trained by
 * @throws DifferentiationError when an operator of the network has no derivative
 * @example
 * const step = trainingGraph(ocr(), normalization, { momentum: 0.9, weightDecay: 0.0005 }, 100);
 * step.outputs.length; // 3 sums, 8 parameters, 8 momenta: 19
 */
export function trainingGraph(network: Network, normalization: Normalization, solver: Sgd, batchSize: number): Graph {
  const g = new GraphBuilder(`${network.name}: training step`);
  addParameters(g, network);
  const specs = trained(network);
  for (const spec of specs) g.input(momentumOf(spec.name), "float32", spec.shape);
  const learningRate = g.input("learningRate", "float32", []);
  const mode = trainingMode(g);
  const { mean, sums } = buildObjective(g, network, normalization, batchSize, mode);
  for (const [name, value] of sums) g.output(name, value);
  const names = specs.map((spec) => spec.name);
  const gradientOf = gradients(g, mean, names);
  for (const spec of specs) {
    const gradient = gradientOf.get(spec.name) ?? "";
    const state = momentumOf(spec.name);
    const updated = g.scope(`${spec.name}/step`, () => sgdStep(g, solver, spec, gradient, state, learningRate));
    g.output(next(spec.name), updated.parameter);
    g.output(next(state), updated.momentum);
  }
  for (const spec of averaged(network)) {
    const batch = mode.averages.get(spec.name);
    if (batch === undefined) throw new Error(`Nothing says what '${spec.name}' moves to.`);
    g.output(
      next(spec.name),
      g.scope(`${spec.name}/step`, () => averageStep(g, spec, batch)),
    );
  }
  return g.build();
}

/** w ← (1 − a)·w + a·(the batch's) */
function averageStep(g: GraphBuilder, { name, learningRate }: ParameterSpec, batch: string): string {
  const old = g.op("Mul", [name, g.scalar(1 - learningRate)]);
  return g.op("Add", [old, g.op("Mul", [batch, g.scalar(learningRate)])]);
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
  addParameters(g, network);
  const { sums, scores } = buildObjective(g, network, normalization, batchSize, FOR_USE);
  for (const [name, value] of sums) g.output(name, value);
  g.output("scores", scores);
  return g.build();
}

/**
 * Everything that a step computes on the way, for finding where numbers went wrong: `layer/…` for the output of each layer
 * and `gradient/…` for each parameter's gradient.
 */
export function inspectionGraph(network: Network, normalization: Normalization, batchSize: number): Graph {
  const g = new GraphBuilder(`${network.name}: inspection`);
  addParameters(g, network);
  const { mean, values } = buildObjective(g, network, normalization, batchSize, trainingMode(g));
  for (const { name, output } of withoutLoss(network).layers) {
    g.output(`layer/${name}`, values.get(output.name) ?? "");
  }
  const names = trained(network).map((spec) => spec.name);
  for (const [name, gradient] of gradients(g, mean, names)) g.output(`gradient/${name}`, gradient);
  return g.build();
}

function addParameters(g: GraphBuilder, network: Network): void {
  for (const spec of parametersOf(network)) g.input(spec.name, "float32", spec.shape);
}
