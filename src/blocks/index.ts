/** The blocks that networks are made of: `bellpepper/blocks`. */

export {
  type Elu,
  elu,
  type Gelu,
  gelu,
  type LeakyRelu,
  leakyRelu,
  type Sigmoid,
  type Softplus,
  sigmoid,
  softplus,
  type Tanh,
  tanh,
} from "./activation.js";
export type { ImageShape, Initialization, ParameterSpec } from "./block.js";
export { type Conv, type ConvOptions, conv } from "./conv.js";
export type { Layer } from "./layer.js";
export { type Relu, relu, type Softmax, type SoftmaxLogLoss, softmax, softmaxLogLoss } from "./pixelwise.js";
export { averagePool, maxPool, type Pool, type PoolOptions } from "./pool.js";
