import type { Image } from "../../data/pictures/image.js";
import type { TrainedModel } from "../../network/model/model.js";

/** The filters of a network's first convolution as pictures. */
export interface FilterPictures {
  /** the name of the layer */
  readonly layer: string;
  readonly images: readonly Image[];
}

/**
 * The filters of the first convolution, each scaled to its own range as MatConvNet's `vl_imarraysc` does it: its smallest
 * weight is black, its largest white, 255·(w − min)/(max − min) rounded; a filter of equal weights is black.
 *
 * @returns undefined where filters are no pictures: the network has no convolution, or its first one covers neither one
 *   channel nor three
 */
export function filterPictures({ network, parameters }: TrainedModel): FilterPictures | undefined {
  const first = network.layers.find(({ layer }) => layer.type === "conv");
  const filters = first && parameters.get(first.parameters[0].name);
  if (!filters) return undefined;
  const [count, channels, height, width] = filters.shape;
  if (channels !== 1 && channels !== 3) return undefined;
  const size = channels * height * width;
  const images = Array.from({ length: count }, (_, i): Image => {
    const weights = filters.data.subarray(i * size, (i + 1) * size);
    const [low, high] = [Math.min(...weights), Math.max(...weights)];
    const data = Uint8Array.from(weights, (w) => (high > low ? Math.round((255 * (w - low)) / (high - low)) : 0));
    return { width, height, channels, data };
  });
  return { layer: first.name, images };
}
