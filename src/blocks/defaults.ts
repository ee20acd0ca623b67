/** What a layer in JSON may leave out: the defaults of the function that makes it. */

import { elu, leakyRelu } from "./activation.js";
import { batchNorm } from "./batch-norm.js";
import { concat } from "./combine.js";
import { conv } from "./conv.js";
import { convTranspose } from "./conv-transpose.js";
import { dropout } from "./dropout.js";
import type { Layer } from "./layer.js";
import { localResponseNorm } from "./local-norm.js";
import { softmaxLogLoss } from "./loss.js";
import { lpNorm } from "./norm.js";
import { pairwiseDistance } from "./pairwise-distance.js";
import { maxPool } from "./pool.js";
import { roiPool } from "./roi-pool.js";
import { scale } from "./scale.js";

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
