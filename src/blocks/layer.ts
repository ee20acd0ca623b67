import * as activation from "./activation/activation.js";
import type { Block } from "./block.js";
import { type Concat, concatBlock, type Sum, sumBlock } from "./combining/combine.js";
import { type Crop, type CropLike, cropBlock, cropLikeBlock } from "./combining/crop.js";
import { type PadChannels, padChannelsBlock } from "./combining/pad-channels.js";
import { type PairwiseDistance, pairwiseDistanceBlock } from "./combining/pairwise-distance.js";
import { type Scale, scaleBlock } from "./combining/scale.js";
import { type Conv, convBlock } from "./convolution/conv.js";
import { type ConvTranspose, convTransposeBlock } from "./convolution/conv-transpose.js";
import { defaultsOf } from "./defaults.js";
import { type Dropout, dropoutBlock } from "./dropout/dropout.js";
import type { Fields } from "./fields.js";
import { type Loss, lossBlock } from "./loss/loss.js";
import { type BatchNorm, batchNormBlock } from "./normalization/batch-norm.js";
import * as localNorm from "./normalization/local-norm.js";
import * as norm from "./normalization/norm.js";
import { type Relu, reluBlock, type Softmax, softmaxBlock } from "./pixelwise.js";
import { type GlobalPool, globalPoolBlock } from "./pooling/global-pool.js";
import { type Pool, poolBlock } from "./pooling/pool.js";
import { type RoiPool, roiPoolBlock } from "./pooling/roi-pool.js";
import { type BilinearSampler, bilinearSamplerBlock } from "./sampling/bilinear-sampler.js";
import { type AffineGrid, affineGridBlock, type ScalingGrid, scalingGridBlock } from "./sampling/grid.js";

/** A layer of a network: a plain object that serialises to JSON. */
export type Layer =
  | Conv
  | Pool
  | GlobalPool
  | Sum
  | Concat
  | PadChannels
  | Scale
  | Crop
  | CropLike
  | ConvTranspose
  | PairwiseDistance
  | BilinearSampler
  | AffineGrid
  | ScalingGrid
  | RoiPool
  | BatchNorm
  | localNorm.LocalResponseNorm
  | localNorm.SpatialNorm
  | norm.LpNorm
  | norm.NormOffset
  | Dropout
  | Relu
  | activation.LeakyRelu
  | activation.Softplus
  | activation.Sigmoid
  | activation.Tanh
  | activation.Elu
  | activation.Gelu
  | Softmax
  | Loss;

const BLOCKS: { readonly [T in Layer["type"]]: Block<Extract<Layer, { type: T }>> } = {
  conv: convBlock,
  pool: poolBlock,
  globalPool: globalPoolBlock,
  sum: sumBlock,
  concat: concatBlock,
  padChannels: padChannelsBlock,
  scale: scaleBlock,
  crop: cropBlock,
  cropLike: cropLikeBlock,
  convTranspose: convTransposeBlock,
  pairwiseDistance: pairwiseDistanceBlock,
  bilinearSampler: bilinearSamplerBlock,
  affineGrid: affineGridBlock,
  scalingGrid: scalingGridBlock,
  roiPool: roiPoolBlock,
  batchNorm: batchNormBlock,
  localResponseNorm: localNorm.localResponseNormBlock,
  spatialNorm: localNorm.spatialNormBlock,
  lpNorm: norm.lpNormBlock,
  normOffset: norm.normOffsetBlock,
  dropout: dropoutBlock,
  relu: reluBlock,
  leakyRelu: activation.leakyReluBlock,
  softplus: activation.softplusBlock,
  sigmoid: activation.sigmoidBlock,
  tanh: activation.tanhBlock,
  elu: activation.eluBlock,
  gelu: activation.geluBlock,
  softmax: softmaxBlock,
  loss: lossBlock,
};

/** The behaviour that belongs to a layer's type. */
export const blockOf = (layer: Layer): Block<Layer> => BLOCKS[layer.type];

const isLayerType = (type: string): type is Layer["type"] => Object.hasOwn(BLOCKS, type);

/**
 * The layer that JSON holds. What the function that makes such a layer has a default for may be left out, and one number may stand
 * for both axes or all four sides: `{ "type": "conv", "support": 5, "filters": 20 }`.
 *
 * @throws TypeError when a field is missing or of the wrong type
 * @throws RangeError when an option is out of range
 */
export function layerFrom(fields: Fields): Layer {
  const type = fields.text("type");
  if (!isLayerType(type)) throw fields.wrong("type", `one of ${Object.keys(BLOCKS).join(", ")}`);
  try {
    return BLOCKS[type].read(fields.over(defaultsOf(type)));
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(`${fields.where}: ${error.message}`) : error;
  }
}
