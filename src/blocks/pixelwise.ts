/** The blocks that have no window and no parameters: what they share, and ReLU and softmax. */

import { type Block, type LayerBase, type LayerOptions, PIXEL, placed } from "./block.js";

/** A block whose output has its input's shape and that learns nothing. */
export function pixelwise<L extends LayerBase>(build: Block<L>["build"], read: Block<L>["read"]): Block<L> {
  return {
    outputShape: (_, input) => input,
    parameters: () => [],
    window: () => PIXEL,
    multiplyAdds: () => 0,
    build,
    read,
  };
}

/** A rectified linear unit. */
export interface Relu extends LayerBase {
  readonly type: "relu";
}

/**
 * y = max(x, 0), element by element. The derivative at 0 is 0.
 *
 * @example
 * relu();
 */
export const relu = (options: LayerOptions = {}): Relu => ({ type: "relu", ...placed(options) });

/** The ReLU block. */
export const reluBlock = pixelwise<Relu>(
  (g, _, [x]) => g.op("Relu", [x]),
  (fields) => relu(fields.placed()),
);

/** A softmax over the channels. */
export interface Softmax extends LayerBase {
  readonly type: "softmax";
}

/**
 * y[c] = exp(x[c] − m) / Σ_q exp(x[q] − m) with m = max x, over the channels at each pixel. Backward: dx = y · (dy − Σ dy·y).
 *
 * @example
 * softmax();
 */
export const softmax = (options: LayerOptions = {}): Softmax => ({ type: "softmax", ...placed(options) });

/** The softmax block. */
export const softmaxBlock = pixelwise<Softmax>(
  (g, _, [x]) => g.op("Softmax", [x], { axis: 1 }),
  (fields) => softmax(fields.placed()),
);
