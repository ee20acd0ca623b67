/** Decoding, resampling and encoding by sharp (libvips): the only file that knows it. */

import sharp, { type OutputInfo, type Sharp } from "sharp";
import { errorText } from "../../../values/error-text.js";
import type { Fit } from "../../../values/preprocessing.js";
import type { Box } from "../../sources/dataset.js";
import { greyFromColour, type Image, pixelsFromPlanes, planesFromPixels } from "../image.js";
import type { Decoder, Decoding, Ground, Opening, PictureFile } from "./decoder.js";

// libvips would remember files that have changed since
sharp.cache(false);

/** How sharp calls the rules of {@link Fit}. */
const SHARP_FITS = { squash: "fill", crop: "cover", pad: "contain" } as const satisfies Record<Fit, string>;

/** Bits of a number by how sharp calls their kind; 32 for what is wider. */
const DEPTHS: Readonly<Record<string, 8 | 16>> = { uchar: 8, char: 8, ushort: 16, short: 16 };

/** The decoder of every format that libvips reads. It looks at what is in a file, not at its name. */
export const sharpDecoder: Decoder = {
  async metadata(file, opening) {
    const {
      autoOrient,
      format,
      space,
      depth,
      hasAlpha,
      isProgressive,
      pages = 1,
    } = await openFile(file, opening).metadata();
    return {
      ...autoOrient,
      format,
      grey: space === "b-w" || space === "grey16",
      depth: DEPTHS[depth] ?? 32,
      alpha: hasAlpha,
      ...(isProgressive ? { inPasses: true } : {}),
      pages,
    };
  },
  async decode(file, decoding, opening) {
    const picture = openFile(file, opening);
    if (!opening?.bare) return decodeOpened(picture, decoding);
    const { box, ...others } = decoding;
    const { data, info } = await arranged(picture, { box })
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true })
      .catch((error: unknown) => explainBox(error, picture, box));
    return decodeOpened(sharp(data, { raw: info }), others);
  },
};

/** An image of 16 bits. */
export interface DeepImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** pixel after pixel */
  readonly data: Uint16Array;
}

/** The numbers of a picture of 16 bits, or of a part of it, in some size: transparent parts laid on white, turned as its camera says. */
export async function readSixteenBits(
  file: PictureFile,
  decoding: Pick<Decoding, "box" | "size" | "ground">,
  opening?: Opening,
): Promise<DeepImage> {
  const picture = openFile(file, opening);
  const { space } = await picture.metadata();
  const explain = (error: unknown): Promise<never> => explainBox(error, picture, decoding.box);
  if (!opening?.bare)
    return numbersOf(await sixteenBitsOf(arranged(picture, decoding), space, decoding.ground).catch(explain));
  const { box, size } = decoding;
  const whole = await sixteenBitsOf(arranged(picture, { box }), space, "none").catch(explain);
  if (!size) return numbersOf(whole);
  const sized = arranged(sharp(numbersOf(whole).data, { raw: whole.info }), { size });
  return numbersOf(await sixteenBitsOf(sized, space));
}

function numbersOf({ data, info }: { readonly data: Buffer; readonly info: OutputInfo }): DeepImage {
  const { width, height, channels } = info;
  const numbers = new Uint16Array(data.buffer, data.byteOffset, width * height * channels);
  return { width, height, channels: channels === 1 ? 1 : 3, data: numbers };
}

/** An image cut, resampled or made grey, as {@link Decoder.decode} does it. @throws RangeError when the box reaches beyond it */
export const resampleImage = (image: Image, decoding: Decoding): Promise<Image> =>
  decodeOpened(openImage(image), decoding);

const openFile = (file: PictureFile, { page = 0, inside, huge = false }: Opening = {}): Sharp =>
  sharp(file, {
    failOn: "error",
    ...(huge ? { limitInputPixels: false } : {}),
    ...(page > 0 ? { page } : {}),
    ...(inside === undefined ? {} : { tiff: { subifd: inside } }),
  });

/** Of a picture of 16 bits with more pixels, about so many are looked at. */
const LOOKED_AT = 2 ** 22;

/** The least and the largest number of a picture of 16 bits of any size; of a large one, of pixels that are evenly spread over it. */
export async function extremesOfSixteenBits(file: PictureFile, opening?: Opening): Promise<readonly [number, number]> {
  const { width, height, space } = await openFile(file, opening).metadata();
  const step = Math.max(1, Math.sqrt((width * height) / LOOKED_AT));
  const opened = openFile(file, opening);
  const few =
    step === 1
      ? opened
      : opened.resize(Math.max(1, Math.round(width / step)), Math.max(1, Math.round(height / step)), {
          fit: "fill",
          kernel: "nearest",
        });
  const { data } = await sixteenBitsOf(few, space, opening?.bare ? "none" : undefined);
  const numbers = new Uint16Array(data.buffer, data.byteOffset, data.length >> 1);
  let [least, largest] = [numbers[0], numbers[0]];
  for (const value of numbers) {
    if (value < least) least = value;
    else if (value > largest) largest = value;
  }
  return [least, largest];
}

/** @param ground "none": what is beside the colours is no opacity, and left out; resampling would take it for one */
const sixteenBitsOf = (picture: Sharp, space: string, ground?: Ground) =>
  (ground === "none" ? picture.removeAlpha() : picture.flatten({ background: colourOf(ground) }))
    .toColourspace(space === "grey16" ? "grey16" : "rgb16")
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });

/** @param opaque row × column: 0 where nothing is to be seen of the image, 255 where all is; everywhere unless given */
function openImage({ width, height, channels, data }: Image, opaque?: Uint8Array): Sharp {
  if (opaque === undefined) return sharp(pixelsFromPlanes(data, channels), { raw: { width, height, channels } });
  const area = width * height;
  const planes = new Uint8Array((channels + 1) * area);
  planes.set(data);
  planes.set(opaque, channels * area);
  const all = channels === 1 ? 2 : 4;
  return sharp(pixelsFromPlanes(planes, all), { raw: { width, height, channels: all } });
}

async function decodeOpened(picture: Sharp, decoding: Decoding): Promise<Image> {
  const { channels, box } = decoding;
  const { data, info } = await readPixels(picture, decoding).catch((error: unknown) => explainBox(error, picture, box));
  const { width, height } = info;
  // sharp may leave a grey picture at one channel
  if (info.channels === 1 && channels === 1) return { width, height, channels, data: new Uint8Array(data) };
  const planes =
    info.channels === 1 ? new Uint8Array(Buffer.concat([data, data, data])) : planesInPlace(data, info.channels);
  return { width, height, channels, data: channels === 3 ? planes : greyFromColour(planes) };
}

/** Pixels are copied to where there is room, and come back as planes: new memory would take as long as that. */
const desk = new Uint8Array(2 ** 20);

function planesInPlace({ buffer, byteOffset, length }: Buffer, channels: number): Uint8Array {
  const bytes = new Uint8Array(buffer, byteOffset, length);
  if (length > desk.length) return planesFromPixels(bytes, channels);
  desk.set(bytes);
  return planesFromPixels(desk.subarray(0, length), channels, bytes);
}

const areaOf = ({ x, y, width, height }: Box) => ({ left: x, top: y, width, height });

/** @throws RangeError when the error is that a box reaches beyond its picture; else the error */
async function explainBox(error: unknown, picture: Sharp, box: Box | undefined): Promise<never> {
  if (!box || !/extract_area/.test(errorText(error))) throw error;
  const { autoOrient } = await picture.metadata();
  const size = `${autoOrient.width}×${autoOrient.height}`;
  throw new RangeError(`its box ${Object.values(box).join(" ")} reaches beyond it (${size})`, { cause: error });
}

/** A picture turned as its camera says, cut and resampled. */
function arranged(
  picture: Sharp,
  { box, size, ground }: { readonly [Key in "box" | "size" | "ground"]?: Decoding[Key] | undefined },
): Sharp {
  let pipeline = picture.autoOrient();
  if (box) pipeline = pipeline.extract(areaOf(box));
  if (size)
    pipeline = pipeline.resize(size.width, size.height, { fit: SHARP_FITS[size.fit], background: colourOf(ground) });
  return pipeline;
}

/** What stands behind transparent parts; where they are taken as opaque, nothing is transparent any more. */
const colourOf = (ground: Ground | undefined): string =>
  ground === undefined || ground === "none" ? "#ffffff" : ground;

const readPixels = (picture: Sharp, decoding: Decoding) =>
  arranged(picture, decoding)
    .flatten({ background: colourOf(decoding.ground) })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });

/** How an image is encoded. */
export interface Encoding {
  /** row × column: 0 where nothing is to be seen of the image, 255 where all is; everywhere unless given */
  readonly opaque?: Uint8Array | undefined;
  /** for WebP: every byte stays what it is; false */
  readonly lossless?: boolean;
}

/** An image as the bytes of a PNG file, 8 bits a channel. */
export const encodePng = (image: Image, { opaque }: Encoding = {}): Promise<Uint8Array> =>
  toEncode(image, opaque).png({ compressionLevel: 9 }).toBuffer();

/** An image as the bytes of a WebP file, which photographs are far smaller in than in PNG. */
export const encodeWebp = (image: Image, { opaque, lossless = false }: Encoding = {}): Promise<Uint8Array> =>
  toEncode(image, opaque).webp({ quality: 82, lossless }).toBuffer();

/** Without the colour space sharp writes grey as RGB. */
function toEncode(image: Image, opaque?: Uint8Array): Sharp {
  const opened = openImage(image, opaque);
  return image.channels === 1 ? opened.toColourspace("b-w") : opened;
}

/** A drawing's PNG with a palette of 256 colours, which is far smaller. */
export const encodeWithPalette = (png: Uint8Array): Promise<Uint8Array> =>
  sharp(png).png({ palette: true, compressionLevel: 9 }).toBuffer();
