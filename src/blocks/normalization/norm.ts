/** Layers that measure the norm of the channels at a pixel, or of the pixels of a channel. */

import { type LayerBase, type LayerOptions, placed } from "../block.js";
import { pixelwise } from "../pixelwise.js";
import { expectNumber } from "./local-norm.js";

/** Division by the Lp norm. See {@link lpNorm} for the meaning of each field. */
export interface LpNorm extends LayerBase {
  readonly type: "lpNorm";
  readonly p: number;
  readonly epsilon: number;
  readonly spatial: boolean;
}

/** The options of {@link lpNorm}; every one has a default. */
export interface LpNormOptions extends LayerOptions {
  /** the exponent, an even number; 2 */
  readonly p?: number;
  /** what is added to the sum of the powers; 0.01 */
  readonly epsilon?: number;
  /** whether the sum is over the pixels of each channel, and not over the channels at each pixel; false */
  readonly spatial?: boolean;
}

/**
 * Division by the Lp norm (MatConvNet's `vl_nnnormalizelp`):
 *
 *     y = x / (Σ x^p + ε)^(1/p)
 *
 * where the sum is over the channels at each pixel, or over the pixels of each channel. Backward, with m = Σ x^p + ε:
 * dx = (dy − x^(p − 1)·(Σ dy·x)/m) / m^(1/p).
 *
 * @throws RangeError when p is not an even number of at least 2, or epsilon not positive
 * @example
 * lpNorm({ p: 4 });
 */
export function lpNorm(options: LpNormOptions = {}): LpNorm {
  const { p = 2, epsilon = 0.01, spatial = false } = options;
  if (!(p >= 2 && p % 2 === 0)) {
    throw new RangeError(`Invalid value for p: expected an even number of at least 2, got ${p}.`);
  }
  if (!(epsilon > 0 && Number.isFinite(epsilon))) {
    throw new RangeError(`Invalid value for epsilon: expected a positive number, got ${epsilon}.`);
  }
  return { type: "lpNorm", ...placed(options), p, epsilon, spatial };
}

/** The block of division by the Lp norm. */
export const lpNormBlock = pixelwise<LpNorm>(
  (g, { p, epsilon, spatial }, [x]) => {
    const square = g.op("Mul", [x, x]);
    let power = square;
    for (let exponent = 2; exponent < p; exponent += 2) power = g.op("Mul", [power, square]);
    const sum = g.op("ReduceSum", [power, g.ints(...(spatial ? [2, 3] : [1]))], { keepdims: 1 });
    return g.op("Mul", [x, g.op("Pow", [g.op("Add", [sum, g.scalar(epsilon)]), g.scalar(-1 / p)])]);
  },
  (fields) =>
    lpNorm({
      ...fields.placed(),
      p: fields.number("p"),
      epsilon: fields.number("epsilon"),
      spatial: fields.flag("spatial"),
    }),
);

/** Subtraction of a norm. See {@link normOffset} for the meaning of each field. */
export interface NormOffset extends LayerBase {
  readonly type: "normOffset";
  readonly alpha: number;
  readonly beta: number;
}

/** The options of {@link normOffset}; the defaults are those of MatConvNet's `dagnn.NormOffset`. */
export interface NormOffsetOptions extends LayerOptions {
  /** α, the factor of the norm; 1 */
  readonly alpha?: number;
  /** β, the power of the sum of squares; 0.5 */
  readonly beta?: number;
}

/** A sum of squares that is smaller counts as this. */
const LEAST = 1e-8;

/**
 * An offset that depends on the norm of the channels (MatConvNet's `vl_nnnoffset`), at each pixel:
 *
 *     y[k] = x[k] − α·L^β,   L = max(Σ_q x[q]², 10⁻⁸)
 *
 * Backward: dx = dy − 2αβ·x·L^(β − 1)·Σ_k dy[k]; dx = dy where the sum of squares is below 10⁻⁸.
 *
 * @throws RangeError when alpha or beta is not a finite number
 * @example
 * normOffset({ alpha: 0.34, beta: 0.5 });
 */
export function normOffset(options: NormOffsetOptions = {}): NormOffset {
  const { alpha = 1, beta = 0.5 } = options;
  expectNumber("alpha", alpha);
  expectNumber("beta", beta);
  return { type: "normOffset", ...placed(options), alpha, beta };
}

/** The block of the offset by a norm. */
export const normOffsetBlock = pixelwise<NormOffset>(
  (g, { alpha, beta }, [x]) => {
    const sum = g.op("ReduceSum", [g.op("Mul", [x, x]), g.ints(1)], { keepdims: 1 });
    const power = g.op("Pow", [g.op("Max", [sum, g.scalar(LEAST)]), g.scalar(beta)]);
    return g.op("Sub", [x, g.op("Mul", [power, g.scalar(alpha)])]);
  },
  (fields) => normOffset({ ...fields.placed(), alpha: fields.number("alpha"), beta: fields.number("beta") }),
);
