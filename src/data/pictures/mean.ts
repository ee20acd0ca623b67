import type { Normalization } from "../../values/normalization.js";
import type { Samples } from "../samples.js";

/** The mean and the deviation of pictures' bytes, 0 … 255. */
export interface PixelStatistics {
  /** the mean over all pixels and channels */
  readonly pixel: number;
  /** the mean of each channel */
  readonly channel: readonly number[];
  /** the mean picture, C×H×W */
  readonly image: Float32Array;
  /** the deviation of all bytes from `pixel` */
  readonly pixelDeviation: number;
  /** the deviation of all bytes from the mean of their channel */
  readonly channelDeviation: number;
  /** the deviation of all bytes from the mean picture */
  readonly imageDeviation: number;
}

/** Pictures that are prepared at a time. */
const BATCH = 256;

/**
 * The mean pixel, the mean of each channel, the mean picture, and deviations, in one pass over the samples, which should be those of
 * the training part only.
 *
 * With n bytes x of mean m, the deviation is √(Σx²/n − m²). The sums are of whole numbers, and exact up to 2⁵³.
 *
 * @throws RangeError when there is no sample
 * @example
 * const { pixel } = await pixelStatistics(letters.training);
 * pixel; // equals letterMean
 */
export async function pixelStatistics(samples: Samples): Promise<PixelStatistics> {
  const { count, shape } = samples;
  if (count < 1) throw new RangeError("There is no mean of no samples.");
  const area = shape.height * shape.width;
  const size = shape.channels * area;
  const sums = new Float64Array(size);
  const squares = new Float64Array(shape.channels);
  const picture = new Uint8Array(size);
  for (let start = 0; start < count; start += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, count - start) }, (_, i) => start + i);
    await samples.prepare?.(indices, 0);
    for (const index of indices) {
      samples.read(index, 0, picture, 0);
      for (let c = 0; c < shape.channels; c++) {
        let square = 0;
        for (let i = c * area; i < (c + 1) * area; i++) {
          sums[i] += picture[i];
          square += picture[i] * picture[i];
        }
        squares[c] += square;
      }
    }
  }
  const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
  const n = count * area;
  const channel = Array.from(squares, (_, c) => total(sums.subarray(c * area, (c + 1) * area)) / n);
  const pixel = total(sums) / (n * shape.channels);
  const meanSquare = total(squares) / (n * shape.channels);
  const ofChannels = channel.reduce((sum, m) => sum + m * m, 0) / shape.channels;
  const ofImage = sums.reduce((sum, s) => sum + (s / count) ** 2, 0) / size;
  return {
    pixel,
    channel,
    image: Float32Array.from(sums, (sum) => sum / count),
    imageDeviation: Math.sqrt(Math.max(0, meanSquare - ofImage)),
    pixelDeviation: Math.sqrt(Math.max(0, meanSquare - pixel * pixel)),
    channelDeviation: Math.sqrt(Math.max(0, meanSquare - ofChannels)),
  };
}

/** What is taken away from pictures: one number from all, one from each channel, or a picture. */
export const MEANS = ["channel", "pixel", "image"] as const;

/** The options of {@link normalizationOf}; every one has a default. */
export interface NormalizationOptions {
  /**
   * What is taken away: the mean of each "channel" (default), of all as one "pixel", or the mean "image". With a mean image, the model
   * takes pictures of its own size only.
   */
  readonly mean?: (typeof MEANS)[number];
  /** what the rest is multiplied by; one over the deviation from that mean */
  readonly scale?: number;
}

/**
 * The normalisation that gives samples mean 0 and, unless a scale is given, deviation 1: the mean of each channel, of all of them, or of
 * each byte of the picture, and one over the deviation from it. Pictures that are all the same have no deviation; their scale is 1/255.
 *
 * @param samples those that are trained on, and no others: validation and test must not be looked at
 * @throws RangeError when there is no sample
 * @example
 * const { mean } = await normalizationOf(letters.training);
 * mean; // equals [letterMean]
 */
export async function normalizationOf(
  samples: Samples,
  { mean: kind = "channel", scale }: NormalizationOptions = {},
): Promise<Normalization & { readonly scale: number }> {
  const { pixel, channel, image, ...deviations } = await pixelStatistics(samples);
  const mean = { pixel: channel.map(() => pixel), channel, image: Array.from(image) }[kind];
  return { mean, scale: scale ?? 1 / (deviations[`${kind}Deviation`] || 255) };
}
