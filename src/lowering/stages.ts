/**
 * A lowered graph in stages, where parts of a batch are computed side by side and add up numbers on the way: each stage ends where it needs sums of all parts
 * (`SumOfParts`) to go on.
 */

import { isStatic } from "../graph/dimension.js";
import { inferShapes } from "../graph/infer/infer.js";
import { elementCount, elementSize } from "../graph/tensor.js";
import { type Graph, NCHWC, type Node, OPSET, type Value, type ValueType } from "../graph/types.js";
import { readBy } from "../graph/unused.js";
import { isSum } from "./normalization-of-parts.js";

/** Numbers that all parts add up between two stages. */
export interface Sum {
  /** what the part has, float64: an output of the stage */
  readonly own: string;
  /** what all parts have, an input of later stages */
  readonly total: string;
}

/** What is computed between two sums. */
export interface Stage {
  readonly graph: Graph;
  /** what is added up after it; nothing after the last one */
  readonly sums: readonly Sum[];
}

/**
 * Cuts a graph at its sums.
 *
 * Each node is computed in the first stage that has all its inputs; or in the first that reads what it makes, where that takes no more memory from stage to stage: so what is cheap to
 * make from what is kept anyway, such as the windows of a convolution on the way back, is not kept.
 *
 * @param graph a lowered graph of fixed sizes
 * @returns stages, in order; a value that one makes and another reads is an output of the first and an input of the second
 */
export function stagesOf(graph: Graph): Stage[] {
  const types = inferShapes(graph);
  const plan = planOf(graph, types);
  const stageOf = (node: Node): number => plan.get(node) ?? 0;
  const sums = graph.nodes.filter(isSum);
  const count = 1 + Math.max(...graph.nodes.map(stageOf));
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, stageOf(node)] as const)));
  const given = new Map(graph.inputs.map((input) => [input.name, input]));
  const declared = (name: string): Value => given.get(name) ?? { name, ...(types.get(name) ?? UNKNOWN) };
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  const crossing = new Set<string>(sums.map(({ inputs }) => inputs[0]));
  for (const node of graph.nodes) {
    if (isSum(node)) continue;
    for (const input of readBy(node)) if ((makers.get(input) ?? 0) < stageOf(node)) crossing.add(input);
  }
  return Array.from({ length: count }, (_, stage) => {
    const nodes = graph.nodes.filter((node) => !isSum(node) && stageOf(node) === stage);
    const made = new Set(nodes.flatMap(({ outputs }) => outputs));
    const read = new Set(nodes.flatMap(readBy).filter((name) => name !== "" && !made.has(name)));
    const outputs = [...made].filter((name) => crossing.has(name) && !wanted.has(name)).map(declared);
    const part: Graph = {
      name: `${graph.name}, stage ${stage + 1} of ${count}`,
      inputs: [...read].filter((name) => !graph.initializers.has(name)).map(declared),
      outputs: [...graph.outputs.filter(({ name }) => made.has(name)), ...outputs],
      initializers: new Map([...graph.initializers].filter(([name]) => read.has(name))),
      nodes,
      ...(nodes.some(({ domain }) => domain === NCHWC) ? { opsets: { "": OPSET, [NCHWC]: 1 } } : {}),
    };
    const own = sums.filter((node) => stageOf(node) === stage + 1);
    return { graph: part, sums: own.map(({ inputs, outputs: [total] }) => ({ own: inputs[0], total })) };
  });
}

const UNKNOWN: ValueType = { type: "float32", shape: undefined };

/** In which stage each node is computed. A sum is of the stage that can read it. */
function planOf({ nodes }: Graph, types: ReadonlyMap<string, ValueType>): Map<Node, number> {
  const plan = new Map<Node, number>();
  const made = new Map<string, number>();
  for (const node of nodes) {
    const ready = Math.max(0, ...readBy(node).map((input) => made.get(input) ?? 0));
    const stage = isSum(node) ? ready + 1 : ready;
    plan.set(node, stage);
    for (const output of node.outputs) made.set(output, stage);
  }
  // From the end: in which stages each value is read, by nodes that stay where they are now.
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  const bytes = (value: string): number => sizeOf(types.get(value));
  for (const node of nodes.toReversed()) {
    const uses = node.outputs.flatMap((output) => first.get(output) ?? []);
    const earliest = plan.get(node) ?? 0;
    const wanted = Math.min(...uses, Number.POSITIVE_INFINITY);
    if (!isSum(node) && Number.isFinite(wanted) && wanted > earliest) {
      const inputs = [...new Set(readBy(node))];
      const newlyKept = inputs.filter((input) => made.has(input) && (last.get(input) ?? 0) < wanted);
      const total = (values: readonly string[]): number => values.reduce((sum, value) => sum + bytes(value), 0);
      if (total(newlyKept) <= total(node.outputs)) plan.set(node, wanted);
    }
    const stage = isSum(node) ? earliest - 1 : (plan.get(node) ?? 0);
    for (const input of readBy(node)) {
      first.set(input, Math.min(first.get(input) ?? stage, stage));
      last.set(input, Math.max(last.get(input) ?? stage, stage));
    }
  }
  return plan;
}

/** The bytes of a value; as good as none where its sizes are not known. */
const sizeOf = (type: ValueType | undefined): number =>
  type?.shape && isStatic(type.shape) ? elementSize(type.type) * elementCount(type.shape) : 0;
