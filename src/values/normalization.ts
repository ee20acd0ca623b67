import type { ImageShape } from "./image-shape.js";
import { either, type Kind, list, number } from "./kind.js";
import { optional, record, required } from "./record.js";

/** How bytes of an image become the numbers that a network takes: y = (byte − mean) · scale. */
export interface Normalization {
  /** from 0 to 255: one number for each channel, or for each of the C×H×W bytes of an image of the network's own size, a mean image */
  readonly mean: readonly number[];
  /** one for all channels, or one for each: one over the deviation */
  readonly scale: number | readonly number[];
}

/** Whether the mean is an image, which fits images of the network's own size only. */
export const hasMeanImage = ({ mean }: Normalization, { channels }: ImageShape): boolean => mean.length > channels;

/**
 * The scale of one of the channels.
 *
 * @param channel from 0
 * @example
 * scaleOf({ scale: [0.5, 0.25] }, 1); // 0.25
 * scaleOf({ scale: 0.5 }, 1); // 0.5
 */
export const scaleOf = ({ scale }: Pick<Normalization, "scale">, channel: number): number =>
  typeof scale === "number" ? scale : scale[channel];

const SCALE: Kind<number | readonly number[]> = either(
  "a finite number, or a list of them, one for each channel",
  (value): Kind<number | readonly number[]> | undefined =>
    Array.isArray(value) ? list(number(), 1) : typeof value === "number" ? number() : undefined,
);

/** A normalisation as JSON has it; a mean image may stand elsewhere. */
export const NORMALIZATION = record({ mean: optional(list(number())), scale: required(SCALE) });
