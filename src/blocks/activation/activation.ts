/** The activation functions beside ReLU: element by element, nothing learned. */

import { float } from "../../graph/attributes.js";
import { type LayerBase, type LayerOptions, placed } from "../block.js";
import { pixelwise } from "../pixelwise.js";

/** A rectified linear unit that leaks. See {@link leakyRelu}. */
export interface LeakyRelu extends LayerBase {
  readonly type: "leakyRelu";
  readonly leak: number;
}

/**
 * y = x for x > 0, else leak·x. The derivative is 1 for x > 0, else the leak.
 *
 * @param leak the slope below zero; 0.01, the lecture's
 * @throws RangeError when the leak is not a finite number
 * @example
 * leakyRelu(0.2);
 */
export function leakyRelu(leak = 0.01, options: LayerOptions = {}): LeakyRelu {
  expectFinite("leak", leak);
  return { type: "leakyRelu", leak, ...placed(options) };
}

/** The leaky ReLU block. */
export const leakyReluBlock = pixelwise<LeakyRelu>(
  (g, { leak }, [x]) => g.op("LeakyRelu", [x], { alpha: float(leak) }),
  (fields) => leakyRelu(fields.number("leak"), fields.placed()),
);

/** A smooth rectifier. See {@link softplus}. */
export interface Softplus extends LayerBase {
  readonly type: "softplus";
}

/**
 * y = ln(1 + eˣ), the lecture's smooth form of ReLU. Backward: dx = dy / (1 + e⁻ˣ).
 *
 * @example
 * softplus();
 */
export const softplus = (options: LayerOptions = {}): Softplus => ({ type: "softplus", ...placed(options) });

/** The softplus block. */
export const softplusBlock = pixelwise<Softplus>(
  (g, _, [x]) => g.op("Softplus", [x]),
  (fields) => softplus(fields.placed()),
);

/** The logistic function. See {@link sigmoid}. */
export interface Sigmoid extends LayerBase {
  readonly type: "sigmoid";
}

/**
 * y = 1 / (1 + e⁻ˣ). Backward: dx = dy·y·(1 − y).
 *
 * @example
 * sigmoid();
 */
export const sigmoid = (options: LayerOptions = {}): Sigmoid => ({ type: "sigmoid", ...placed(options) });

/** The sigmoid block. */
export const sigmoidBlock = pixelwise<Sigmoid>(
  (g, _, [x]) => g.op("Sigmoid", [x]),
  (fields) => sigmoid(fields.placed()),
);

/** The hyperbolic tangent. See {@link tanh}. */
export interface Tanh extends LayerBase {
  readonly type: "tanh";
}

/**
 * y = tanh x. Backward: dx = dy·(1 − y²).
 *
 * @example
 * tanh();
 */
export const tanh = (options: LayerOptions = {}): Tanh => ({ type: "tanh", ...placed(options) });

/** The tanh block. */
export const tanhBlock = pixelwise<Tanh>(
  (g, _, [x]) => g.op("Tanh", [x]),
  (fields) => tanh(fields.placed()),
);

/** An exponential linear unit. See {@link elu}. */
export interface Elu extends LayerBase {
  readonly type: "elu";
  readonly alpha: number;
}

/**
 * y = x for x > 0, else α·(eˣ − 1) (Clevert, Unterthiner and Hochreiter 2015). The derivative is 1 for x > 0, else y + α.
 *
 * @param alpha −α is the limit for very negative x; 1
 * @throws RangeError when alpha is not a finite number
 * @example
 * elu();
 */
export function elu(alpha = 1, options: LayerOptions = {}): Elu {
  expectFinite("alpha", alpha);
  return { type: "elu", alpha, ...placed(options) };
}

/** The ELU block. */
export const eluBlock = pixelwise<Elu>(
  (g, { alpha }, [x]) => g.op("Elu", [x], { alpha: float(alpha) }),
  (fields) => elu(fields.number("alpha"), fields.placed()),
);

/** A Gaussian error linear unit. See {@link gelu}. */
export interface Gelu extends LayerBase {
  readonly type: "gelu";
}

/**
 * y = x·Φ(x), where Φ(x) = ½·(1 + erf(x/√2)) is the normal distribution function (Hendrycks and Gimpel 2016), without
 * approximation. The derivative is Φ(x) + x·e^(−x²/2)/√(2π).
 *
 * @example
 * gelu();
 */
export const gelu = (options: LayerOptions = {}): Gelu => ({ type: "gelu", ...placed(options) });

/** The GELU block, written out so that it is differentiated like any other graph. */
export const geluBlock = pixelwise<Gelu>(
  (g, _, [x]) => {
    const error = g.op("Erf", [g.op("Mul", [x, g.scalar(Math.SQRT1_2)])]);
    return g.op("Mul", [x, g.op("Mul", [g.op("Add", [error, g.scalar(1)]), g.scalar(0.5)])]);
  },
  (fields) => gelu(fields.placed()),
);

function expectFinite(what: string, value: number): void {
  if (!Number.isFinite(value))
    throw new RangeError(`Invalid value for ${what}: expected a finite number, got ${value}.`);
}
