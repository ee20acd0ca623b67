/** Normalisation by what is near: neighbouring channels, or neighbouring pixels. */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { type Window, windowAttributes } from "../../graph/window.js";
import { expectWhole } from "../../values/range.js";
import { type Block, both, type LayerBase, type LayerOptions, type Pair, placed } from "../block.js";
import { pixelwise } from "../pixelwise.js";

/** Normalisation across channels. See {@link localResponseNorm} for the meaning of each field. */
export interface LocalResponseNorm extends LayerBase {
  readonly type: "localResponseNorm";
  readonly size: number;
  readonly kappa: number;
  readonly alpha: number;
  readonly beta: number;
}

/** The options of {@link localResponseNorm}; every one has a default. */
export interface LocalResponseNormOptions extends LayerOptions {
  /** how many neighbouring channels are summed, N; 5 */
  readonly size?: number;
  /** κ; 1. Where it is 0, no pixel may be 0 in all channels of a window. */
  readonly kappa?: number;
  /** α, the factor of the sum; 10⁻⁴/5. Caffe and PyTorch divide theirs by N. */
  readonly alpha?: number;
  /** β; 0.75 */
  readonly beta?: number;
}

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
export function localResponseNorm(options: LocalResponseNormOptions = {}): LocalResponseNorm {
  const { size = 5, kappa = 1, alpha = 1e-4 / 5, beta = 0.75 } = options;
  expectWhole("size", [size], 1);
  expectNumber("kappa", kappa, 0);
  expectNumber("alpha", alpha, 0);
  expectNumber("beta", beta);
  return { type: "localResponseNorm", ...placed(options), size, kappa, alpha, beta };
}

/** The block of local response normalisation. The sum over channels is a convolution: one matrix product. */
export const localResponseNormBlock = pixelwise<LocalResponseNorm>(
  (g, { size, kappa, alpha, beta }, [x]) => {
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
  (fields) =>
    localResponseNorm({
      ...fields.placed(),
      size: fields.number("size"),
      kappa: fields.number("kappa"),
      alpha: fields.number("alpha"),
      beta: fields.number("beta"),
    }),
);

/** Normalisation in each channel. See {@link spatialNorm} for the meaning of each field. */
export interface SpatialNorm extends LayerBase {
  readonly type: "spatialNorm";
  readonly support: readonly [number, number];
  readonly alpha: number;
  readonly beta: number;
}

/** The options of {@link spatialNorm}; the defaults are those of MatConvNet's `dagnn.SpatialNorm`. */
export interface SpatialNormOptions extends LayerOptions {
  /** height and width of the window, in pixels; 2 */
  readonly support?: Pair;
  /** α, the factor of the mean; 10 */
  readonly alpha?: number;
  /** β; 2 */
  readonly beta?: number;
}

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
export function spatialNorm(options: SpatialNormOptions = {}): SpatialNorm {
  const { support = 2, alpha = 10, beta = 2 } = options;
  const layer: SpatialNorm = { type: "spatialNorm", ...placed(options), support: both(support), alpha, beta };
  expectWhole("support", layer.support, 1);
  expectNumber("alpha", alpha, 0);
  expectNumber("beta", beta);
  return layer;
}

function windowOf({ support: [height, width] }: SpatialNorm): Window {
  const [top, left] = [height, width].map((size) => Math.floor((size - 1) / 2));
  return {
    support: [height, width],
    stride: [1, 1],
    pad: [top, height - 1 - top, left, width - 1 - left],
    dilation: [1, 1],
  };
}

/** The block of normalisation in each channel. */
export const spatialNormBlock: Block<SpatialNorm> = {
  ...pixelwise<SpatialNorm>(
    (g, layer, [x]) => {
      const { dilations: _, ...window } = windowAttributes(windowOf(layer));
      const mean = g.op("AveragePool", [g.op("Mul", [x, x])], { ...window, count_include_pad: 0 });
      const f = g.op("Add", [g.op("Mul", [mean, g.scalar(layer.alpha)]), g.scalar(1)]);
      return g.op("Mul", [x, inversePower(g, f, layer.beta)]);
    },
    (fields) =>
      spatialNorm({
        ...fields.placed(),
        support: fields.numbers("support", 2),
        alpha: fields.number("alpha"),
        beta: fields.number("beta"),
      }),
  ),
  window: windowOf,
};

/** x^−β for x > 0, as e^(−β·ln x): faster than a power, forward and backward. */
const inversePower = (g: GraphBuilder, x: string, beta: number): string =>
  g.op("Exp", [g.op("Mul", [g.op("Log", [x]), g.scalar(-beta)])]);

/** @throws RangeError unless the value is finite and at least `least` */
export function expectNumber(what: string, value: number, least = Number.NEGATIVE_INFINITY): void {
  if (Number.isFinite(value) && value >= least) return;
  const expected = least === Number.NEGATIVE_INFINITY ? "a finite number" : `a number of at least ${least}`;
  throw new RangeError(`Invalid value for ${what}: expected ${expected}, got ${value}.`);
}
