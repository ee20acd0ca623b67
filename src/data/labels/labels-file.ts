/** Maps of labels in files. */

import { type FileHandle, open, readFile } from "node:fs/promises";
import { explainUnreadable } from "../pictures/image-file.js";
import { PixelError } from "../pictures/numbers/pixel-error.js";
import { isTiff } from "../pictures/numbers/tiff-file.js";
import type { LabelSource } from "./label-source.js";
import { isPng, pngLabels } from "./png-labels-file.js";
import { openTiffLabels } from "./tiff-labels-file.js";

/** Labels in an open file. */
export interface OpenLabels extends LabelSource {
  close(): Promise<void>;
}

/** How other files begin, of which it is worth to say what they are. */
const OTHERS: readonly [name: string, begins: RegExp][] = [
  ["JPEG, which changes values at edges", /^\xff\xd8\xff/],
  ["WebP, which changes values", /^RIFF....WEBP/s],
  ["GIF", /^GIF8/],
];

/**
 * Opens a map of labels.
 *
 * @throws Error that names the file and what was found there, when it has no labels
 */
export async function openLabels(path: string): Promise<OpenLabels> {
  const source = await sourceOf(path).catch((error: unknown) => unreadable(path, error));
  return {
    ...source,
    async *rows() {
      try {
        yield* source.rows();
      } catch (error) {
        await unreadable(path, error);
      }
    },
  };
}

async function sourceOf(path: string): Promise<OpenLabels> {
  const head = await headOf(path);
  if (isPng(head)) return { ...pngLabels(await readFile(path)), close: async () => undefined };
  if (isTiff(head)) return openTiffLabels(path);
  const other = OTHERS.find(([, begins]) => begins.test(head.toString("latin1")));
  throw new PixelError(`it is ${other ? `a ${other[0]}` : "neither of them"}`);
}

async function unreadable(path: string, error: unknown): Promise<never> {
  const found = await explainUnreadable(path, error);
  throw new Error(
    `Cannot read the mask ${path}: expected a PNG or TIFF with a whole number for each pixel, but ${found}.`,
    {
      cause: error,
    },
  );
}

async function headOf(path: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const head = Buffer.alloc(16);
    return head.subarray(0, (await file.read(head, 0, 16, 0)).bytesRead);
  } finally {
    await file?.close();
  }
}

/** More labels than this are not read at once. */
const MOST_LABELS = 2 ** 28;

/** A map of labels. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  /** whole numbers from 0 to 65535, row by row */
  readonly labels: Uint16Array;
}

/**
 * Reads a map of labels, such as the mask of a picture: a PNG or TIFF with a number for each pixel, of 1 to 16 bits, or of 32 where they are small
 * whole numbers. The numbers in the file are the labels: of a palette its index, of grey its value, whatever opacity, colour profile, gamma, or
 * "0 is white" say of how it looks.
 *
 * @throws Error that names the file and what was found there: colours that differ, fractions, a format that changes values, a damaged file; RangeError
 * when it has more than 268 million pixels
 * @example
 * await writePng("mask.png", { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 1) });
 * const { width, height, labels } = await readLabels("mask.png");
 * labels; // [0, 1]
 * labelMapTarget(["ground", "tissue"], { width, height }, [labels]);
 */
export async function readLabels(path: string): Promise<LabelMap> {
  const source = await openLabels(path);
  try {
    const { width, height } = source;
    if (width * height > MOST_LABELS) {
      throw new RangeError(`${path} has ${width}×${height} pixels: expected at most ${MOST_LABELS} in all.`);
    }
    const labels = new Uint16Array(width * height);
    let at = 0;
    for await (const row of source.rows()) {
      labels.set(row, at);
      at += width;
    }
    return { width, height, labels };
  } finally {
    await source.close();
  }
}
