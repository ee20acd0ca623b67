import type { Image } from "../../data/pictures/image.js";
import type { Size } from "../../data/pictures/picture-size.js";

/** How a page shows the pictures of a data set: all at one size. */
export interface Thumbnails extends Size {
  /** so many pixels of the page is one of theirs wide */
  readonly factor: number;
  /** whether each pixel is kept as it is */
  readonly lossless: boolean;
}

/** Small pictures are shown pixel by pixel, as large squares; others 96 pixels long. */
export function thumbnailsFor({ width, height }: Size): Thumbnails {
  const longest = Math.max(width, height);
  if (longest <= 64) return { width, height, factor: Math.max(1, Math.floor(72 / longest)), lossless: true };
  const scale = 96 / longest;
  const side = (length: number): number => Math.max(8, Math.round(length * scale));
  return { width: side(width), height: side(height), factor: 1, lossless: false };
}

/** Some pictures of a class. */
export interface ClassPictures {
  readonly name: string;
  /** how many the class has */
  readonly count: number;
  readonly images: readonly Image[];
}

/** One of several pictures that are the same, or look the same. */
export interface PicturedCopy {
  /** its file, and its number in it */
  readonly name: string;
  readonly className: string;
  /** its part of the data set's own split */
  readonly part?: string | undefined;
  readonly image: Image;
}

/** Pictures that are the same, or look the same. */
export interface PicturedDuplicates {
  readonly acrossClasses: boolean;
  readonly acrossParts: boolean;
  /** how many there are */
  readonly count: number;
  /** the first of them */
  readonly copies: readonly PicturedCopy[];
}

/** The sets of duplicates of one kind. */
export interface DuplicateSets {
  /** how many sets there are */
  readonly count: number;
  /** those that are shown, those first that spoil a measurement */
  readonly sets: readonly PicturedDuplicates[];
}
