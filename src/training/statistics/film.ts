/** How the first layer's filters change in training. */

import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type Network, withoutLoss } from "../../network/network.js";
import type { Parameters } from "../step/initialize.js";

/** The first layer's filters after an epoch. */
export interface FilmFrame {
  /** 0: before the first */
  readonly epoch: number;
  /** filter × channel × row × column: all, or the first ones */
  readonly filters: Tensor<"float32">;
}

/** So many numbers are kept of an epoch at most: 266 filters of 5×5×3. */
const MOST = 20_000;
/** Up to twice as many epochs, all are kept. */
const ALL = 10;

/**
 * Whether the filters of an epoch are kept: of all up to 19, then of every second, from 40 of every fourth, and so on, as filters change ever less.
 *
 * @example
 * [1, 19, 20, 21, 22, 40, 42].filter(isFilmed); // [1, 19, 20, 22, 40]
 */
export const isFilmed = (epoch: number): boolean =>
  epoch % 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, epoch) / ALL))) === 0;

/** The filters of the first convolution; nothing where they are frozen, or no pictures, as they cover neither one channel nor three. */
export function filmFrame(network: Network, parameters: Parameters, epoch: number): FilmFrame | undefined {
  const first = withoutLoss(network).layers.find(({ layer }) => layer.type === "conv");
  const all = first && parameters.get(first.parameters[0].name);
  if (!first || !all || first.layer.frozen === true) return undefined;
  const [count, channels, height, width] = all.shape;
  const size = channels * height * width;
  if ((channels !== 1 && channels !== 3) || size > MOST) return undefined;
  const few = Math.min(count, Math.floor(MOST / size));
  return { epoch, filters: float32(all.data.slice(0, few * size), [few, channels, height, width]) };
}
