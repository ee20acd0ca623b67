/** Normalisation by what is near: neighbouring channels, or neighbouring pixels. */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { type Window, windowAttributes } from "../../graph/window.js";
import { number, pair, whole } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom, PIXEL } from "../block.js";

const ACROSS_CHANNELS = {
  /** how many neighbouring channels are summed, N; 5 */
  size: defaulted(whole(1), 5),
  /** κ; 1. Where it is 0, no pixel may be 0 in all channels of a window. */
  kappa: defaulted(number({ least: 0 }), 1),
  /** α, the factor of the sum; 10⁻⁴/5. Caffe and PyTorch divide theirs by N. */
  alpha: defaulted(number({ least: 0 }), 1e-4 / 5),
  /** β; 0.75 */
  beta: defaulted(number(), 0.75),
};

/** The block of local response normalisation. The sum over channels is a convolution: one matrix product. */
export const localResponseNormBlock = declareBlock("localResponseNorm", ACROSS_CHANNELS, {
  build: (g, { size, kappa, alpha, beta }, [x]) => {
    const channels = Number(g.type(x).shape?.[1]);
    const before = Math.floor((size - 1) / 2);
    const near = (k: number, q: number): boolean => q >= k - before && q < k - before + size;
    const filters = Float32Array.from({ length: channels ** 2 }, (_, i) =>
      near(Math.floor(i / channels), i % channels) ? alpha : 0,
    );
    const l = g.op("Conv", [
      g.op("Mul", [x, x]),
      g.constant(float32(filters, [channels, channels, 1, 1])),
      g.constant(float32(new Float32Array(channels).fill(kappa), [channels])),
    ]);
    return g.op("Mul", [x, inversePower(g, l, beta)]);
  },
});

/** Normalisation across channels. See {@link localResponseNorm} for the meaning of each field. */
export type LocalResponseNorm = LayerFrom<typeof localResponseNormBlock>;

/** The options of {@link localResponseNorm}; every one has a default. */
export type LocalResponseNormOptions = OptionsFrom<typeof localResponseNormBlock>;

/**
 * Local response normalisation across channels (Krizhevsky et al. 2012; MatConvNet's `vl_nnnormalize`), at each pixel:
 *
 *     y[k] = x[k]·L[k]^−β,   L[k] = κ + α·Σ_{q ∈ Q(k)} x[q]²
 *
 * where Q(k) are the channels from k − ⌊(N − 1)/2⌋ to k + ⌈(N − 1)/2⌉ that there are. Backward:
 *
 *     dx[d] = dy[d]·L[d]^−β − 2αβ·x[d]·Σ_{k: d ∈ Q(k)} dy[k]·L[k]^(−β − 1)·x[k]
 *
 * @throws RangeError when the size is not a whole number of at least 1, kappa or alpha not a number of at least 0, or beta not finite
 * @example
 * localResponseNorm({ size: 5, kappa: 2, alpha: 1e-4 }); // AlexNet's
 */
export const localResponseNorm = (options: LocalResponseNormOptions = {}): LocalResponseNorm =>
  localResponseNormBlock.make(options);

/** The fields of {@link spatialNorm}; the defaults are those of MatConvNet's `dagnn.SpatialNorm`. */
const ACROSS_PIXELS = {
  /** height and width of the window, in pixels; 2 */
  support: defaulted(pair(whole(1)), 2),
  /** α, the factor of the mean; 10 */
  alpha: defaulted(number({ least: 0 }), 10),
  /** β; 2 */
  beta: defaulted(number(), 2),
};

/** The block of normalisation in each channel. */
export const spatialNormBlock = declareBlock("spatialNorm", ACROSS_PIXELS, {
  window: (layer) => windowOf(layer),
  build: (g, layer, [x]) => {
    const { dilations: _, ...window } = windowAttributes(windowOf(layer));
    const mean = g.op("AveragePool", [g.op("Mul", [x, x])], { ...window, count_include_pad: 0 });
    const f = g.op("Add", [g.op("Mul", [mean, g.scalar(layer.alpha)]), g.scalar(1)]);
    return g.op("Mul", [x, inversePower(g, f, layer.beta)]);
  },
});

function windowOf({ support: [height, width] }: Pick<Window, "support">): Window {
  const [top, left] = [height, width].map((size) => Math.floor((size - 1) / 2));
  return { ...PIXEL, support: [height, width], pad: [top, height - 1 - top, left, width - 1 - left] };
}

/** Normalisation in each channel. See {@link spatialNorm} for the meaning of each field. */
export type SpatialNorm = LayerFrom<typeof spatialNormBlock>;

/** The options of {@link spatialNorm}; every one has a default. */
export type SpatialNormOptions = OptionsFrom<typeof spatialNormBlock>;

/**
 * Normalisation by the pixels around, in each channel (MatConvNet's `vl_nnspnorm`):
 *
 *     y = x·(1 + α·n)^−β,   n[c, i, j] = the mean of x[c]² in the window at (i, j)
 *
 * A window of P pixels begins ⌊(P − 1)/2⌋ before its own. It is clipped to the image, and the mean is over the pixels that are left.
 * With f = 1 + α·n and averagePool′ the backward pass of that mean:
 *
 *     dx = f^−β·dy − 2αβ·x·averagePool′(f^(−β − 1)·dy·x)
 *
 * @throws RangeError when the support is not of whole numbers of at least 1, alpha not a number of at least 0, or beta not finite
 * @example
 * spatialNorm({ support: 3, alpha: 0.1, beta: 0.75 });
 */
export const spatialNorm = (options: SpatialNormOptions = {}): SpatialNorm => spatialNormBlock.make(options);

/** x^−β for x > 0, as e^(−β·ln x): faster than a power, forward and backward. */
const inversePower = (g: GraphBuilder, x: string, beta: number): string =>
  g.op("Exp", [g.op("Mul", [g.op("Log", [x]), g.scalar(-beta)])]);
