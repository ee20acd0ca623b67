/** Runs training steps one after the other, the way the training loop does: two sets of parameters that swap places. */

import type { Engine, Values } from "../src/engine/engine.js";
import { float32, zeros } from "../src/graph/tensor.js";
import type { Graph, Tensor } from "../src/graph/types.js";

/** What a step has made. */
export interface Step {
  /** the sums of the batch: objective, top1Error, top5Error */
  readonly sums: Readonly<Record<string, number>>;
  /** parameters and what the solver keeps by name; overwritten two steps later */
  readonly state: Readonly<Record<string, Tensor<"float32">>>;
}

/** The first `count` steps; their states are copies. */
export async function firstSteps(count: number, ...run: Parameters<typeof steps>): Promise<Step[]> {
  const all: Step[] = [];
  for await (const step of steps(...run)) {
    all.push({ ...step, state: structuredClone(step.state) });
    if (all.length === count) break;
  }
  return all;
}

/** Steps of a training graph from the given parameters, what the solver keeps zero, on one batch again and again. */
export async function* steps(
  engine: Engine,
  graph: Graph,
  start: Readonly<Record<string, Tensor<"float32">>>,
  batch: Values,
  learningRate: number,
): AsyncGenerator<Step> {
  const program = await engine.load(graph);
  const fixed = { ...batch, learningRate: float32([learningRate]) };
  const kept = graph.outputs.filter(({ name }) => name.startsWith("next/")).map(({ name }) => name.slice(5));
  const shapeOf = (name: string): number[] =>
    (graph.inputs.find((input) => input.name === name)?.shape ?? []).map((size) => Number(size));
  const copy = (name: string): Tensor<"float32"> => {
    const made = zeros("float32", shapeOf(name));
    if (name in start) made.data.set(start[name].data);
    return made;
  };
  const constant = Object.fromEntries(Object.entries(start).filter(([name]) => !kept.includes(name)));
  let current = Object.fromEntries(kept.map((name) => [name, copy(name)]));
  let other = Object.fromEntries(kept.map((name) => [name, copy(name)]));
  try {
    for (let step = 1; ; step++) {
      const into = Object.fromEntries(kept.map((name) => [`next/${name}`, other[name]]));
      const results = await program.run({ ...fixed, ...constant, ...current, step: float32([step]) }, into);
      [current, other] = [other, current];
      const sums = Object.entries(results).filter(([name]) => !name.startsWith("next/"));
      yield { sums: Object.fromEntries(sums.map(([name, { data }]) => [name, Number(data[0])])), state: current };
    }
  } finally {
    await program.close();
  }
}
