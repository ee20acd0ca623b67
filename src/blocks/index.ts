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
export { type BatchNorm, type BatchNormOptions, batchNorm } from "./batch-norm.js";
export { type BilinearSampler, bilinearSampler } from "./bilinear-sampler.js";
export type { Field, ImageShape, Initialization, LayerOptions, ParameterSpec } from "./block.js";
export { type PadChannels, type PadChannelsOptions, padChannels } from "./border.js";
export { type Concat, type ConcatAxis, concat, type Sum, sum } from "./combine.js";
export { type Conv, type ConvOptions, conv } from "./conv.js";
export { type ConvTranspose, type ConvTransposeOptions, convTranspose } from "./conv-transpose.js";
export { type Crop, type CropLike, crop, cropLike } from "./crop.js";
export { type Dropout, dropout } from "./dropout.js";
export { type GlobalPool, globalAveragePool, globalMaxPool } from "./global-pool.js";
export { type AffineGrid, affineGrid, type GridOptions, type ScalingGrid, scalingGrid } from "./grid.js";
export type { Layer } from "./layer.js";
export {
  type LocalResponseNorm,
  type LocalResponseNormOptions,
  localResponseNorm,
  type SpatialNorm,
  type SpatialNormOptions,
  spatialNorm,
} from "./local-norm.js";
export {
  binaryError,
  binaryLogLoss,
  type ClassLossOptions,
  classError,
  hingeLoss,
  huberLoss,
  type Loss,
  type LossKind,
  type LossOptions,
  l1Loss,
  l2Loss,
  logisticLoss,
  logLoss,
  multiclassHingeLoss,
  softmaxCrossEntropyLoss,
  softmaxLogLoss,
  structuredHingeLoss,
  topKError,
} from "./loss.js";
export {
  type LpNorm,
  type LpNormOptions,
  lpNorm,
  type NormOffset,
  type NormOffsetOptions,
  normOffset,
} from "./norm.js";
export { type PairwiseDistance, type PairwiseDistanceOptions, pairwiseDistance } from "./pairwise-distance.js";
export { type Relu, relu, type Softmax, softmax } from "./pixelwise.js";
export { averagePool, maxPool, type Pool, type PoolOptions } from "./pool.js";
export { type RoiPool, type RoiPoolOptions, roiPool } from "./roi-pool.js";
export { type Scale, type ScaleOptions, scale } from "./scale.js";
