/** The blocks that have no window and no parameters: what they share, and ReLU, softmax and its loss. */

import { type Block, type LayerBase, PIXEL } from "./block.js";

/** The optional name of a layer, as a field that is left out where there is none. */
export const named = (name: string | undefined): { name?: string } => (name === undefined ? {} : { name });

/** A block whose output has its input's shape and that learns nothing. */
export function pixelwise<L extends LayerBase>(build: Block<L>["build"]): Block<L> {
  return {
    outputShape: (_, input) => input,
    parameters: () => [],
    window: () => PIXEL,
    multiplyAdds: () => 0,
    build,
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
export const relu = (name?: string): Relu => ({ type: "relu", ...named(name) });

/** The ReLU block. */
export const reluBlock = pixelwise<Relu>((g, _, x) => g.op("Relu", [x]));

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
export const softmax = (name?: string): Softmax => ({ type: "softmax", ...named(name) });

/** The softmax block. */
export const softmaxBlock = pixelwise<Softmax>((g, _, x) => g.op("Softmax", [x], { axis: 1 }));

/** The softmax log-loss, which ends a network that is to be trained. */
export interface SoftmaxLogLoss extends LayerBase {
  readonly type: "softmaxLogLoss";
}

/**
 * ℓ = −log softmax(x)[label] = m + log Σ_q exp(x[q] − m) − x[label], summed over the pixels, averaged over the images of a batch.
 * Backward: dx = (softmax(x) − onehot(label)) / N.
 * It stands last in a network. In training it is the objective; a model made for use has a softmax in its place.
 *
 * @example
 * softmaxLogLoss();
 */
export const softmaxLogLoss = (name?: string): SoftmaxLogLoss => ({ type: "softmaxLogLoss", ...named(name) });

/** The loss as a layer of a model made for use: the probabilities. The objective is built by training/objective.ts. */
export const softmaxLogLossBlock = pixelwise<SoftmaxLogLoss>((g, _, x) => g.op("Softmax", [x], { axis: 1 }));
