import * as activation from "./activation.js";
import { type BatchNorm, batchNormBlock } from "./batch-norm.js";
import { type BilinearSampler, bilinearSamplerBlock } from "./bilinear-sampler.js";
import type { Block } from "./block.js";
import { type PadChannels, padChannelsBlock } from "./border.js";
import { type Concat, concatBlock, type Sum, sumBlock } from "./combine.js";
import { type Conv, convBlock } from "./conv.js";
import { type ConvTranspose, convTransposeBlock } from "./conv-transpose.js";
import { type Crop, type CropLike, cropBlock, cropLikeBlock } from "./crop.js";
import { defaultsOf } from "./defaults.js";
import { type Dropout, dropoutBlock } from "./dropout.js";
import type { Fields } from "./fields.js";
import { type GlobalPool, globalPoolBlock } from "./global-pool.js";
import { type AffineGrid, affineGridBlock, type ScalingGrid, scalingGridBlock } from "./grid.js";
import * as localNorm from "./local-norm.js";
import { type Loss, lossBlock } from "./loss.js";
import * as norm from "./norm.js";
import { type PairwiseDistance, pairwiseDistanceBlock } from "./pairwise-distance.js";
import { type Relu, reluBlock, type Softmax, softmaxBlock } from "./pixelwise.js";
import { type Pool, poolBlock } from "./pool.js";
import { type RoiPool, roiPoolBlock } from "./roi-pool.js";
import { type Scale, scaleBlock } from "./scale.js";

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
