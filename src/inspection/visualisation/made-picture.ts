/** Pictures that are made to make a network say something. */

import type { TrainedModel } from "../../network/model/model.js";
import { meanTensor } from "../../network/model/normalization.js";
import { inputOf } from "../../network/network.js";

/** How far the making of pictures is, in steps, and those that are done. */
export interface PictureRun<Made> {
  readonly done: number;
  readonly of: number;
  readonly made: readonly Made[];
}

/** The picture that the network sees as nothing: its mean, C×H×W. */
export function groundOf({ network, normalization }: TrainedModel): Float32Array {
  const shape = inputOf(network);
  const area = shape.height * shape.width;
  const { data } = meanTensor(normalization, shape);
  if (data.length === shape.channels * area) return Float32Array.from(data);
  return Float32Array.from({ length: shape.channels * area }, (_, i) => data[Math.floor(i / area)]);
}
