import type { Block } from "./block.js";
import { type Conv, convBlock } from "./conv.js";
import {
  type Relu,
  reluBlock,
  type Softmax,
  type SoftmaxLogLoss,
  softmaxBlock,
  softmaxLogLossBlock,
} from "./pixelwise.js";
import { type Pool, poolBlock } from "./pool.js";

/** A layer of a network: a plain object that serialises to JSON. */
export type Layer = Conv | Pool | Relu | Softmax | SoftmaxLogLoss;

const BLOCKS: { readonly [T in Layer["type"]]: Block<Extract<Layer, { type: T }>> } = {
  conv: convBlock,
  pool: poolBlock,
  relu: reluBlock,
  softmax: softmaxBlock,
  softmaxLogLoss: softmaxLogLossBlock,
};

/** The behaviour that belongs to a layer's type. */
export const blockOf = (layer: Layer): Block<Layer> => BLOCKS[layer.type];
