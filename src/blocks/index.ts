/** The blocks that networks are made of: `bellpepper/blocks`. */

export type { Window } from "../graph/window.js";
export type { ImageShape } from "../values/image-shape.js";
export {
  type Clipping,
  clip,
  type Elu,
  elu,
  type Gelu,
  gelu,
  type HardSigmoid,
  type HardSwish,
  hardSigmoid,
  hardSwish,
  type LeakyRelu,
  leakyRelu,
  type Relu,
  relu,
  relu6,
  type Sigmoid,
  type Silu,
  type Softmax,
  type Softplus,
  sigmoid,
  silu,
  softmax,
  softplus,
  type Tanh,
  tanh,
} from "./activation/activation.js";
export {
  type Behaviour,
  type BuildMode,
  type Field,
  FOR_USE,
  type Initialization,
  type LayerBase,
  type LayerFactory,
  type LayerOptions,
  type ParameterOptions,
  type ParameterSpec,
} from "./block.js";
export { type Concat, type ConcatAxis, concat, type Sum, sum } from "./combining/combine.js";
export { type Crop, type CropLike, crop, cropLike } from "./combining/crop.js";
export { type PadChannels, type PadChannelsOptions, padChannels } from "./combining/pad-channels.js";
export {
  type PairwiseDistance,
  type PairwiseDistanceOptions,
  pairwiseDistance,
} from "./combining/pairwise-distance.js";
export { gate, type Scale, type ScaleOptions, scale } from "./combining/scale.js";
export { type Conv, type ConvOptions, conv } from "./convolution/conv.js";
export { type ConvTranspose, type ConvTransposeOptions, convTranspose } from "./convolution/conv-transpose.js";
export type { OwnName } from "./definitions.js";
export { type Dropout, dropNumbers, dropout } from "./dropout/dropout.js";
export { type GraphLayer, type GraphLayerOptions, graphLayer } from "./graph/graph-layer.js";
export { defineBlock, type Layer, type OwnLayer } from "./layer.js";
export { binaryError, binaryLogLoss, hingeLoss, type LossOptions, logisticLoss } from "./loss/attribute-losses.js";
export {
  type ClassLossOptions,
  classError,
  logLoss,
  multiclassHingeLoss,
  softmaxLogLoss,
  structuredHingeLoss,
  topKError,
} from "./loss/class-losses.js";
export { activityLoss, gaussianLoss, sparsityLoss } from "./loss/code-losses.js";
export type { Compared, LossBehaviour, Statistic, TruthOf } from "./loss/declare-loss.js";
export { defineLoss, type Loss, type LossName, type OwnLoss } from "./loss/loss.js";
export { type Metric, metricNamed } from "./loss/metrics.js";
export { type CtcLossOptions, ctcLoss } from "./loss/sequence-losses.js";
export type { Labels } from "./loss/truth.js";
export { huberLoss, l1Loss, l2Loss, softmaxCrossEntropyLoss } from "./loss/value-losses.js";
export { type DrawCode, drawCode } from "./noise/draw-code.js";
export { type Blank, blank, type Noise, noise, normalNumbers } from "./noise/noise.js";
export { type BatchNorm, type BatchNormOptions, batchNorm } from "./normalization/batch-norm.js";
export { type LayerNorm, type LayerNormOptions, layerNorm } from "./normalization/layer-norm.js";
export {
  type LocalResponseNorm,
  type LocalResponseNormOptions,
  localResponseNorm,
  type SpatialNorm,
  type SpatialNormOptions,
  spatialNorm,
} from "./normalization/local-norm.js";
export {
  type LpNorm,
  type LpNormOptions,
  lpNorm,
  type NormOffset,
  type NormOffsetOptions,
  normOffset,
} from "./normalization/norm.js";
export { type GlobalPool, globalAveragePool, globalMaxPool } from "./pooling/global-pool.js";
export { averagePool, maxPool, type Pool, type PoolOptions } from "./pooling/pool.js";
export { type RoiPool, type RoiPoolOptions, roiPool } from "./pooling/roi-pool.js";
export { type MaxUnpool, maxUnpool } from "./pooling/unpool.js";
export {
  type Elman,
  type ElmanOptions,
  elman,
  type Gru,
  type GruOptions,
  gru,
  type Lstm,
  type LstmOptions,
  lstm,
} from "./recurrent/recurrent.js";
export { type RecurrentConv, type RecurrentConvOptions, recurrentConv } from "./recurrent/recurrent-conv.js";
export { type BilinearSampler, bilinearSampler } from "./sampling/bilinear-sampler.js";
export { type AffineGrid, affineGrid, type GridOptions, type ScalingGrid, scalingGrid } from "./sampling/grid.js";
export { type Upsample, upsample } from "./sampling/upsample.js";
export { type Dct, dct } from "./sound/dct.js";
export { type LogMel, type LogMelOptions, logMel } from "./sound/log-mel.js";
export { type SamplesLayer, samples } from "./sound/samples.js";
