/** The activation functions: element by element, or over the channels of a pixel; nothing learned. */

import { float } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
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
      return geluOf(g, x, g.op("Clip", [x, g.scalar(-16), g.scalar(16)]));
    },
  },
);

/** x·½·(1 + erf(near/√2)) */
export function geluOf(g: GraphBuilder, x: string, near: string): string {
  const error = g.op("Erf", [g.op("Mul", [near, g.scalar(Math.SQRT1_2)])]);
  return g.op("Mul", [x, g.op("Mul", [g.op("Add", [error, g.scalar(1)]), g.scalar(0.5)])]);
}

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

/** The block of a clip; the formula stands at {@link clip}. */
export const clipBlock = declareBlock(
  "clip",
  { least: defaulted(number(), 0), most: defaulted(number(), 6) },
  {
    build: (g, { least, most }, [x]) => g.op("Clip", [x, g.scalar(least), g.scalar(most)]),
  },
  ({ least, most }, refuse) => {
    if (least >= most) refuse("most", `a number above least, ${least}`);
  },
);

/** Numbers kept between two bounds. See {@link clip}. */
export type Clipping = LayerFrom<typeof clipBlock>;

/**
 * y = min(max(x, least), most), element by element. The derivative is 1 between the bounds, else 0.
 *
 * @param least the lower bound; 0
 * @param most the upper bound; 6
 * @throws RangeError when a bound is not a finite number, or the lower one not below the upper one
 * @example
 * clip(-1, 1);
 */
export const clip = (least?: number, most?: number, options: LayerOptions = {}): Clipping =>
  clipBlock.make({ ...options, least, most });

/**
 * y = min(max(x, 0), 6), the rectifier of MobileNet (Krizhevsky 2010; Sandler et al. 2018): a {@link clip} from 0 to 6.
 *
 * @example
 * relu6();
 */
export const relu6 = (options: LayerOptions = {}): Clipping => clipBlock.make({ ...options, least: 0, most: 6 });

/** max(0, min(1, slope·x + offset)) */
const hardSigmoidOf = (g: GraphBuilder, x: string, slope: number, offset: number): string =>
  g.op("Clip", [g.op("Add", [g.op("Mul", [x, g.scalar(slope)]), g.scalar(offset)]), g.scalar(0), g.scalar(1)]);

/** The hard sigmoid block. */
export const hardSigmoidBlock = declareBlock(
  "hardSigmoid",
  { slope: defaulted(number(), 1 / 6), offset: defaulted(number(), 0.5) },
  {
    build: (g, { slope, offset }, [x]) => hardSigmoidOf(g, x, slope, offset),
  },
);

/** A sigmoid of three straight lines. See {@link hardSigmoid}. */
export type HardSigmoid = LayerFrom<typeof hardSigmoidBlock>;

/**
 * y = min(max(slope·x + offset, 0), 1) (MobileNet V3, Howard et al. 2019, and PyTorch: slope 1/6; ONNX and Keras 2: 0.2). The derivative is the slope
 * where 0 < y < 1, else 0.
 *
 * @param slope the slope at 0; 1/6
 * @param offset the value at 0; 0.5
 * @throws RangeError when one is not a finite number
 * @example
 * hardSigmoid(0.2);
 */
export const hardSigmoid = (slope?: number, offset?: number, options: LayerOptions = {}): HardSigmoid =>
  hardSigmoidBlock.make({ ...options, slope, offset });

/** The hard swish block. */
export const hardSwishBlock = declareBlock(
  "hardSwish",
  {},
  {
    build: (g, _, [x]) => g.op("Mul", [x, hardSigmoidOf(g, x, 1 / 6, 0.5)]),
  },
);

/** A swish of straight lines and a parabola. See {@link hardSwish}. */
export type HardSwish = LayerFrom<typeof hardSwishBlock>;

/**
 * y = x·min(max(x/6 + ½, 0), 1) (MobileNet V3, Howard et al. 2019). The derivative is 0 below −3, 1 above 3, x/3 + ½ between.
 *
 * @example
 * hardSwish();
 */
export const hardSwish = (options: LayerOptions = {}): HardSwish => hardSwishBlock.make(options);

/** The SiLU block. */
export const siluBlock = declareBlock(
  "silu",
  {},
  {
    build: (g, _, [x]) => g.op("Mul", [x, g.op("Sigmoid", [x])]),
  },
);

/** A sigmoid linear unit. See {@link silu}. */
export type Silu = LayerFrom<typeof siluBlock>;

/**
 * y = x·σ(x), where σ(x) = 1 / (1 + e⁻ˣ), also called swish (Elfwing et al. 2018; Ramachandran et al. 2017). The derivative is σ(x)·(1 + x·(1 − σ(x))).
 *
 * @example
 * silu();
 */
export const silu = (options: LayerOptions = {}): Silu => siluBlock.make(options);

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
