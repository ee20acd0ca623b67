/**
 * Sums of many numbers, written in stages: a float32 sum of n numbers one after the other is off by up to n/2 units in the last place, one of
 * sums of 128 by some 10. The first stage reads all numbers, as one long sum would, and the others next to none, so that this costs no time.
 */

import { intOf, intsOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { isStatic } from "../graph/dimension.js";
import { elementCount } from "../graph/tensor.js";
import type { Node } from "../graph/types.js";

/** What the first stage of a reduction is; the later ones are sums. A mean is then divided by the number of its elements. */
export const FIRST_STAGE: Readonly<Record<string, string>> = {
  GlobalAveragePool: "ReduceSum",
  ReduceMean: "ReduceSum",
  ReduceSum: "ReduceSum",
  ReduceSumSquare: "ReduceSumSquare",
};

const isMean = ({ operator }: Node): boolean => operator === "ReduceMean" || operator === "GlobalAveragePool";

/** How many numbers are added at once. */
interface Stage {
  /** as many as this are one sum */
  readonly most: number;
  /** what a longer row is cut into, where its length permits */
  readonly parts: number;
  readonly leastParts: number;
}

/** Numbers that lie side by side are added in the many lanes of a register, so that more of them do no harm. */
const SIDE_BY_SIDE: Stage = { most: 128, parts: 64, leastParts: 24 };
const APART: Stage = { most: 64, parts: 32, leastParts: 12 };
/** The runtime adds squares one by one, however they lie. */
const SQUARES: Stage = { most: 64, parts: 32, leastParts: 16 };

/** Neighbouring axes that are all summed over, or all kept, as one axis. */
interface Run {
  readonly size: number;
  readonly summed: boolean;
}

/** Writes a reduction of float32 numbers in stages, where it is long or its sizes are not known. Returns whether it did. */
export function sumInStages(g: GraphBuilder, node: Node): boolean {
  const { shape } = g.type(node.inputs[0]);
  const axes = shape && axesOf(g, node, shape.length);
  if (!axes) return false;
  const summed = shape.filter((_, axis) => axes.has(axis));
  if (isStatic(summed) && elementCount(summed) <= APART.most) return false;
  if (!isStatic(shape))
    return sumAxisByAxis(
      g,
      node,
      [...axes].filter((axis) => shape[axis] !== 1),
    );
  if (elementCount(shape) === 0) return false;
  const runs = joined(shape.map((size, axis) => ({ size, summed: axes.has(axis) })));
  if (countOf(runs) <= stageOf(runs, node.operator).most) return false;
  const total = addUp(g, node, runs);
  const kept = node.operator === "GlobalAveragePool" || intOf(node, "keepdims", 1) === 1;
  const left = shape.flatMap((size, axis) => (!axes.has(axis) ? [size] : kept ? [1] : []));
  const { name, outputs } = node;
  if (!isMean(node)) {
    g.add({ operator: "Reshape", domain: "", name, inputs: [total, g.ints(...left)], outputs, attributes: {} });
    return true;
  }
  const shaped = g.op("Reshape", [total, g.ints(...left)]);
  g.add({ operator: "Div", domain: "", name, inputs: [shaped, g.scalar(countOf(runs))], outputs, attributes: {} });
  return true;
}

/** Sizes that are only named cannot be cut into parts: one axis after the other is added up, the last one first, if there are several. */
function sumAxisByAxis(g: GraphBuilder, node: Node, axes: readonly number[]): boolean {
  if (axes.length < 2) return false;
  const [last, ...others] = axes.toSorted((a, b) => b - a);
  const reduce = (value: string, axis: number, operator: string): string =>
    g.op(operator, [value, g.ints(axis)], { keepdims: 1 });
  const [first, later] = isMean(node) ? ["ReduceMean", "ReduceMean"] : [FIRST_STAGE[node.operator], "ReduceSum"];
  const total = others.reduce((value, axis) => reduce(value, axis, later), reduce(node.inputs[0], last, first));
  const { name, outputs } = node;
  const kept = node.operator === "GlobalAveragePool" || intOf(node, "keepdims", 1) === 1;
  const dropped = [...(axesOf(g, node, g.type(total).shape?.length ?? 0) ?? [])];
  if (kept) g.add({ operator: "Identity", domain: "", name, inputs: [total], outputs, attributes: {} });
  else g.add({ operator: "Squeeze", domain: "", name, inputs: [total, g.ints(...dropped)], outputs, attributes: {} });
  return true;
}

/** The axes that a node sums over; undefined where they are not known, or it sums over none. */
function axesOf(g: GraphBuilder, node: Node, rank: number): Set<number> | undefined {
  if (node.operator === "GlobalAveragePool") return new Set(Array.from({ length: rank - 2 }, (_, i) => i + 2));
  const listed = node.inputs[1] ? g.constantValue(node.inputs[1]) : undefined;
  if (node.inputs[1] && !listed) return undefined;
  const axes = listed ? Array.from(listed.data, Number) : (intsOf(node, "axes") ?? []);
  if (axes.length === 0 && intOf(node, "noop_with_empty_axes", 0) === 1) return undefined;
  const all = Array.from({ length: rank }, (_, axis) => axis);
  return new Set(axes.length === 0 ? all : axes.map((axis) => (axis + rank) % rank));
}

/** Neighbours of the same fate as one; axes of a single element are left out. */
function joined(axes: readonly Run[]): Run[] {
  const runs: Run[] = [];
  for (const { size, summed } of axes) {
    const last = runs.at(-1);
    if (size === 1) continue;
    if (last?.summed === summed) runs[runs.length - 1] = { size: last.size * size, summed };
    else runs.push({ size, summed });
  }
  return runs;
}

/** How many numbers become one. */
const countOf = (runs: readonly Run[]): number => runs.reduce((n, { size, summed }) => (summed ? n * size : n), 1);

const sizesOf = (runs: readonly Run[]): number[] => runs.map(({ size }) => size);

/** How the next sum is done: its numbers lie side by side where the last axis is summed over. */
function stageOf(runs: readonly Run[], operator: string): Stage {
  if (operator === "ReduceSumSquare") return SQUARES;
  return runs.at(-1)?.summed ? SIDE_BY_SIDE : APART;
}

/** The sums, in the order of the axes that are kept. Each turn cuts the last row that is summed over into parts, and adds up those. */
function addUp(g: GraphBuilder, node: Node, all: readonly Run[]): string {
  let operator = FIRST_STAGE[node.operator];
  let value = node.inputs[0];
  for (let runs = all; countOf(runs) > 1; operator = "ReduceSum") {
    const at = runs.findLastIndex(({ summed }) => summed);
    const { size } = runs[at];
    const part = partOf(size, stageOf(runs, operator));
    const parts = Math.ceil(size / part);
    if (parts * part > size) {
      const rows = g.op("Reshape", [value, g.ints(...sizesOf(runs))]);
      const added = runs.map((_, axis) => (axis === at ? parts * part - size : 0));
      value = g.op("Pad", [rows, g.ints(...runs.map(() => 0), ...added)]);
    }
    const cut = g.op("Reshape", [value, g.ints(...sizesOf(runs).toSpliced(at, 1, parts, part))]);
    value = g.op(operator, [cut, g.ints(at + 1)], { keepdims: 0 });
    runs = joined(runs.with(at, { size: parts, summed: true }));
  }
  return value;
}

/** The length of the parts of a row: all of a short one, else a divisor near to what is wanted; where there is none, that itself. */
function partOf(size: number, { most, parts, leastParts }: Stage): number {
  if (size <= most) return size;
  for (let d = parts; d >= leastParts; d--) if (size % d === 0) return d;
  for (let d = parts; d <= most; d++) if (size % d === 0) return d;
  return parts;
}
