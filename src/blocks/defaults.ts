/** What a layer in JSON may leave out: the defaults of the function that makes it. */

import { elu, leakyRelu } from "./activation/activation.js";
import { concat } from "./combining/combine.js";
import { pairwiseDistance } from "./combining/pairwise-distance.js";
import { scale } from "./combining/scale.js";
import { conv } from "./convolution/conv.js";
import { convTranspose } from "./convolution/conv-transpose.js";
import { dropout } from "./dropout/dropout.js";
import type { Layer } from "./layer.js";
import { softmaxLogLoss } from "./loss/loss.js";
import { batchNorm } from "./normalization/batch-norm.js";
import { localResponseNorm } from "./normalization/local-norm.js";
import { lpNorm } from "./normalization/norm.js";
import { maxPool } from "./pooling/pool.js";
import { roiPool } from "./pooling/roi-pool.js";

const { support: _, filters: __, ...convolution } = conv(1, 1);
const { support: ___, filters: ____, ...transposed } = convTranspose(1, 1);
const { support: _____, method: ______, ...pooling } = maxPool(1);
// The weight of a loss depends on which one it is.
const { loss: _______, weight: ________, ...loss } = softmaxLogLoss();

const DEFAULTS: { readonly [T in Layer["type"]]?: Partial<Extract<Layer, { type: T }>> } = {
  batchNorm: batchNorm(),
  concat: concat(),
  conv: convolution,
  convTranspose: transposed,
  dropout: dropout(),
  elu: elu(),
  leakyRelu: leakyRelu(),
  localResponseNorm: localResponseNorm(),
  loss,
  lpNorm: lpNorm(),
  pairwiseDistance: pairwiseDistance(),
  pool: pooling,
  roiPool: roiPool(),
  scale: scale(),
};

/** The fields of a layer of a type that may be left out, with their values. */
export const defaultsOf = (type: Layer["type"]): object => DEFAULTS[type] ?? {};
