import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CraftedPage, craftPng, craftTiff, greyPage } from "../../../test/support/crafted.js";
import { readLabels } from "./labels-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-labels-"));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function labelsOf(bytes: Uint8Array): Promise<number[][]> {
  const path = join(folder, `${files++}.mask`);
  await writeFile(path, bytes);
  const { width, height, labels } = await readLabels(path);
  return Array.from({ length: height }, (_, y) => [...labels.subarray(y * width, (y + 1) * width)]);
}

/** Numbers of a few bits in bytes, the highest bit first. */
const packed = (bits: number, values: readonly number[]): number[] => {
  const text = values.map((value) => value.toString(2).padStart(bits, "0")).join("");
  return Array.from({ length: Math.ceil(text.length / 8) }, (_, i) =>
    Number.parseInt(text.slice(8 * i, 8 * i + 8).padEnd(8, "0"), 2),
  );
};

/** A map of labels that differ between neighbours and repeat. */
const label = (x: number, y: number): number => (x < 20 ? (x * y) % 4 : y < 15 ? 3 : 1);
const [WIDTH, HEIGHT] = [53, 31];
const MAP = Array.from({ length: HEIGHT }, (_, y) => Array.from({ length: WIDTH }, (_, x) => label(x, y)));
const grey = () =>
  sharp(Uint8Array.from(MAP.flat()), { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace("b-w");

describe("the labels of a PNG are its numbers", () => {
  const rows = [
    [0, 1, 2],
    [3, 2, 0],
  ];
  const of = (
    colour: number,
    depth: number,
    row: (labels: number[]) => Iterable<number>,
    chunks?: [string, Uint8Array][],
  ) => craftPng({ width: 3, height: 2, depth, colour, row: (y) => row(rows[y]), ...(chunks ? { chunks } : {}) });
  const palette = Uint8Array.of(200, 0, 0, 0, 0, 200, 7, 7, 7, 255, 255, 255);
  const gamma = Uint8Array.of(0, 0, 0x4e, 0x20);
  const each: [string, () => Buffer][] = [
    ["grey", () => of(0, 8, (labels) => labels)],
    ["grey with a gamma", () => of(0, 8, (labels) => labels, [["gAMA", gamma]])],
    [
      "grey with a damaged profile",
      () => of(0, 8, (labels) => labels, [["iCCP", Buffer.concat([Buffer.from("g\0\0"), deflateSync("x")])]]),
    ],
    ["grey with a value that is transparent", () => of(0, 8, (labels) => labels, [["tRNS", Uint8Array.of(0, 2)]])],
    ["2 bits", () => of(0, 2, (labels) => packed(2, labels))],
    ["4 bits", () => of(0, 4, (labels) => packed(4, labels))],
    ["16 bits", () => of(0, 16, (labels) => labels.flatMap((value) => [0, value]))],
    ["a palette", () => of(3, 8, (labels) => labels, [["PLTE", palette]])],
    [
      "a palette of 2 bits, partly transparent",
      () =>
        of(3, 2, (labels) => packed(2, labels), [
          ["PLTE", palette],
          ["tRNS", Uint8Array.of(0, 9)],
        ]),
    ],
    ["grey and opacity", () => of(4, 8, (labels) => labels.flatMap((value) => [value, value ? 255 : 0]))],
    ["colour of one value", () => of(2, 8, (labels) => labels.flatMap((value) => [value, value, value]))],
    [
      "colour of 16 bits and opacity",
      () => of(6, 16, (labels) => labels.flatMap((value) => [0, value, 0, value, 0, value, 0, 0])),
    ],
  ];
  test.each(each)("%s", async (_, make) => {
    expect(await labelsOf(make())).toEqual(rows);
  });

  test("1 bit is 0 or 1, 16 bits reach to 65535", async () => {
    const bits = craftPng({ width: 3, height: 1, depth: 1, colour: 0, row: () => [0b10100000] });
    expect(await labelsOf(bits)).toEqual([[1, 0, 1]]);
    const words = craftPng({ width: 2, height: 1, depth: 16, colour: 0, row: () => [0xff, 0xff, 1, 0] });
    expect(await labelsOf(words)).toEqual([[65535, 256]]);
  });

  test("as libvips writes them: filtered, and interlaced", async () => {
    expect(await labelsOf(await grey().png({ adaptiveFiltering: true }).toBuffer())).toEqual(MAP);
    expect(await labelsOf(await grey().png({ progressive: true }).toBuffer())).toEqual(MAP);
    // no column or row for some of the passes
    const small = await grey().extract({ left: 0, top: 0, width: 3, height: 2 }).png({ progressive: true }).toBuffer();
    expect(await labelsOf(small)).toEqual(MAP.slice(0, 2).map((row) => row.slice(0, 3)));
  });
});

describe("the labels of a TIFF are its numbers", () => {
  test.each(
    (["none", "lzw", "deflate", "packbits"] as const).flatMap((compression) =>
      [true, false].flatMap((tile) => [true, false].map((predicted) => ({ compression, tile, predicted }))),
    ),
  )("as libvips packs them: $compression, in tiles $tile, as differences $predicted", async (how) => {
    const { compression, tile, predicted } = how;
    const predictor = predicted ? "horizontal" : "none";
    const bytes = await grey().tiff({ compression, tile, tileWidth: 16, tileHeight: 16, predictor }).toBuffer();
    expect(await labelsOf(bytes)).toEqual(MAP);
  });

  const rows = [
    [0, 1, 2],
    [3, 2, 0],
  ];
  const numbers = <A extends Uint8Array | Uint16Array | Int16Array | Uint32Array | Float32Array | Float64Array>(
    all: A,
  ) => new Uint8Array(all.buffer);
  const of = (bits: number, data: Uint8Array, tags: CraftedPage["tags"] = {}) =>
    craftTiff([greyPage(3, 2, bits, data, tags)]);
  const palette = Array.from({ length: 768 }, (_, i) => (i * 7919) % 65536);
  const each: [string, () => Buffer][] = [
    ["0 is white", () => of(8, Uint8Array.from(rows.flat()), { 262: 0 })],
    ["a palette", () => of(8, Uint8Array.from(rows.flat()), { 262: 3, 320: palette })],
    ["2 bits, 0 is white", () => of(2, Uint8Array.from(rows.flatMap((row) => packed(2, row))), { 262: 0 })],
    ["16 bits", () => of(16, numbers(Uint16Array.from(rows.flat())))],
    ["16 bits with a sign", () => of(16, numbers(Int16Array.from(rows.flat())), { 339: 2 })],
    ["32 bits", () => of(32, numbers(Uint32Array.from(rows.flat())))],
    ["whole floating numbers", () => of(32, numbers(Float32Array.from(rows.flat())), { 339: 3 })],
    ["whole floating numbers of 64 bits", () => of(64, numbers(Float64Array.from(rows.flat())), { 339: 3 })],
    [
      "with opacity",
      () => of(8, Uint8Array.from(rows.flat().flatMap((value) => [value, 0])), { 258: [8, 8], 277: 2, 338: 2 }),
    ],
    [
      "colour of one value",
      () =>
        of(8, Uint8Array.from(rows.flat().flatMap((value) => [value, value, value])), {
          258: [8, 8, 8],
          277: 3,
          262: 2,
        }),
    ],
    ["the lowest bit first", () => of(8, Uint8Array.from([0, 128, 64, 192, 64, 0]), { 266: 2 })],
    [
      "with smaller copies",
      () => craftTiff([greyPage(3, 2, 8, Uint8Array.from(rows.flat())), greyPage(1, 1, 8, Uint8Array.of(9))]),
    ],
  ];
  test.each(each)("%s", async (_, make) => {
    expect(await labelsOf(make())).toEqual(rows);
  });
});

describe("what has no labels is refused", () => {
  const begin = "expected a PNG or TIFF with a whole number for each pixel, but";
  const floating = (values: readonly number[]) =>
    craftTiff([greyPage(2, 1, 32, new Uint8Array(Float32Array.from(values).buffer), { 339: 3 })]);
  const each: [string, string, () => Promise<Uint8Array> | Uint8Array][] = [
    [
      "colours",
      "it has a colour (1 2 3 at x 0, y 0): expected one value for each class.",
      () => craftPng({ width: 1, height: 1, depth: 8, colour: 2, row: () => [1, 2, 3] }),
    ],
    ["fractions", "it has 0.5 at x 1, y 0: expected whole numbers from 0 to 65535.", () => floating([1, 0.5])],
    ["numbers below 0", "it has -1 at x 0, y 0: expected whole numbers from 0 to 65535.", () => floating([-1, 0])],
    ["no numbers", "it has NaN at x 0, y 0: expected whole numbers from 0 to 65535.", () => floating([Number.NaN, 0])],
    [
      "CMYK",
      "its pixels are colours of another kind (photometric 5): expected grey values.",
      () => craftTiff([greyPage(1, 1, 8, Uint8Array.of(1, 2, 3, 4), { 262: 5, 277: 4, 258: [8, 8, 8, 8] })]),
    ],
    ["a JPEG", "it is a JPEG, which changes values at edges.", () => grey().jpeg().toBuffer()],
    [
      "a JPEG in a TIFF",
      "it is packed by JPEG: expected none, LZW, Deflate or PackBits.",
      () => grey().tiff({ compression: "jpeg" }).toBuffer(),
    ],
    ["a WebP", "it is a WebP, which changes values.", () => grey().webp({ lossless: true }).toBuffer()],
    ["a GIF", "it is a GIF.", () => grey().gif().toBuffer()],
    ["a text", "it is neither of them.", () => Buffer.from("a text")],
    [
      "a turned TIFF",
      "it is to be turned, as its tag 274 says; save it upright.",
      () => craftTiff([greyPage(1, 1, 8, Uint8Array.of(1), { 274: 6 })]),
    ],
    [
      "a turned PNG",
      "it is to be turned, as its EXIF says; save it upright.",
      () => grey().withMetadata({ orientation: 6 }).png().toBuffer(),
    ],
    [
      "several maps",
      "it has 2 pages: expected one, or smaller copies of it.",
      () => craftTiff([greyPage(1, 1, 8, Uint8Array.of(1)), greyPage(1, 1, 8, Uint8Array.of(2))]),
    ],
    [
      "a PNG that breaks off",
      "its data are damaged or break off.",
      async () => (await grey().png().toBuffer()).subarray(0, 90),
    ],
    ["a TIFF that breaks off", "its data break off.", async () => craftTiff([greyPage(9, 9, 8, Uint8Array.of(1))])],
  ];
  test.each(each)("%s", async (_, message, make) => {
    await expect(labelsOf(await make())).rejects.toThrow(`${begin} ${message}`);
  });
});

test("a map that is too large is refused by its head", async () => {
  const huge = craftPng({ width: 60_000, height: 60_000, depth: 8, colour: 0, row: () => [] }).subarray(0, 200);
  await expect(labelsOf(huge)).rejects.toThrow("has 60000×60000 pixels: expected at most 268435456 in all.");
});
