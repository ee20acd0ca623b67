import type { NumberKind } from "../../../values/number-ranges.js";
import { NUMBER_KINDS } from "../../../values/number-ranges.js";
import { greyFromColour, type Image } from "../image.js";
import { ownRange, withDeepPicture } from "../numbers/deep-file.js";
import { type FileLook, lookAtNumbers } from "../numbers/look-file.js";
import { PixelError } from "../numbers/pixel-error.js";
import { openTiffNumbers } from "../numbers/tiff-numbers-file.js";
import { arrangeBy } from "../resize/arrange.js";
import type { Decoder, Decoding, Opening, PictureFile, PictureMetadata } from "./decoder.js";
import { jpegHead } from "./jpeg-head-file.js";
import { openPlainPng, planesOfPlainPng } from "./plain-png-file.js";
import { sharpDecoder } from "./sharp-file.js";

/**
 * The decoder of every format: libvips decodes pictures of bytes; where a file has other numbers, they become bytes by their range, and then
 * libvips cuts and resamples.
 */
export const pictureDecoder: Decoder = {
  async metadata(file, opening) {
    const plain = await openPlainPng(file);
    if (plain) {
      const { width, height, channels } = plain;
      return { format: "png", width, height, grey: channels === 1, depth: 8, alpha: false, pages: 1 };
    }
    const head = await jpegHead(file);
    if (head) return head;
    try {
      const found = await sharpDecoder.metadata(file, opening);
      if (found.format !== "tiff" && found.format !== "png") return found;
      // what is not read is told when it is decoded
      const look: Partial<FileLook> = await lookAtNumbers(file, opening?.page).catch(() => ({}));
      if (found.format === "png") return { ...found, pages: 1 + (look.otherPages ?? 0) };
      return { ...found, depth: Math.max(8, look.bits ?? 8), alpha: found.alpha && !look.hasExtra };
    } catch (error) {
      const own = await metadataOfNumbers(file);
      if (own) return own;
      throw error;
    }
  },
  decode: (file, decoding, opening) => arrangeBy(decoding, (needed) => decodeOne(file, needed, opening)),
};

async function decodeOne(file: PictureFile, decoding: Decoding, opening: Opening | undefined): Promise<Image> {
  const plain = await decodePlain(file, decoding);
  if (plain) return plain;
  const look = await lookAtNumbers(file, opening?.page);
  const { kind } = look;
  const how = look.hasExtra || decoding.ground === "none" ? { ...opening, bare: true } : opening;
  if (kind === undefined || isFull(kind, decoding)) return sharpDecoder.decode(file, decoding, how);
  return decodeDeep(file, { ...look, kind }, decoding, how);
}

/** A plain picture that is wanted in its own size, by the short way; undefined where it is none. */
async function decodePlain(file: PictureFile, { box, size, channels }: Decoding): Promise<Image | undefined> {
  if (box) return undefined;
  const plain = await openPlainPng(file);
  if (!plain || (size && (size.width !== plain.width || size.height !== plain.height))) return undefined;
  const planes = planesOfPlainPng(plain);
  if (!planes) return undefined;
  const { width, height } = plain;
  if (plain.channels === channels) return { width, height, channels, data: planes };
  return { width, height, channels, data: channels === 1 ? greyFromColour(planes) : colourFromGrey(planes) };
}

function colourFromGrey(grey: Uint8Array): Uint8Array {
  const colour = new Uint8Array(3 * grey.length);
  for (let c = 0; c < 3; c++) colour.set(grey, c * grey.length);
  return colour;
}

/** Whether the numbers are 16 bits that are all used: libvips then does it all. */
function isFull(kind: NumberKind, { ranges }: Pick<Decoding, "ranges">): boolean {
  if (kind !== "uint16" || ranges === undefined) return false;
  return ranges.uint16?.[0] === 0 && ranges.uint16[1] === 65535;
}

async function decodeDeep(
  file: PictureFile,
  look: FileLook & { readonly kind: NumberKind },
  { ranges, onCut, ...decoding }: Decoding,
  opening: Opening | undefined,
) {
  const known = ranges?.[look.kind];
  if (ranges && !known && look.kind !== "uint16") {
    // numbers that are none have no range: they are named in place of it
    await withDeepPicture(file, look, opening, (picture) => picture.extremes());
    throw new PixelError(
      `it has ${NUMBER_KINDS[look.kind]}, and the model says no range for them: it is not known which are black and white`,
    );
  }
  const image = await withDeepPicture(file, look, opening, async (picture) => {
    const range = known ?? (await ownRange(look.kind, picture));
    if (isFull(look.kind, { ranges: { [look.kind]: range } })) return undefined;
    const made = await picture.image(range, decoding);
    if (made.isCut) onCut?.();
    return made.image;
  });
  return image ?? sharpDecoder.decode(file, decoding, opening);
}

/** What the head of a TIFF says whose numbers libvips does not know. */
async function metadataOfNumbers(file: PictureFile): Promise<PictureMetadata | undefined> {
  const {
    kind,
    otherPages,
    bits = 32,
  } = await lookAtNumbers(file).catch((error: unknown): FileLook => {
    if (error instanceof PixelError) throw error;
    return { kind: undefined, isInverted: false, otherPages: 0 };
  });
  if (kind === undefined) return undefined;
  const { width, height, photometric, close } = await openTiffNumbers(file);
  await close();
  const grey = photometric !== 2;
  return { format: "tiff", width, height, grey, depth: bits, alpha: false, pages: 1 + otherPages };
}
