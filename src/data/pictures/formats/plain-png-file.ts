/**
 * Small PNG pictures without anything special, decoded here: libvips takes a millisecond to be set up, for a picture of 16×16 pixels thirty times as long as
 * its decoding. What is not plain, or broken, is left to libvips.
 */

import { crc32, inflateSync } from "node:zlib";
import { readStart } from "../../../files/start-file.js";
import type { Size } from "../picture-size.js";
import type { PictureFile } from "./decoder.js";

/** Files of more bytes are left to libvips and its threads. */
const SMALL = 16384;
const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
/** Parts of a file that change nothing of what is seen. */
const HARMLESS = new Set(["pHYs", "tIME", "sRGB", "tEXt"]);
/** How programs hide a camera's rotation in a text. */
const PROFILE = Buffer.from("Raw profile");

/** A small picture of 8 bits, grey or coloured. */
export interface PlainPng extends Size {
  readonly channels: 1 | 3;
  /** what the file has for its pixels, packed */
  readonly packed: Uint8Array;
}

/** A file as a plain picture; undefined where it is none. @param file its path, or its bytes */
export async function openPlainPng(file: PictureFile): Promise<PlainPng | undefined> {
  if (typeof file === "string" && !/\.png$/i.test(file)) return undefined;
  // whoever decodes it otherwise tells what is wrong
  const bytes = typeof file === "string" ? await readStart(file, SMALL + 1).catch(() => new Uint8Array(0)) : file;
  return bytes.length > SMALL ? undefined : parsePlainPng(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}

/** PNG (ISO/IEC 15948), 5: parts of a length, a name, data and a checksum. */
function parsePlainPng(bytes: Buffer): PlainPng | undefined {
  if (bytes.length < 33 || bytes.compare(SIGNATURE, 0, 8, 0, 8) !== 0) return undefined;
  const data: Buffer[] = [];
  let head: Buffer | undefined;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > bytes.length || crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return undefined;
    const name = bytes.toString("latin1", at + 4, at + 8);
    const content = bytes.subarray(at + 8, end - 4);
    if (name === "IHDR") head = content;
    else if (name === "IDAT") data.push(content);
    else if (name === "IEND") return head && plainOf(head, data.length === 1 ? data[0] : Buffer.concat(data));
    else if (!HARMLESS.has(name) || content.indexOf(PROFILE) === 0) return undefined;
    at = end;
  }
  return undefined;
}

function plainOf(head: Buffer, packed: Buffer): PlainPng | undefined {
  if (head.length !== 13) return undefined;
  const [depth, colour, compression, filter, interlace] = head.subarray(8);
  if (depth !== 8 || (colour !== 0 && colour !== 2) || compression + filter + interlace !== 0) return undefined;
  return { width: head.readUInt32BE(0), height: head.readUInt32BE(4), channels: colour === 0 ? 1 : 3, packed };
}

/** The planes of a plain picture, C×H×W; undefined where its data are broken. */
export function planesOfPlainPng({ width, height, channels, packed }: PlainPng): Uint8Array | undefined {
  const row = channels * width;
  const size = height * (row + 1);
  let lines: Uint8Array;
  try {
    lines = inflateSync(packed, { maxOutputLength: size });
  } catch {
    return undefined;
  }
  if (lines.length !== size || size === 0 || !unfilter(lines, height, row, channels)) return undefined;
  const area = width * height;
  const planes = new Uint8Array(channels * area);
  for (let y = 0; y < height; y++) {
    for (let x = 0, from = y * (row + 1) + 1; x < width; x++) {
      for (let c = 0; c < channels; c++) planes[c * area + y * width + x] = lines[from++];
    }
  }
  return planes;
}

/** Undoes the filters of all lines in place (PNG, 9.2): each byte is a difference to its neighbours. @returns whether all are known */
function unfilter(lines: Uint8Array, height: number, row: number, step: number): boolean {
  for (let y = 0; y < height; y++) {
    const start = y * (row + 1) + 1;
    const filter = lines[start - 1];
    if (filter > 4) return false;
    if (filter === 0) continue;
    for (let i = 0; i < row; i++) {
      const left = i < step ? 0 : lines[start + i - step];
      const above = y === 0 ? 0 : lines[start + i - row - 1];
      const corner = y === 0 || i < step ? 0 : lines[start + i - row - 1 - step];
      const guess =
        filter === 1 ? left : filter === 2 ? above : filter === 3 ? (left + above) >> 1 : paeth(left, above, corner);
      lines[start + i] += guess;
    }
  }
  return true;
}

/** The neighbour that is nearest to left + above − corner; of equal ones the first. */
function paeth(left: number, above: number, corner: number): number {
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}
