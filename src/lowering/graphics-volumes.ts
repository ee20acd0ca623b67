/** Volumes on graphics cards, where ONNX Runtime 1.30 has convolutions of a single group only, and no transposed ones. */

import { attributes, intsOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { inferNode } from "../graph/infer/infer.js";
import type { Node, ValueType } from "../graph/types.js";
import { groupsOf, transposedSlidesOf } from "../graph/window.js";

/**
 * A transposed convolution as a convolution: of the volume with stride − 1 zeros between its elements, by the filters turned round.
 *
 * @returns undefined where the padding takes more off than the filters add
 */
export function convTransposeOfVolumes(g: GraphBuilder, node: Node, inputs: readonly string[]): string | undefined {
  const [x, filters, biases] = inputs;
  const groups = groupsOf(node);
  const [channels, own, ...support] = g.shape(filters);
  const typeOf = (value: string): ValueType => g.type(value);
  const [{ shape = [] }] = inferNode({ ...node, inputs }, typeOf, (value) => g.numbers(value));
  const image = shape.slice(2).map(Number);
  const slides = transposedSlidesOf(node, support, g.shape(x).slice(2), image);
  const spread = slides.stride.reduce((value, stride, i) => spreadAlong(g, value, i + 2, stride), x);
  const extra = intsOf(node, "output_padding");
  const pads = slides.pads.map(([before, after], i) => {
    const beyond = (support[i] - 1) * slides.dilation[i];
    return [beyond - before, beyond - after + (extra?.[i] ?? 0)];
  });
  if (pads.flat().some((pad) => pad < 0)) return undefined;
  const turned = support.reduce((value, size, i) => {
    const back = Array.from({ length: size }, (_, k) => size - 1 - k);
    return g.op("Gather", [value, g.ints(...back)], { axis: i + 2 });
  }, filters);
  const apart = g.op("Reshape", [turned, g.ints(groups, channels / groups, own, ...support)]);
  const swapped = g.op("Transpose", [apart], { perm: [0, 2, 1, 3, 4, 5] });
  const kernels = g.op("Reshape", [swapped, g.ints(groups * own, channels / groups, ...support)]);
  const window = attributes({
    kernel_shape: support,
    dilations: slides.dilation,
    pads: [0, 1].flatMap((end) => pads.map((pad) => pad[end])),
  });
  return convOfVolumes(g, [spread, kernels, ...(biases ? [biases] : [])], window, groups);
}

/** One convolution for each group. */
export function convOfVolumes(
  g: GraphBuilder,
  inputs: readonly string[],
  window: Node["attributes"],
  groups: number,
): string {
  const split = (value: string, axis: number): string[] => {
    const size = g.shape(value)[axis] / groups;
    return g.ops("Split", [value, g.ints(...Array<number>(groups).fill(size))], groups, { axis });
  };
  const { group: _, ...alone } = window;
  if (groups === 1) return g.op("Conv", inputs, alone);
  const parts = inputs.map((input, i) => split(input, i === 0 ? 1 : 0));
  const maps = parts[0].map((_, k) =>
    g.op(
      "Conv",
      parts.map((part) => part[k]),
      alone,
    ),
  );
  return g.op("Concat", maps, { axis: 1 });
}

/** stride − 1 zeros between the elements along an axis. */
function spreadAlong(g: GraphBuilder, value: string, axis: number, stride: number): string {
  if (stride === 1) return value;
  const shape = g.shape(value);
  const none = [...shape.map(() => 0), 0];
  const apart = g.op("Unsqueeze", [value, g.ints(axis + 1)]);
  const padded = g.op("Pad", [apart, g.ints(...none, ...none.with(axis + 1, stride - 1))]);
  const joined = g.op("Reshape", [padded, g.ints(...shape.with(axis, shape[axis] * stride))]);
  return g.op("Slice", [joined, g.ints(0), g.ints((shape[axis] - 1) * stride + 1), g.ints(axis)]);
}
