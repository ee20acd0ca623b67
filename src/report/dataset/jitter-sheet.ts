import type { Image } from "../../data/pictures/image.js";
import type { Samples } from "../../data/samples.js";
import { enlargeImage, montage, sampleImage } from "../../drawing/montage.js";

/** The options of {@link jitterSheet}; every one has a default. */
export interface JitterSheetOptions {
  /** how many samples, evenly among all; 6 */
  readonly count?: number;
  /** how many times each is jittered; 8 */
  readonly copies?: number;
  /** pixels that a picture is wide at least; smaller ones are enlarged by a whole number; 96 */
  readonly width?: number;
}

/**
 * Samples beside what jitter makes of them: a row for each, on the left as it is, then as it looks in the epochs 1, 2, …
 *
 * @throws RangeError when the pictures have neither one channel nor three
 * @example
 * const jitter = jitterPictures(letters.training, JITTER_PRESETS.digits, 1);
 * const sheet = await jitterSheet(letters.training, jitter, { count: 2, copies: 3 });
 * sheet.width; // four pictures of 96 and the spaces between: 396
 */
export async function jitterSheet(
  samples: Samples,
  jittered: Samples,
  { count = 6, copies = 8, width = 96 }: JitterSheetOptions = {},
): Promise<Image> {
  const rows = Math.min(count, samples.count);
  const picked = Array.from({ length: rows }, (_, i) => Math.floor(((i + 0.5) * samples.count) / rows));
  const factor = Math.max(1, Math.ceil(width / samples.shape.width));
  await samples.prepare?.(picked, 0);
  for (let epoch = 1; epoch <= copies; epoch++) await jittered.prepare?.(picked, epoch);
  const shown = (from: Samples, index: number, epoch: number): Image => {
    const picture = sampleImage(from, index, epoch);
    if (!picture) {
      throw new RangeError(`A sheet shows pictures of 1 or 3 channels, got ${from.shape.channels}.`);
    }
    return enlargeImage(picture, factor);
  };
  const pictures = picked.flatMap((index) => [
    shown(samples, index, 0),
    ...Array.from({ length: copies }, (_, i) => shown(jittered, index, i + 1)),
  ]);
  return montage(pictures, { columns: copies + 1, spacing: 4, gap: 200 });
}
