import * as activation from "./activation.js";
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
export type Layer =
  | Conv
  | Pool
  | Relu
  | activation.LeakyRelu
  | activation.Softplus
  | activation.Sigmoid
  | activation.Tanh
  | activation.Elu
  | activation.Gelu
  | Softmax
  | SoftmaxLogLoss;

const BLOCKS: { readonly [T in Layer["type"]]: Block<Extract<Layer, { type: T }>> } = {
  conv: convBlock,
  pool: poolBlock,
  relu: reluBlock,
  leakyRelu: activation.leakyReluBlock,
  softplus: activation.softplusBlock,
  sigmoid: activation.sigmoidBlock,
  tanh: activation.tanhBlock,
  elu: activation.eluBlock,
  gelu: activation.geluBlock,
  softmax: softmaxBlock,
  softmaxLogLoss: softmaxLogLossBlock,
};

/** The behaviour that belongs to a layer's type. */
export const blockOf = (layer: Layer): Block<Layer> => BLOCKS[layer.type];
