/** From a graph and samples to the graph in 8 bits that is nearest to it. */

import type { Engine, Program, Values } from "../engine/engine.js";
import { type Model, modelOf } from "../graph/model.js";
import { expectType } from "../graph/tensor.js";
import type { Graph, Value } from "../graph/types.js";
import { bestRange, countValues, type Histogram } from "./calibrate.js";
import { normalizationsAsConvolutions } from "./normalizations.js";
import { planEightBits } from "./plan.js";
import { type QuantizedGraph, quantizeGraph, valuesToCount } from "./quantize-graph.js";

/** How the range of a value follows from its numbers on samples: from the least to the largest, or where the mean square of what is lost is least. */
export const RANGE_RULES = ["extremes", "least squares"] as const;

export type RangeRule = (typeof RANGE_RULES)[number];

/** What rounding leaves of a value: ten times the decimal logarithm of the squares of its numbers, by those of what rounding changes. */
export interface SignalToNoise {
  /** the value, by its name in the graph */
  readonly value: string;
  readonly decibels: number;
}

/** A graph in 8 bits. */
export interface Quantization extends QuantizedGraph {
  /** the rule of its ranges: of both the one whose scores are nearer, on the samples */
  readonly rule: RangeRule;
  /** what rounding leaves of the first output */
  readonly decibels: number;
  /** what rounding leaves of each value that is rounded, the worst first, all errors before it among those that it has */
  readonly values: readonly SignalToNoise[];
  /** nodes with weights that stay as they are, and why */
  readonly left: readonly { readonly node: string; readonly why: string }[];
  /** how many nodes with weights compute with 8 bits */
  readonly count: number;
}

/** The options of {@link quantize}. */
export interface QuantizeOptions {
  /** names of nodes that stay as they are */
  readonly keep?: readonly string[];
  /** how many samples there are, for `onProgress` */
  readonly count?: number;
  /** is told how many samples have gone through the graph, of how many in all passes */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Gives the inputs of a graph anew each time that it is called. */
export type Batches = () => Iterable<Values> | AsyncIterable<Values>;

/** On so many samples, or a batch more, graphs are compared. */
const COMPARED = 32;

const sizeOf = (batch: Values): number => Object.values(batch)[0]?.shape[0] ?? 1;

/**
 * Quantises a graph: its convolutions and matrix products, and what stands between them, compute with whole numbers of 8 bits ({@link planEightBits}). The range
 * of each value is counted on samples; both rules are tried, and that one is taken which is nearer to the graph on the samples, in its first output.
 *
 * @param graph one without constant nodes, such as `foldModel` gives
 * @param batches gives the inputs of the graph anew each time that it is called
 * @throws RangeError when nothing of the graph can be computed with 8 bits, a value is no number on the samples, or there are none
 * @example
 * const { graph: eightBit } = await quantize(engine, graph, () => [{ x: float32([1, 2, 3, 4], [1, 4]) }]);
 * eightBit.nodes.length > graph.nodes.length; // true
 */
export async function quantize(
  engine: Engine,
  given: Graph,
  batches: Batches,
  { keep = [], count = 0, onProgress }: QuantizeOptions = {},
): Promise<Quantization> {
  const graph = normalizationsAsConvolutions(given);
  const plan = planEightBits(graph, new Set(keep));
  const left = plan.left.map(({ node, why }) => ({ node: node.name || node.outputs[0], why }));
  if (plan.weighted.size === 0) {
    const why = left.map(({ node, why }) => `${node}: ${why}`).join("; ");
    throw new RangeError(
      `Nothing in '${graph.name}' can be computed with 8 bits: it has no convolution over images and no matrix product with constant weights${why && ` (${why})`}.`,
    );
  }
  const total = 2 * count + 3 * Math.min(count, COMPARED);
  let done = 0;
  const all: Batches = async function* () {
    for await (const batch of batches()) {
      yield batch;
      done += sizeOf(batch);
      onProgress?.(Math.min(done, total), total);
    }
  };
  const some: Batches = async function* () {
    let taken = 0;
    for await (const batch of all()) {
      yield batch;
      taken += sizeOf(batch);
      if (taken >= COMPARED) return;
    }
  };
  const histograms = await countValues(engine, graph, valuesToCount(graph, plan), all);
  const tried = RANGE_RULES.map((rule) => ({ rule, made: quantizeGraph(graph, plan, ranges(histograms, rule)) }));
  const [{ name: scores }] = graph.outputs;
  const lossesOf = (eightBit: Graph, names: readonly string[]): Promise<number[]> => {
    const outputs = names.map((name): Value => ({ name, type: "float32", shape: undefined }));
    const [exact, rounded] = [graph, eightBit].map((each) => modelOf({ ...each, outputs }));
    return signalToNoise(engine, exact, rounded, names, some);
  };
  const losses: number[] = [];
  for (const { made } of tried) losses.push(...(await lossesOf(made.graph, [scores])));
  const best = losses[1] > losses[0] ? 1 : 0;
  const { rule, made } = tried[best];
  // what is read only as whole numbers has no floating-point ones
  const there = new Set(made.graph.nodes.flatMap(({ outputs }) => outputs));
  const values = [...new Set(plan.rounded.values())].filter((name) => there.has(name));
  const decibels = await lossesOf(made.graph, values);
  const worst = values
    .map((value, i): SignalToNoise => ({ value, decibels: decibels[i] }))
    .sort((a, b) => a.decibels - b.decibels);
  return { ...made, rule, decibels: losses[best], values: worst, left, count: plan.weighted.size };
}

const ranges = (
  histograms: ReadonlyMap<string, Histogram>,
  rule: RangeRule,
): ReadonlyMap<string, { low: number; high: number; means: Float64Array | undefined }> =>
  new Map(
    [...histograms].map(([name, histogram]) => {
      const { low, high } = rule === "extremes" ? histogram : bestRange(histogram);
      return [name, { low, high, means: histogram.means }];
    }),
  );

/**
 * What another program, such as one in 8 bits, leaves of the outputs of a model, in decibels: ten times the decimal logarithm of the squares of their numbers, by
 * those of the differences; infinite where there are none.
 *
 * @param names outputs of both, float32
 */
export async function signalToNoise(
  engine: Engine,
  model: Model,
  other: Model,
  names: readonly string[],
  batches: Batches,
): Promise<number[]> {
  if (names.length === 0) return [];
  const programs: Program[] = [];
  try {
    for (const each of [model, other]) programs.push(await engine.load(each, { seldom: true }));
    const signal = new Float64Array(names.length);
    const noise = new Float64Array(names.length);
    for await (const batch of batches()) {
      const [exact, rounded] = [await programs[0].run(batch), await programs[1].run(batch)];
      for (const [i, name] of names.entries()) {
        const { data: x } = expectType(exact[name], "float32", name);
        const { data: y } = expectType(rounded[name], "float32", name);
        for (let j = 0; j < x.length; j++) {
          signal[i] += x[j] ** 2;
          noise[i] += (x[j] - y[j]) ** 2;
        }
      }
    }
    return names.map((_, i) => (noise[i] === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal[i] / noise[i])));
  } finally {
    for (const program of programs) await program.close();
  }
}
