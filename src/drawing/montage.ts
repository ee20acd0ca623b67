import type { Image } from "../data/pictures/image.js";
import { fromLast } from "../data/pictures/resize/arrange.js";
import type { Samples } from "../data/samples.js";
import { samplesOfBytes } from "../data/sound/sound-bytes.js";
import { spectrogramPicture } from "../data/sound/spectrogram-picture.js";
import type { Sound } from "../data/sound/wav.js";

/** A sample as a picture; of a sound that of its spectrogram, and what it is of. */
export interface SampleImage extends Image {
  readonly sound?: Sound;
}

/** A picture with gaps that are no part of it. */
export interface Montage extends Image {
  /** row × column: 255 in a picture, 0 in the gaps */
  readonly opaque: Uint8Array;
}

/** The options of {@link montage}; every one has a default. */
export interface MontageOptions {
  /** pictures in a row; as many as make the whole about twice as wide as high */
  readonly columns?: number;
  /** pixels between pictures; 2 */
  readonly spacing?: number;
  /** the grey of the gaps, 0 … 255; white */
  readonly gap?: number;
}

/**
 * Pictures of one size side by side, row after row.
 *
 * @throws RangeError when there are none, or they differ in size
 * @example
 * montage([black, white], { spacing: 1 }).data; // pictures of 1×1 and the gap between them: [0, 255, 255]
 */
export function montage(images: readonly Image[], options: MontageOptions = {}): Montage {
  const [first] = images;
  if (first === undefined) throw new RangeError("A montage needs at least one picture.");
  const { width: w, height: h, channels } = first;
  const other = images.find((image) => image.width !== w || image.height !== h || image.channels !== channels);
  if (other) {
    throw new RangeError(
      `The pictures of a montage must have one size: expected ${channels}×${h}×${w}, got ${other.channels}×${other.height}×${other.width}.`,
    );
  }
  const { columns = Math.ceil(Math.sqrt((2 * images.length * h) / w)), spacing = 2, gap = 255 } = options;
  const across = Math.min(columns, images.length);
  const down = Math.ceil(images.length / across);
  const width = across * (w + spacing) - spacing;
  const height = down * (h + spacing) - spacing;
  const data = new Uint8Array(channels * height * width).fill(gap);
  const opaque = new Uint8Array(height * width);
  images.forEach((image, i) => {
    const left = (i % across) * (w + spacing);
    const top = Math.floor(i / across) * (h + spacing);
    for (let y = 0; y < h; y++) {
      const row = (top + y) * width + left;
      opaque.fill(255, row, row + w);
      for (let c = 0; c < channels; c++) {
        const from = (c * h + y) * w;
        data.set(image.data.subarray(from, from + w), c * height * width + row);
      }
    }
  });
  return { width, height, channels, data, opaque };
}

/**
 * A picture with each pixel a square of so many pixels, or a rectangle.
 *
 * @example
 * enlargeImage(white, 2).data; // [255, 255, 255, 255]
 */
export function enlargeImage({ width, height, channels, data }: Image, across: number, down = across): Image {
  const [w, h] = [width * across, height * down];
  const result = new Uint8Array(channels * h * w);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < h; y++) {
      const from = (c * height + Math.floor(y / down)) * width;
      const to = (c * h + y) * w;
      for (let x = 0; x < w; x++) result[to + x] = data[from + Math.floor(x / across)];
    }
  }
  return { width: w, height: h, channels, data: result };
}

/**
 * A sample as a picture, in red, green, blue; of a sound its spectrogram.
 *
 * @param epoch which pass over the data; jittered samples differ
 * @returns undefined when it has neither one channel nor three
 */
export function sampleImage(samples: Samples, index: number, epoch = 0): SampleImage | undefined {
  const { channels, height, width } = samples.shape;
  if (channels !== 1 && channels !== 3) return undefined;
  const data = new Uint8Array(channels * height * width);
  samples.read(index, epoch, data, 0);
  if (samples.rate !== undefined) {
    const sound = { samples: samplesOfBytes(data, width), rate: samples.rate };
    return { ...spectrogramPicture(sound.samples, sound.rate), sound };
  }
  const image = { width, height, channels, data } as const;
  return samples.order === "bgr" ? fromLast(image) : image;
}
