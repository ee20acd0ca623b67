/** What the decoder of a family of picture formats can do. */

import type { Ranges } from "../../../values/number-ranges.js";
import type { Preprocessing, Resampling } from "../../../values/preprocessing.js";
import type { Box } from "../../sources/dataset.js";
import type { Image } from "../image.js";
import type { Size } from "../picture-size.js";

/** A colour of CSS, behind what is transparent; "none": it is not, and has the colours that the file has for it. */
export type Ground = string;

/** What size a picture gets, and how. */
export interface Arrangement extends Size, Pick<Preprocessing, "fit" | "border"> {
  /** "lanczos3" unless given */
  readonly resampling?: Resampling;
}

/** What becomes of a picture when it is decoded. */
export interface Decoding {
  /** 1 for grey, 3 for red, green, blue */
  readonly channels: 1 | 3;
  /** the part of it that is meant, after a camera's rotation; all of it unless given */
  readonly box?: Box;
  /** the size that it gets, by Lanczos resampling unless another rule is given; its own unless given */
  readonly size?: Arrangement;
  /** what transparent parts become; white unless given */
  readonly ground?: Ground;
  /** the channels from last to first */
  readonly order?: "rgb" | "bgr" | undefined;
  /** of pictures whose numbers are no bytes, which are black and which white; found for each by itself unless given (see `rangeFor`) */
  readonly ranges?: Ranges;
  /** of sounds: samples a second, of which its two rows are made (see `bytesOfSamples`); the picture of its spectrogram unless given */
  readonly rate?: number | undefined;
  /** is called when a picture has numbers beyond its range, which are cut off */
  readonly onCut?: () => void;
}

/** What the preprocessing of a model does to a picture. */
export const decodingOf = (preprocessing: Preprocessing): Decoding => {
  const { channels, ranges, background, order, rate } = preprocessing;
  const ground = GROUNDS[background];
  return { channels, size: preprocessing, ranges, ...(ground === undefined ? {} : { ground }), order, rate };
};

/** What transparent parts become, by how a model says it. */
const GROUNDS = { white: undefined, black: "#000000", none: "none" } as const satisfies Record<
  Preprocessing["background"],
  Ground | undefined
>;

/** A picture in a file: the file's path, or its bytes. */
export type PictureFile = string | Uint8Array;

/** How a picture's file is opened. */
export interface Opening {
  /** the page of a file that has several, from 0; the first */
  readonly page?: number;
  /** which of the pages inside of the first, from 0; the first itself unless given */
  readonly inside?: number;
  /** whether it may have any number of pixels, because only parts of it are decoded; 268 million at most otherwise */
  readonly huge?: boolean;
  /** whether what each pixel has beside its colours is no opacity: it is left out */
  readonly bare?: boolean;
}

/** What the head of a picture's file says. */
export interface PictureMetadata {
  /** the format as its decoder calls it, whatever the file's ending: "jpeg", "png", … */
  readonly format: string;
  /** after a camera's rotation */
  readonly width: number;
  readonly height: number;
  /** whether the file says that it is grey; one of colours may look grey all the same */
  readonly grey: boolean;
  /** bits of a channel; 8 for fewer */
  readonly depth: number;
  /** whether parts of it may be transparent */
  readonly alpha: boolean;
  /** whether it comes in passes (interlaced, progressive): to decode a part, all of it must be in memory */
  readonly inPasses?: boolean;
  /** how many pages or frames it has */
  readonly pages: number;
  /** of sounds: samples a second; then the width is how many samples it has */
  readonly rate?: number;
}

/** Decodes a family of picture formats. Both reject with an error of their own where the file is none of these or is broken. */
export interface Decoder {
  /** What the file's head says. Its pixels are not decoded. */
  metadata(file: PictureFile, opening?: Opening): Promise<PictureMetadata>;
  /**
   * Decodes a picture, or the part of it in a box: of a format with tiles only those that the box touches.
   *
   * Transparent parts become white, a camera's rotation (EXIF) is applied, numbers that are no bytes become bytes by their range, other colour
   * spaces become sRGB; one channel is 0.299 R + 0.587 G + 0.114 B.
   *
   * @throws RangeError when the box reaches beyond the picture, or the picture's numbers are of a kind that the given ranges do not have
   */
  decode(file: PictureFile, decoding: Decoding, opening?: Opening): Promise<Image>;
}
