/** Layers that measure the norm of the channels at a pixel, or of the pixels of a channel. */

import { flag, number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";

const LP_NORM = {
  /** the exponent, an even number; 2 */
  p: defaulted(number({ step: 2, least: 2 }), 2),
  /** what is added to the sum of the powers; 0.01 */
  epsilon: defaulted(number({ above: 0 }), 0.01),
  /** whether the sum is over the pixels of each channel, and not over the channels at each pixel; false */
  spatial: defaulted(flag(), false),
};

/** The block of division by the Lp norm. */
export const lpNormBlock = declareBlock("lpNorm", LP_NORM, {
  build: (g, { p, epsilon, spatial }, [x]) => {
    const square = g.op("Mul", [x, x]);
    let power = square;
    for (let exponent = 2; exponent < p; exponent += 2) power = g.op("Mul", [power, square]);
    const sum = g.op("ReduceSum", [power, g.ints(...(spatial ? [2, 3] : [1]))], { keepdims: 1 });
    return g.op("Mul", [x, g.op("Pow", [g.op("Add", [sum, g.scalar(epsilon)]), g.scalar(-1 / p)])]);
  },
});

/** Division by the Lp norm. See {@link lpNorm} for the meaning of each field. */
export type LpNorm = LayerFrom<typeof lpNormBlock>;

/** The options of {@link lpNorm}; every one has a default. */
export type LpNormOptions = OptionsFrom<typeof lpNormBlock>;

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
export const lpNorm = (options: LpNormOptions = {}): LpNorm => lpNormBlock.make(options);

/** The fields of {@link normOffset}; the defaults are those of MatConvNet's `dagnn.NormOffset`. */
const NORM_OFFSET = {
  /** α, the factor of the norm; 1 */
  alpha: defaulted(number(), 1),
  /** β, the power of the sum of squares; 0.5 */
  beta: defaulted(number(), 0.5),
};

/** A sum of squares that is smaller counts as this. */
const LEAST = 1e-8;

/** The block of the offset by a norm. */
export const normOffsetBlock = declareBlock("normOffset", NORM_OFFSET, {
  build: (g, { alpha, beta }, [x]) => {
    const sum = g.op("ReduceSum", [g.op("Mul", [x, x]), g.ints(1)], { keepdims: 1 });
    const power = g.op("Pow", [g.op("Max", [sum, g.scalar(LEAST)]), g.scalar(beta)]);
    return g.op("Sub", [x, g.op("Mul", [power, g.scalar(alpha)])]);
  },
});

/** Subtraction of a norm. See {@link normOffset} for the meaning of each field. */
export type NormOffset = LayerFrom<typeof normOffsetBlock>;

/** The options of {@link normOffset}; every one has a default. */
export type NormOffsetOptions = OptionsFrom<typeof normOffsetBlock>;

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
export const normOffset = (options: NormOffsetOptions = {}): NormOffset => normOffsetBlock.make(options);
