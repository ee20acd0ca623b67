/** What moves or joins the pixels of a batch, in the batch-last layout: the same operators on other axes. */

import { attributes, intOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Node } from "../../graph/types.js";
import { batchLastAxis } from "../layouts.js";

/** Writes a node that reads C×H×W×N, or gives undefined where it cannot. The inputs that are not images are as they were. */
type Move = (g: GraphBuilder, node: Node, inputs: readonly string[]) => string | undefined;

/** The whole numbers in an input, where they are constant. */
function constants(g: GraphBuilder, value: string | undefined): number[] | undefined {
  const tensor = value === undefined || value === "" ? undefined : g.constantValue(value);
  return tensor && Array.from(tensor.data, Number);
}

/** Numbers for the axes N, C, H, W, put into the order C, H, W, N. */
const moveBatchToEnd = ([batch, ...rest]: readonly number[]): number[] => [...rest, batch];

/** Zeros, or another constant, around the images, before or behind the channels. */
const pad: Move = (g, node, [x, pads, value, axes]) => {
  const given = constants(g, pads);
  const at = axes ? constants(g, axes) : [0, 1, 2, 3];
  if (!given || !at || stringOf(node, "mode", "constant") !== "constant") return undefined;
  const [before, after] = [new Array<number>(4).fill(0), new Array<number>(4).fill(0)];
  for (const [i, axis] of at.entries()) {
    before[(axis + 4) % 4] = given[i];
    after[(axis + 4) % 4] = given[i + at.length];
  }
  return g.op("Pad", [x, g.ints(...moveBatchToEnd(before), ...moveBatchToEnd(after)), ...(value ? [value] : [])]);
};

const slice: Move = (g, _node, [x, ...bounds]) => {
  const [starts, ends, axes, steps] = bounds.map((bound) => constants(g, bound));
  if (!starts || !ends || (bounds[2] && !axes) || (bounds[3] && !steps)) return undefined;
  const moved = (axes ?? starts.map((_, i) => i)).map(batchLastAxis);
  return g.op("Slice", [x, ...[starts, ends, moved, ...(steps ? [steps] : [])].map((list) => g.ints(...list))]);
};

const concat: Move = (g, node, inputs) => g.op("Concat", inputs, { axis: batchLastAxis(intOf(node, "axis", 1)) });

const expand: Move = (g, _node, [x, shape]) => {
  const sizes = constants(g, shape);
  return sizes?.length === 4 ? g.op("Expand", [x, g.ints(...moveBatchToEnd(sizes))]) : undefined;
};

/** One number for each map. */
const reduceMap =
  (reduction: "ReduceMean" | "ReduceMax"): Move =>
  (g, _node, [x]) =>
    g.op(reduction, [x, g.ints(1, 2)], attributes({ keepdims: 1 }));

/** The moves. Of Concat every input is an image, of the others the first. */
export const MOVES: Readonly<Record<string, Move>> = {
  Concat: concat,
  Expand: expand,
  GlobalAveragePool: reduceMap("ReduceMean"),
  GlobalMaxPool: reduceMap("ReduceMax"),
  Pad: pad,
  Slice: slice,
};
