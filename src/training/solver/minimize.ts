import { gradients } from "../../autodiff/differentiate.js";
import { FOR_USE, type ParameterSpec } from "../../blocks/block.js";
import type { Samples } from "../../data/samples.js";
import type { Engine, Program } from "../../engine/engine.js";
import { GraphBuilder } from "../../graph/builder.js";
import { elementCount, expectType, tensor } from "../../graph/tensor.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { type Network, parametersOf } from "../../network/network.js";
import type { Normalization } from "../../values/normalization.js";
import { expectInRange, expectWhole } from "../../values/range.js";
import { expectSamples } from "../expect-samples.js";
import { batches } from "../step/batches.js";
import { batchFeeder } from "../step/feeder.js";
import { initialize, type Parameters } from "../step/initialize.js";
import { buildObjective } from "../step/objective.js";
import { trainedParameters } from "../step/update.js";
import { type LbfgsOptions, lbfgs, type Sloped, searchOptions } from "./lbfgs.js";

/** The options of {@link minimize}. */
export interface MinimizeOptions extends LbfgsOptions {
  readonly samples: Samples;
  readonly normalization: Normalization;
  /** what the losses count against the size of the weights: the C of the formula; 1 */
  readonly cost?: number;
  /** where the search begins, as far as it fits the network; see {@link initialize} */
  readonly start?: Parameters;
  /** 1 */
  readonly seed?: number;
  /** how many samples go through the network together; all, but at most 1000 */
  readonly batchSize?: number;
}

/** Where {@link minimize} has ended. */
export interface Minimum {
  readonly parameters: Parameters;
  /** E there */
  readonly objective: number;
  /** the largest derivative of E there, by size */
  readonly slope: number;
  readonly steps: number;
  /** whether the slope came below the tolerance */
  readonly converged: boolean;
}

/**
 * Finds the parameters of a network for which the regularised objective of all samples is least:
 *
 *   E(w) = ½ Σ_j d_j·w_j² + C Σ_n ℓ_n(w)
 *
 * where ℓ_n are the losses of sample n and d_j the parameter's own factor of weight decay ({@link ParameterSpec}). It is the lecture's
 * objective: with a single neuron and {@link logisticLoss} the regularised likelihood ½ wᵀw + C Σ ln(1 + exp(−y·wᵀx)), which is convex,
 * so that any start leads to the same weights. Of a deeper network it finds one of many minima. For few samples and few
 * parameters: each step looks at all samples, again and again. See {@link lbfgs} for the way.
 *
 * @returns parameters of the network as it is used: nothing is dropped, moments of batches are not moved
 * @throws RangeError when samples or options do not fit, or the network has no loss
 * @example
 * const samples = clouds(200);
 * const neuron = sequential("neuron", samples.shape, [conv(1, 1), logisticLoss()]);
 * const { converged } = await minimize(nodeEngine(), neuron, { samples, normalization: POINT_NORMALIZATION });
 * converged; // true
 */
export async function minimize(engine: Engine, network: Network, options: MinimizeOptions): Promise<Minimum> {
  const { samples, normalization, cost = 1, seed = 1 } = options;
  const search = searchOptions(options);
  expectInRange("cost", cost, { above: 0 });
  expectWhole("seed", [seed], 0);
  expectSamples(network, samples, "given");
  const batchSize = options.batchSize ?? Math.min(samples.count, 1000);
  const specs = trainedParameters(network);
  const start = initialize(network, seed, options.start);
  const program = await engine.load(objectiveGraph(network, normalization, batchSize));
  try {
    const losses = sumOver(program, specs, start, samples, batchSize);
    const decays = joined(
      specs.map(({ shape, weightDecay }) => new Float64Array(elementCount(shape)).fill(weightDecay)),
    );
    const objective = async (point: Float64Array): Promise<Sloped> => {
      const { value, gradient } = await losses(point);
      const weights = point.map((w, i) => decays[i] * w);
      const squares = point.reduce((sum, w, i) => sum + w * weights[i], 0);
      return { value: squares / 2 + cost * value, gradient: weights.map((w, i) => w + cost * gradient[i]) };
    };
    const begin = joined(specs.map(({ name }) => start.get(name)?.data ?? []));
    const found = await lbfgs(objective, begin, search);
    const { value, slope, steps, converged } = found;
    const parameters = new Map([...start, ...parted(specs, found.point)]);
    return { parameters, objective: value, slope, steps, converged };
  } finally {
    await program.close();
  }
}

/**
 * The sum of the losses of a batch, and its derivatives: inputs are the parameters and a batch as in {@link trainingGraph}, outputs
 * `objective` and `gradient/NAME` for each parameter that training changes by its gradient.
 */
function objectiveGraph(network: Network, normalization: Normalization, batchSize: number): Graph {
  const g = new GraphBuilder(`${network.name}: objective`);
  for (const { name, shape } of parametersOf(network)) g.input(name, "float32", shape);
  const { sums } = buildObjective(g, network, normalization, batchSize, FOR_USE);
  const sum = sums.get("objective") ?? "";
  g.output("objective", sum);
  const names = trainedParameters(network).map(({ name }) => name);
  for (const [name, gradient] of gradients(g, sum, names)) g.output(`gradient/${name}`, gradient);
  return g.build();
}

/** The losses of all samples and their slopes, added up in double precision. */
function sumOver(
  program: Program,
  specs: readonly ParameterSpec[],
  start: Parameters,
  samples: Samples,
  batchSize: number,
): (point: Float64Array) => Promise<Sloped> {
  const feeder = batchFeeder(program, samples, batchSize);
  const order = [...batches(samples.count, batchSize, 0, 0, false)];
  return async (point) => {
    const values = { ...Object.fromEntries(start), ...Object.fromEntries(parted(specs, point)) };
    let value = 0;
    const gradient = new Float64Array(point.length);
    for (const batch of order) {
      const { inputs } = await feeder.take(batch, 0);
      const outputs = await program.run({ ...values, ...inputs });
      value += Number(outputs.objective.data[0]);
      const slopes = joined(specs.map(({ name }) => expectType(outputs[`gradient/${name}`], "float32", name).data));
      for (let i = 0; i < gradient.length; i++) gradient[i] += slopes[i];
    }
    return { value, gradient };
  };
}

/** Arrays one behind the other. */
function joined(parts: readonly ArrayLike<number>[]): Float64Array {
  const result = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let from = 0;
  for (const part of parts) {
    result.set(part, from);
    from += part.length;
  }
  return result;
}

/** A vector as the parameters that it is made of. */
function parted(specs: readonly ParameterSpec[], vector: Float64Array): [string, Tensor<"float32">][] {
  let from = 0;
  return specs.map(({ name, shape }) => {
    const count = elementCount(shape);
    from += count;
    return [name, tensor("float32", shape, Float32Array.from(vector.subarray(from - count, from)))];
  });
}
