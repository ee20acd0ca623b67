import type { ImageShape } from "./image-shape.js";
import { list, number } from "./kind.js";
import { optional, record, required } from "./record.js";

/** How bytes of an image become the numbers that a network takes: y = (byte − mean) · scale. */
export interface Normalization {
  /** from 0 to 255: one number for each channel, or for each of the C×H×W bytes of an image of the network's own size, a mean image */
  readonly mean: readonly number[];
  readonly scale: number;
}

/** Whether the mean is an image, which fits images of the network's own size only. */
export const hasMeanImage = ({ mean }: Normalization, { channels }: ImageShape): boolean => mean.length > channels;

/** A normalisation as JSON has it; a mean image may stand elsewhere. */
export const NORMALIZATION = record({ mean: optional(list(number())), scale: required(number()) });
