/** Runs the cases of a family, some together as one graph. */

import { gradients } from "../../src/autodiff/differentiate.js";
import { type BuildMode, FOR_USE } from "../../src/blocks/block.js";
import { blockOf } from "../../src/blocks/layer.js";
import type { Program, Values } from "../../src/engine/engine.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { tensor } from "../../src/graph/tensor.js";
import type { Graph, Tensor } from "../../src/graph/types.js";
import type { TestDevice } from "../devices.js";
import { type Case, layerOf, tensorOf } from "./cases.js";

const RANDOM_SEED = "randomSeed";

/**
 * What is built of a case: its value only, or the gradients too; "pooled" puts a pooling with windows of one pixel before the layer.
 * That changes nothing, but processors keep what a pooling makes of a large batch as C×H×W×N, and so the layer has to work on that.
 */
export type Extent = "forward" | "backward" | "pooled";

/** What came out of a case: "y", "dx0", "dx1" …, "d/NAME" for each parameter with a gradient, "average/NAME"; or why nothing did. */
export type Outcome = Values | Error;

/**
 * How many cases are one graph. Loading a graph takes far longer than running it, so each by itself is slow; but the time to load grows
 * faster than the graph: the 156 losses as one took three times as long as in parts of 12.
 */
const TOGETHER = 12;

/** Does something to cases, {@link TOGETHER} at a time. */
export async function inParts<R>(
  cases: readonly Case[],
  run: (part: readonly Case[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const all: R[] = [];
  for (let i = 0; i < cases.length; i += TOGETHER) all.push(...(await run(cases.slice(i, i + TOGETHER))));
  return all;
}

/** The graph of some cases; the values of case i are called "i/…". */
export function graphOf(title: string, cases: readonly Case[], extent: Extent): Graph {
  const g = new GraphBuilder(title);
  let seed: string | undefined;
  const randomSeed = (): string => {
    seed ??= g.input(RANDOM_SEED, "int32", []);
    return seed;
  };
  cases.forEach((it, i) => {
    const own = (name: string): string => `${i}/${name}`;
    const input = (name: string, { type, shape }: Tensor): string => g.input(own(name), type, shape);
    const xs = it.inputs.map((x, k) => input(`x${k}`, tensorOf(x)));
    const reads = extent === "pooled" ? xs.map((x) => g.op("MaxPool", [x], { kernel_shape: [1, 1] })) : xs;
    const parameters = Object.fromEntries(
      Object.entries(it.parameters).map(([name, value]) => [name, input(name, tensorOf(value))]),
    );
    const average = (parameter: string, value: string): void => {
      g.output(own(`average/${parameter.replace(`${i}/`, "")}`), value);
    };
    const mode: BuildMode = it.mode === "use" ? FOR_USE : { training: true, randomSeed, average };
    const layer = layerOf(it);
    const target = it.target && input("target", tensorOf(it.target));
    const y = g.scope(`layer${i}`, () =>
      blockOf(layer).build(g, layer, target === undefined ? reads : [...reads, target], parameters, mode),
    );
    g.output(own("y"), y);
    if (extent === "forward") return;
    const objective = g.op("ReduceSum", [g.op("Mul", [y, input("dy", tensorOf(it.dy))])], { keepdims: 0 });
    const places = Object.keys(it.parameterGradients).map((name) => [parameters[name], `d/${name}`] as const);
    const names = new Map([...xs.map((x, k) => [x, `dx${k}`] as const), ...places]);
    for (const [x, gradient] of gradients(g, objective, [...names.keys()])) g.output(own(names.get(x) ?? ""), gradient);
  });
  return g.build();
}

/** What the graph of some cases takes. */
export function feedsOf(cases: readonly Case[], program: Program): Values {
  const values = new Map<string, Tensor>([[RANDOM_SEED, tensor("int32", [], Int32Array.of(1))]]);
  cases.forEach((it, i) => {
    for (const [k, x] of it.inputs.entries()) values.set(`${i}/x${k}`, tensorOf(x));
    for (const [name, value] of Object.entries(it.parameters)) values.set(`${i}/${name}`, tensorOf(value));
    if (it.target) values.set(`${i}/target`, tensorOf(it.target));
    values.set(`${i}/dy`, tensorOf(it.dy));
  });
  return Object.fromEntries(
    program.inputs.map(({ name }) => [name, values.get(name) ?? tensorOf({ shape: [], data: [0] })]),
  );
}

/** Runs cases, in parts; where one fails, each of its cases by itself, to find out which. */
export const outcomes = (
  device: TestDevice,
  title: string,
  cases: readonly Case[],
  extent: Extent,
): Promise<Outcome[]> => inParts(cases, (part) => outcomesOfPart(device, title, part, extent));

async function outcomesOfPart(
  device: TestDevice,
  title: string,
  cases: readonly Case[],
  extent: Extent,
): Promise<Outcome[]> {
  try {
    const program = await device.engine.load(graphOf(title, cases, extent));
    try {
      const results = Object.entries(await program.run(feedsOf(cases, program)));
      const of = cases.map((): Record<string, Tensor> => ({}));
      for (const [name, value] of results) {
        const [i, ...rest] = name.split("/");
        of[Number(i)][rest.join("/")] = value;
      }
      return of;
    } finally {
      await program.close();
    }
  } catch (error) {
    if (cases.length === 1) return [error instanceof Error ? error : new Error(String(error))];
    const each: Outcome[] = [];
    for (const it of cases) each.push(...(await outcomesOfPart(device, `${title}: ${it.name}`, [it], extent)));
    return each;
  }
}
