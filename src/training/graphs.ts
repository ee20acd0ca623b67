import { gradients } from "../autodiff/differentiate.js";
import type { ParameterSpec } from "../blocks/block.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/types.js";
import type { Normalization } from "../network/model.js";
import { type Network, parametersOf } from "../network/network.js";
import { buildObjective, SUMS } from "./objective.js";
import { type Sgd, sgdStep } from "./sgd.js";

/** The name under which a parameter's momentum travels. */
export const momentumOf = (parameter: string): string => `momentum/${parameter}`;

/** The name of a value after the step. */
export const next = (name: string): string => `next/${name}`;

/** The parameters that training changes; those whose learning rate is multiplied by zero stay as they are. */
export const trained = (network: Network): ParameterSpec[] => parametersOf(network).filter((p) => p.learningRate !== 0);

/**
 * One training step as one graph:
 *
 *   (parameters, momenta, batch, learning rate) → (sums of objective and errors, next parameters, next momenta)
 *
 * Inputs are the parameters and `momentum/…` by name, the batch (see {@link buildObjective}) and `learningRate`;
 * outputs are `objective`, `top1Error`, `top5Error` (sums over the batch) and `next/…`.
 *
 * @param batchSize the number of images in a batch
 * @throws RangeError when the network's output is not one pixel
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
  const { mean, sums } = buildObjective(g, network, normalization, batchSize);
  for (const name of SUMS) g.output(name, sums[name]);
  const gradientOf = gradients(
    g,
    mean,
    specs.map((spec) => spec.name),
  );
  for (const spec of specs) {
    const gradient = gradientOf.get(spec.name) ?? "";
    const state = momentumOf(spec.name);
    const updated = g.scope(`${spec.name}/step`, () => sgdStep(g, solver, spec, gradient, state, learningRate));
    g.output(next(spec.name), updated.parameter);
    g.output(next(state), updated.momentum);
  }
  return g.build();
}

/**
 * The measure of a network on a batch: inputs are the parameters and the batch as in {@link trainingGraph}; outputs are the same
 * sums, and `scores` (N×C×1×1, before the softmax).
 *
 * @param batchSize the number of images in a batch
 * @throws RangeError when the network's output is not one pixel
 * @example
 * const program = await nodeEngine().load(evaluationGraph(ocr(), normalization, 100));
 */
export function evaluationGraph(network: Network, normalization: Normalization, batchSize: number): Graph {
  const g = new GraphBuilder(`${network.name}: evaluation`);
  addParameters(g, network);
  const { sums, scores } = buildObjective(g, network, normalization, batchSize);
  for (const name of SUMS) g.output(name, sums[name]);
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
  const { mean, layers } = buildObjective(g, network, normalization, batchSize);
  layers.forEach((output, i) => {
    g.output(`layer/${network.layers[i].name}`, output);
  });
  const specs = trained(network);
  for (const [name, gradient] of gradients(
    g,
    mean,
    specs.map((spec) => spec.name),
  ))
    g.output(`gradient/${name}`, gradient);
  return g.build();
}

function addParameters(g: GraphBuilder, network: Network): void {
  for (const spec of parametersOf(network)) g.input(spec.name, "float32", spec.shape);
}
