/** The formats of pictures, in one place: what is taken for a picture, a slide or a mask, and who decodes it. */

import { extname } from "node:path";
import type { Decoder } from "./decoder.js";
import { pictureDecoder } from "./picture-decoder-file.js";
import { soundDecoder } from "./sound-decoder-file.js";

/** A format of pictures, as {@link PictureMetadata.format} says it. */
export type PictureFormat = "png" | "jpeg" | "webp" | "tiff" | "gif" | "wav";

/** What is known of a format. */
export interface FormatFacts {
  /** what people call it */
  readonly name: string;
  /** the endings of its files, in lower case */
  readonly endings: readonly string[];
  readonly decoder: Decoder;
  /** whether its files in a folder are taken for slides */
  readonly slides: boolean;
  /** whether it may be the mask of a slide: its values are kept as they are */
  readonly masks: boolean;
  /** whether its pages may be one picture in several sizes (a pyramid), each in tiles that are decoded apart */
  readonly tiled: boolean;
  /** whether it is no picture, but a sound */
  readonly sound: boolean;
}

const LIBVIPS = { decoder: pictureDecoder, slides: false, masks: false, tiled: false, sound: false } as const;

/**
 * The formats, in the order in which messages list them.
 *
 * @example
 * PICTURE_FORMATS.tiff.endings; // [".tif", ".tiff"]
 */
export const PICTURE_FORMATS: Readonly<Record<PictureFormat, FormatFacts>> = {
  png: { ...LIBVIPS, name: "PNG", endings: [".png"], slides: true, masks: true },
  jpeg: { ...LIBVIPS, name: "JPEG", endings: [".jpg", ".jpeg", ".jpe", ".jfif"], slides: true },
  webp: { ...LIBVIPS, name: "WebP", endings: [".webp"] },
  tiff: { ...LIBVIPS, name: "TIFF", endings: [".tif", ".tiff"], slides: true, masks: true, tiled: true },
  gif: { ...LIBVIPS, name: "GIF", endings: [".gif"] },
  wav: { ...LIBVIPS, decoder: soundDecoder, name: "WAV", endings: [".wav", ".wave"], sound: true },
};

const ALL: readonly FormatFacts[] = Object.values(PICTURE_FORMATS);

/** The formats that something holds for; all of them unless it is given. */
export const formatsWhere = (holds: (facts: FormatFacts) => boolean): readonly FormatFacts[] => ALL.filter(holds);

/** The formats of pictures, without those of sounds. */
export const PICTURES_ALONE: readonly FormatFacts[] = ALL.filter(({ sound }) => !sound);

/** Whether a file's ending is that of a sound. */
export const isSound = (path: string): boolean => formatByEnding(path)?.sound === true;

/** The format whose ending a file has, in upper or lower case; undefined where no format has it. */
export function formatByEnding(path: string): FormatFacts | undefined {
  const ending = extname(path).toLowerCase();
  return ALL.find(({ endings }) => endings.includes(ending));
}

/** The format that a decoder found in a file. */
export const formatByName = (format: string): FormatFacts | undefined =>
  Object.entries(PICTURE_FORMATS).find(([name]) => name === format)?.[1];

/** Who decodes a file: the decoder of its ending, or libvips, which looks at what is in it. */
export const decoderOf = (path: string): Decoder => formatByEnding(path)?.decoder ?? pictureDecoder;

/** "PNG, JPEG or TIFF", for messages. */
export const namesOf = (formats: readonly FormatFacts[]): string => listed(formats.map(({ name }) => name));

/** "a.png, .tif or .tiff", for messages: the files of a name that are looked for. */
export const filesNamed = (name: string, formats: readonly FormatFacts[]): string =>
  name + listed(formats.flatMap(({ endings }) => endings));

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
