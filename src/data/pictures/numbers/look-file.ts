/** What kind of numbers a picture's file has, from its head. */

import { readStart } from "../../../files/start-file.js";
import type { NumberKind } from "../../../values/number-ranges.js";
import type { PictureFile } from "../formats/decoder.js";
import { PixelError } from "./pixel-error.js";
import { isTiff, openTiff, type TiffFile } from "./tiff-file.js";

/** What the head of a file says. */
export interface FileLook {
  /** the kind of its numbers; undefined where they are bytes, or fewer bits */
  readonly kind: NumberKind | undefined;
  /** bits of a number, where that is known: of a TIFF */
  readonly bits?: number;
  /** whether it has a number more for each pixel than its colours, which is no opacity (such as near infrared); known of TIFF alone */
  readonly hasExtra?: boolean;
  /** whether it is a TIFF that calls 0 white */
  readonly isInverted: boolean;
  /** pages or frames beside the first that are no smaller copies of it; known of TIFF and PNG */
  readonly otherPages: number;
}

/** How many numbers a pixel's colour has, by tag 262: grey, a palette's index, a mask, CMYK; three otherwise. */
const COLOURS: Readonly<Record<number, number>> = { 0: 1, 1: 1, 3: 1, 4: 1, 5: 4 };
/** What tag 338 says of a number beside the colours where it is an opacity: the colours are multiplied by it, or not. */
const OPACITIES: ReadonlySet<number> = new Set([1, 2]);

const BYTES: FileLook = { kind: undefined, isInverted: false, otherPages: 0 };
/** So many bytes of a file are looked at first. */
const HEAD = 4096;
const PNG = "137,80,78,71,13,10,26,10";

/**
 * Looks at a file's head.
 *
 * @param page which page of a TIFF
 * @throws PixelError when it is a TIFF with numbers that are not read; the system's error when it cannot be opened
 */
export async function lookAtNumbers(file: PictureFile, page = 0): Promise<FileLook> {
  const head = typeof file === "string" ? await readStart(file, HEAD) : file.subarray(0, HEAD);
  if (head.subarray(0, 8).join() === PNG) {
    return { ...BYTES, kind: head[24] === 16 ? "uint16" : undefined, otherPages: framesOf(Buffer.from(head)) - 1 };
  }
  if (!isTiff(head)) return BYTES;
  // what is damaged is for libvips to tell
  const tiff = await openTiff(file).catch(() => undefined);
  if (!tiff) return BYTES;
  try {
    return await lookAtTiff(tiff, page);
  } finally {
    await tiff.close();
  }
}

/** How many frames a PNG has: more than one where a part acTL comes before the data (PNG, third edition, 11.3.6.1). */
function framesOf(head: Buffer): number {
  for (let at = 8; at + 12 <= head.length; at += 12 + head.readUInt32BE(at)) {
    const name = head.toString("latin1", at + 4, at + 8);
    if (name === "acTL") return Math.max(1, head.readUInt32BE(at + 8));
    if (name === "IDAT") return 1;
  }
  return 1;
}

async function lookAtTiff({ pages }: TiffFile, number: number): Promise<FileLook> {
  const page = pages[number];
  const others = pages.filter((one) => one !== page);
  if (!page) throw new PixelError("it has no page");
  const [width, bits, format, photometric] = [
    await page.number("width", 0),
    await page.number("bits", 1),
    await page.number("sampleFormat", 1),
    await page.number("photometric", 1),
  ];
  if (photometric >= 8 && photometric <= 10) throw new PixelError("its colours are Lab: expected grey, RGB or CMYK");
  const samples = await page.number("samples", 1);
  const extra = samples - (COLOURS[photometric] ?? 3);
  if (extra > 1) {
    const beside = samples > 4 ? "" : ", and calls them grey";
    throw new PixelError(`it has ${samples} numbers for each pixel${beside}: expected grey, RGB or CMYK`);
  }
  const isOther = await Promise.all(
    others.map(
      async (one) => ((await one.number("newSubfileType", 0)) & 1) === 0 && (await one.number("width", 0)) >= width,
    ),
  );
  return {
    kind: kindOf(format, bits),
    bits,
    hasExtra: extra === 1 && !OPACITIES.has(await page.number("extraSamples", 0)),
    isInverted: photometric === 0,
    otherPages: isOther.filter(Boolean).length,
  };
}

/** The kind of a TIFF's numbers. */
function kindOf(format: number, bits: number): NumberKind | undefined {
  if (format === 3 && [16, 24, 32, 64].includes(bits)) return "float";
  if (format === 2) {
    const kind = ({ 8: "int8", 16: "int16", 32: "int32" } as const)[bits];
    if (kind) return kind;
  } else if (format === 1 || format === 4) {
    if (bits <= 8) return undefined;
    const kind = ({ 16: "uint16", 32: "uint32" } as const)[bits];
    if (kind) return kind;
  }
  const what = ({ 2: "whole numbers with a sign", 5: "complex numbers", 6: "complex numbers" } as const)[format];
  throw new PixelError(`it has ${what ?? "numbers"} of ${bits} bits, which are not read`);
}
