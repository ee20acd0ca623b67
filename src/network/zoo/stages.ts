/** What the families of the zoo have in common: a convolution with what follows it, and what ends a network. */

import { softmax } from "../../blocks/activation/activation.js";
import { type Conv, type ConvOptions, conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import type { ImageShape } from "../../values/image-shape.js";

/** Colour pictures of a side. */
export const colour = (side: number): ImageShape => ({ channels: 3, height: side, width: side });

/** Filters that begin as He et al. (2015) have it. */
export const HE = { initialization: { type: "he" } } as const;

/** Filters for a layer that a batch normalisation follows: no biases, begun as He et al. (2015) do. */
export const NORMALIZED = { biases: false, ...HE } as const;

/** The padding that keeps a map's size where the stride is 1. */
export const half = (support: number): number => (support - 1) / 2;

/** A convolution and its batch normalisation, by the names of both. */
export const convNorm = (
  [name, norm]: readonly [string, string],
  support: number,
  filters: number,
  {
    epsilon = 1e-5,
    ...options
  }: Omit<ConvOptions, "name" | "support" | "filters"> & { readonly epsilon?: number } = {},
): readonly [Conv, Layer] => [
  conv(support, filters, { pad: half(support), ...NORMALIZED, ...options, name }),
  batchNorm({ name: norm, epsilon }),
];

/** The mean of each map, dropout, one score for each class, and their probabilities. */
export const classify = (name: string, classes: number, rate = 0): Layer[] => [
  globalAveragePool({ name: "avgpool" }),
  ...(rate > 0 ? [dropout(rate, { name: "dropout" })] : []),
  conv(1, classes, { name, ...HE }),
  softmax({ name: "prob" }),
];

/**
 * How far windows reach over the bottom and the right edge of maps of a side so that no pixel is left over (ONNX's and PyTorch's
 * `ceil_mode`, Caffe's rule).
 */
export const overhang = (side: number, support: number, stride: number): readonly [number, number, number, number] => {
  const rest = (side - support) % stride;
  const more = rest === 0 ? 0 : stride - rest;
  return [0, more, 0, more];
};

/** The number of positions of a window along a side. */
export const positionsOn = (side: number, support: number, stride: number, pads = 0): number =>
  Math.floor((side + pads - support) / stride) + 1;

/** A number of filters that eight divides and that is not more than a tenth below another (Howard et al. 2017, as TensorFlow rounds). */
export function eighth(filters: number): number {
  const rounded = Math.max(8, Math.floor((filters + 4) / 8) * 8);
  return rounded < 0.9 * filters ? rounded + 8 : rounded;
}
