/** Batch normalisation and its gradient, in both layouts. autodiff/rules/normalization.ts has the formulas. */

import { floatOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { isStatic } from "../graph/dimension.js";
import type { Node } from "../graph/types.js";
import type { Layout } from "./layouts.js";

/** Where the pixels of one channel are, and the shape of a number per channel that is broadcast to them. */
const PLACES = {
  image: { axes: [0, 2, 3], shape: [1, -1, 1, 1] },
  batch: { axes: [1, 2, 3], shape: [-1, 1, 1, 1] },
} as const;

/**
 * y, μ and σ. The mean of many pixels is rounded; the deviations from it have a small mean again, which is taken away too, so
 * that pixels far from zero are as exact as others.
 */
export const batchNormalization =
  (layout: Layout) =>
  (g: GraphBuilder, node: Node, [x, gain, bias]: readonly string[]): string[] => {
    const { axes, shape } = PLACES[layout];
    const mean = (value: string): string => g.op("ReduceMean", [value, g.ints(...axes)]);
    const perChannel = (value: string): string => g.op("Reshape", [value, g.ints(...shape)]);
    const vector = (value: string): string => g.op("Reshape", [value, g.ints(-1)]);
    const about = mean(x);
    const around = g.op("Sub", [x, about]);
    const rest = mean(around);
    const variance = g.op("Sub", [mean(g.op("Mul", [around, around])), g.op("Mul", [rest, rest])]);
    const deviation = g.op("Sqrt", [g.op("Add", [variance, g.scalar(floatOf(node, "epsilon", 0))])]);
    const factor = g.op("Div", [perChannel(gain), deviation]);
    const term = g.op("Sub", [perChannel(bias), g.op("Mul", [rest, factor])]);
    const y = g.op("Add", [g.op("Mul", [around, factor]), term]);
    return [y, vector(g.op("Add", [about, rest])), vector(deviation)];
  };

/** dx, dgain and dbias. */
export const batchNormalizationGradient =
  (layout: Layout) =>
  (g: GraphBuilder, _node: Node, [dy, x, gain, mean, deviation]: readonly string[]): string[] => {
    const { axes, shape } = PLACES[layout];
    const perChannel = (value: string): string => g.op("Reshape", [value, g.ints(...shape)]);
    const sum = (value: string): string => g.op("ReduceSum", [value, g.ints(...axes)]);
    const pixels = pixelsPerChannel(g, x, gain, axes);
    const around = g.op("Sub", [x, perChannel(mean)]);
    const spread = perChannel(deviation);
    const dbias = sum(dy);
    const dgain = g.op("Div", [sum(g.op("Mul", [dy, around])), spread]);
    const factor = g.op("Div", [perChannel(gain), spread]);
    const share = g.op("Div", [g.op("Mul", [factor, dgain]), g.op("Mul", [spread, pixels])]);
    const centred = g.op("Mul", [factor, g.op("Sub", [dy, g.op("Div", [dbias, pixels])])]);
    const dx = g.op("Sub", [centred, g.op("Mul", [around, share])]);
    return [dx, g.op("Reshape", [dgain, g.ints(-1)]), g.op("Reshape", [dbias, g.ints(-1)])];
  };

/** How many pixels a channel has, as a number in the graph. */
function pixelsPerChannel(g: GraphBuilder, x: string, gain: string, axes: readonly number[]): string {
  const { shape } = g.type(x);
  if (shape && isStatic(shape)) return g.scalar(axes.reduce((count, axis) => count * shape[axis], 1));
  const size = (value: string): string => g.op("Cast", [g.op("Size", [value])], { to: 1 });
  return g.op("Div", [size(x), size(gain)]);
}
