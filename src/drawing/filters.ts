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
 */
export function filterPictures(model: TrainedModel, range: FilterRange = "own"): FilterPictures | undefined {
  const first = firstFilters(model);
  if (!first) return undefined;
  const [count, channels, height, width] = first.filters.shape;
  if (channels !== 1 && channels !== 3) return undefined;
  const size = channels * height * width;
  const all = rangeOf(first.filters.data);
  const images = Array.from({ length: count }, (_, i): Image => {
    const weights = first.filters.data.subarray(i * size, (i + 1) * size);
    const [low, high] = range === "own" ? rangeOf(weights) : all;
    const data = Uint8Array.from(weights, (w) => (high > low ? Math.round((255 * (w - low)) / (high - low)) : 0));
    return { width, height, channels, data };
  });
  return { layer: first.layer, images };
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
