/** The activation functions: element by element, or over the channels of a pixel; nothing learned. */

import { float } from "../../graph/attributes.js";
import { number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type LayerOptions } from "../block.js";

/** The ReLU block. */
export const reluBlock = declareBlock(
  "relu",
  {},
  {
    build: (g, _, [x]) => g.op("Relu", [x]),
  },
);

/** A rectified linear unit. See {@link relu}. */
export type Relu = LayerFrom<typeof reluBlock>;

/**
 * y = max(x, 0), element by element. The derivative at 0 is 0.
 *
 * @example
 * relu();
 */
export const relu = (options: LayerOptions = {}): Relu => reluBlock.make(options);

/** The leaky ReLU block. */
export const leakyReluBlock = declareBlock(
  "leakyRelu",
  { leak: defaulted(number(), 0.01) },
  {
    build: (g, { leak }, [x]) => g.op("LeakyRelu", [x], { alpha: float(leak) }),
  },
);

/** A rectified linear unit that leaks. See {@link leakyRelu}. */
export type LeakyRelu = LayerFrom<typeof leakyReluBlock>;

/**
 * y = x for x > 0, else leak·x. The derivative is 1 for x > 0, else the leak.
 *
 * @param leak the slope below zero; 0.01, the lecture's
 * @throws RangeError when the leak is not a finite number
 * @example
 * leakyRelu(0.2);
 */
export const leakyRelu = (leak?: number, options: LayerOptions = {}): LeakyRelu =>
  leakyReluBlock.make({ ...options, leak });

/** The softplus block. */
export const softplusBlock = declareBlock(
  "softplus",
  {},
  {
    build: (g, _, [x]) => g.op("Softplus", [x]),
  },
);

/** A smooth rectifier. See {@link softplus}. */
export type Softplus = LayerFrom<typeof softplusBlock>;

/**
 * y = ln(1 + eˣ), the lecture's smooth form of ReLU. Backward: dx = dy / (1 + e⁻ˣ).
 *
 * @example
 * softplus();
 */
export const softplus = (options: LayerOptions = {}): Softplus => softplusBlock.make(options);

/** The sigmoid block. */
export const sigmoidBlock = declareBlock(
  "sigmoid",
  {},
  {
    build: (g, _, [x]) => g.op("Sigmoid", [x]),
  },
);

/** The logistic function. See {@link sigmoid}. */
export type Sigmoid = LayerFrom<typeof sigmoidBlock>;

/**
 * y = 1 / (1 + e⁻ˣ). Backward: dx = dy·y·(1 − y).
 *
 * @example
 * sigmoid();
 */
export const sigmoid = (options: LayerOptions = {}): Sigmoid => sigmoidBlock.make(options);

/** The tanh block. */
export const tanhBlock = declareBlock(
  "tanh",
  {},
  {
    build: (g, _, [x]) => g.op("Tanh", [x]),
  },
);

/** The hyperbolic tangent. See {@link tanh}. */
export type Tanh = LayerFrom<typeof tanhBlock>;

/**
 * y = tanh x. Backward: dx = dy·(1 − y²).
 *
 * @example
 * tanh();
 */
export const tanh = (options: LayerOptions = {}): Tanh => tanhBlock.make(options);

/** The ELU block. */
export const eluBlock = declareBlock(
  "elu",
  { alpha: defaulted(number(), 1) },
  {
    build: (g, { alpha }, [x]) => g.op("Elu", [x], { alpha: float(alpha) }),
  },
);

/** An exponential linear unit. See {@link elu}. */
export type Elu = LayerFrom<typeof eluBlock>;

/**
 * y = x for x > 0, else α·(eˣ − 1) (Clevert, Unterthiner and Hochreiter 2015). The derivative is 1 for x > 0, else y + α.
 *
 * @param alpha −α is the limit for very negative x; 1
 * @throws RangeError when alpha is not a finite number
 * @example
 * elu();
 */
export const elu = (alpha?: number, options: LayerOptions = {}): Elu => eluBlock.make({ ...options, alpha });

/** The GELU block, written out so that it is differentiated like any other graph. */
export const geluBlock = declareBlock(
  "gelu",
  {},
  {
    build: (g, _, [x]) => {
      // Beyond ±16 erf is ±1; the slope of a huge number times that of erf there, 0, would be none.
      const near = g.op("Clip", [x, g.scalar(-16), g.scalar(16)]);
      const error = g.op("Erf", [g.op("Mul", [near, g.scalar(Math.SQRT1_2)])]);
      return g.op("Mul", [x, g.op("Mul", [g.op("Add", [error, g.scalar(1)]), g.scalar(0.5)])]);
    },
  },
);

/** A Gaussian error linear unit. See {@link gelu}. */
export type Gelu = LayerFrom<typeof geluBlock>;

/**
 * y = x·Φ(x), where Φ(x) = ½·(1 + erf(x/√2)) is the normal distribution function (Hendrycks and Gimpel 2016), without
 * approximation. The derivative is Φ(x) + x·e^(−x²/2)/√(2π).
 *
 * @example
 * gelu();
 */
export const gelu = (options: LayerOptions = {}): Gelu => geluBlock.make(options);

/** The softmax block. */
export const softmaxBlock = declareBlock(
  "softmax",
  {},
  {
    build: (g, _, [x]) => g.op("Softmax", [x], { axis: 1 }),
  },
);

/** A softmax over the channels. See {@link softmax}. */
export type Softmax = LayerFrom<typeof softmaxBlock>;

/**
 * y[c] = exp(x[c] − m) / Σ_q exp(x[q] − m) with m = max x, over the channels at each pixel. Backward: dx = y · (dy − Σ dy·y).
 *
 * @example
 * softmax();
 */
export const softmax = (options: LayerOptions = {}): Softmax => softmaxBlock.make(options);
