import type { Image } from "../data/pictures/image.js";
import type { Tensor } from "../graph/types.js";
import type { TrainedModel } from "../network/model/model.js";
import { rangeOf } from "./value-image.js";

/** The filters of a network's first convolution as pictures. */
export interface FilterPictures {
  /** the name of the layer */
  readonly layer: string;
  readonly images: readonly Image[];
}

/** Which weights are black and white: each filter's own smallest and largest, or those of all. */
export type FilterRange = "own" | "common";

/**
 * The filters of the first convolution, each scaled to its own range as MatConvNet's `vl_imarraysc` does it: its smallest
 * weight is black, its largest white, 255·(w − min)/(max − min) rounded; a filter of equal weights is black. With a common range, the smallest weight of all is black and the
 * largest white, so that filters can be compared.
 *
 * @returns undefined where filters are no pictures: the network has no convolution, or its first one covers neither one
 *   channel nor three
 * @example
 * filterPictures(model)?.images.length; // the letter network has 20
 */
export function filterPictures(model: TrainedModel, range: FilterRange = "own"): FilterPictures | undefined {
  const first = firstFilters(model);
  if (!first) return undefined;
  const [, channels] = first.filters.shape;
  if (channels !== 1 && channels !== 3) return undefined;
  return { layer: first.layer, images: filterImages(first.filters, range) };
}

/**
 * Filters as pictures, as {@link filterPictures} scales them.
 *
 * @param filters filter × channel × row × column, with one channel or three
 * @example
 * filterImages(float32([-1, 0, 1, 2], [1, 1, 2, 2]))[0].data; // [0, 85, 170, 255]
 */
export function filterImages(filters: Tensor<"float32">, range: FilterRange = "own"): Image[] {
  const { shape, data: all } = filters;
  const [count, channels, height, width] = shape;
  const size = channels * height * width;
  const whole = rangeOf(all);
  return Array.from({ length: count }, (_, i): Image => {
    const weights = all.subarray(i * size, (i + 1) * size);
    const [low, high] = range === "own" ? rangeOf(weights) : whole;
    const data = Uint8Array.from(weights, (w) => (high > low ? Math.round((255 * (w - low)) / (high - low)) : 0));
    return { width, height, channels: channels === 3 ? 3 : 1, data };
  });
}

/** The filters of a network's first convolution: filter × channel × row × column; undefined where it has none. */
export function firstFilters({
  network,
  parameters,
}: TrainedModel): { readonly layer: string; readonly filters: Tensor<"float32"> } | undefined {
  const first = network.layers.find(({ layer }) => layer.type === "conv");
  const filters = first && parameters.get(first.parameters[0].name);
  return filters && { layer: first.name, filters };
}
