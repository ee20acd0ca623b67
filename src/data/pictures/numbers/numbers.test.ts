import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CraftedPage, craftPng, craftTiff, greyPage } from "../../../../test/support/crafted.js";
import { addFiles, folderOf } from "../../../../test/support/picture-folder.js";
import { PREPROCESSING } from "../../../values/preprocessing.js";
import { openDataset } from "../../sources/open-dataset-file.js";
import { readImage } from "../image-file.js";
import { openPictures } from "../pictures-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-numbers-"));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function read(bytes: Uint8Array, channels: 1 | 3 = 1): Promise<number[]> {
  const path = join(folder, `${files++}.tif`);
  await writeFile(path, bytes);
  return [...(await readImage(path, { channels })).data];
}

type Numbers = Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;
const bytesOf = (numbers: Numbers): Uint8Array => new Uint8Array(numbers.buffer);
/** A grey TIFF of one row. */
const tiff = (numbers: Numbers, format: number, tags: CraftedPage["tags"] = {}): Buffer =>
  craftTiff([greyPage(numbers.length, 1, 8 * numbers.BYTES_PER_ELEMENT, bytesOf(numbers), { 339: format, ...tags })]);
const [WHOLE, SIGNED, FLOATING] = [1, 2, 3];

describe("a picture by itself: its numbers become bytes by a range of their kind", () => {
  test.each<[string, Numbers, number, number[]]>([
    ["floating from 0 to 1", Float32Array.of(0, 0.2, 1), FLOATING, [0, 51, 255]],
    ["floating of 64 bits", Float64Array.of(0, 0.2, 0.4), FLOATING, [0, 51, 102]],
    ["floating from −1 to 1", Float32Array.of(-1, 0, 1), FLOATING, [0, 128, 255]],
    ["floating up to 255", Float32Array.of(0, 17.2, 200), FLOATING, [0, 17, 200]],
    ["other floating numbers", Float32Array.of(-1000, 0, 1550), FLOATING, [0, 100, 255]],
    // halves: 0, ½ (0x3800), 1 (0x3c00)
    ["floating of 16 bits", Uint16Array.of(0, 0x3800, 0x3c00), FLOATING, [0, 128, 255]],
    ["16 bits, all used", Uint16Array.of(0, 257, 65535), WHOLE, [0, 1, 255]],
    ["12 of 16 bits", Uint16Array.of(0, 819, 4095), WHOLE, [0, 51, 255]],
    ["10 of 16 bits", Uint16Array.of(0, 1023, 341), WHOLE, [0, 255, 85]],
    ["8 of 16 bits", Uint16Array.of(0, 7, 250), WHOLE, [0, 7, 250]],
    ["16 bits with a sign: from the least to the largest", Int16Array.of(-1024, 3071, -1), SIGNED, [0, 255, 64]],
    ["8 bits with a sign", Int8Array.of(-100, 0, 155 - 100), SIGNED, [0, 165, 255]],
    ["32 bits", Uint32Array.of(0, 2 ** 31, 2 ** 32 - 1), WHOLE, [0, 128, 255]],
    ["12 of 32 bits with a sign", Int32Array.of(0, 819, 4000), SIGNED, [0, 51, 249]],
    ["all the same", Float32Array.of(300, 300), FLOATING, [0, 0]],
  ])("%s", async (_, numbers, format, expected) => {
    expect(await read(tiff(numbers, format))).toEqual(expected);
  });

  test("0 may be white", async () => {
    expect(await read(tiff(Uint16Array.of(0, 819, 4095), WHOLE, { 262: 0 }))).toEqual([255, 204, 0]);
    expect(await read(tiff(Float32Array.of(0, 0.2, 1), FLOATING, { 262: 0 }))).toEqual([255, 204, 0]);
  });

  test("colours share their range", async () => {
    const data = bytesOf(Float32Array.of(0, 0.2, 1));
    const tags = { 258: [32, 32, 32], 262: 2, 277: 3, 339: [3, 3, 3] };
    expect(await read(craftTiff([greyPage(1, 1, 32, data, tags)]), 3)).toEqual([0, 51, 255]);
  });

  test("12 of 16 bits in a PNG, and brought to a size", async () => {
    const row = [0, 819, 4095, 4095].flatMap((value) => [value >> 8, value & 255]);
    const bytes = craftPng({ width: 4, height: 1, depth: 16, colour: 0, row: () => row });
    expect(await read(bytes)).toEqual([0, 51, 255, 255]);
    const path = join(folder, "sized.png");
    await writeFile(path, bytes);
    const box = { x: 1, y: 0, width: 2, height: 1 };
    expect([...(await readImage(path, { channels: 1, box })).data]).toEqual([51, 255]);
    const { width, data } = await readImage(path, { channels: 3, size: { width: 8, height: 2, fit: "squash" } });
    expect([width, data.length]).toEqual([8, 48]);
  });
});

test.each([
  ["no number", tiff(Float32Array.of(1, Number.NaN), FLOATING), "it has NaN at x 1, y 0: expected finite numbers."],
  ["no end", tiff(Float32Array.of(1, Number.POSITIVE_INFINITY), FLOATING), "it has Infinity at x 1, y 0"],
  ["complex numbers", tiff(Float64Array.of(1, 2), 6), "it has complex numbers of 64 bits, which are not read."],
  [
    "Lab",
    craftTiff([greyPage(1, 1, 8, new Uint8Array(3), { 258: [8, 8, 8], 262: 8, 277: 3 })]),
    "its colours are Lab: expected grey, RGB or CMYK.",
  ],
  [
    "five channels",
    craftTiff([greyPage(1, 1, 8, new Uint8Array(5), { 258: [8, 8, 8, 8, 8], 277: 5 })]),
    "it has 5 numbers for each pixel: expected grey, RGB or CMYK.",
  ],
  [
    "four numbers that are called grey",
    craftTiff([greyPage(1, 1, 8, new Uint8Array(4), { 258: [8, 8, 8, 8], 277: 4 })]),
    "it has 4 numbers for each pixel, and calls them grey: expected grey, RGB or CMYK.",
  ],
  [
    "Zstandard",
    tiff(Uint16Array.of(0, 1), WHOLE, { 259: 50000 }),
    "it is packed by ZSTD, which is not read; save it without packing, or by LZW or Deflate.",
  ],
  [
    "turned floating numbers",
    tiff(Float32Array.of(0, 1), FLOATING, { 274: 6 }),
    "it is to be turned, as its tag 274 says; save it upright.",
  ],
])("%s is refused by name", async (_, bytes, message) => {
  await expect(read(bytes)).rejects.toThrow(`but ${message}`);
});

describe("what a pixel has beside its colours", () => {
  /** One colour of 4×4 pixels. */
  const plain = (pixel: readonly number[], bits: 8 | 16, tags: CraftedPage["tags"]): Buffer => {
    const all = Array.from({ length: 16 }, () => pixel).flat();
    const data = bits === 8 ? Uint8Array.from(all) : bytesOf(Uint16Array.from(all));
    return craftTiff([greyPage(4, 4, bits, data, { 258: pixel.map(() => bits), 277: pixel.length, ...tags })]);
  };

  test.each<[string, Buffer, number]>([
    ["near infrared is left out", plain([50, 50, 50, 100], 8, { 262: 2, 338: 0 }), 50],
    ["so it is where nothing is said of it", plain([50, 50, 50, 100], 8, { 262: 2 }), 50],
    ["beside grey, too", plain([127, 64], 8, { 338: 0 }), 127],
    // 255 · 511 / 1023
    ["and in 16 bits", plain([511, 511, 511, 1000], 16, { 262: 2, 338: 0 }), 127],
    // 0.4 · 50 + 0.6 · 255
    ["an opacity is not", plain([50, 50, 50, 102], 8, { 262: 2, 338: 2 }), 173],
    // 20 + 0.6 · 255
    ["one that the colours are multiplied by neither", plain([20, 20, 20, 102], 8, { 262: 2, 338: 1 }), 173],
  ])("%s", async (_, bytes, grey) => {
    const path = join(folder, `${files++}.tif`);
    await writeFile(path, bytes);
    const size = { width: 2, height: 2, fit: "squash" } as const;
    for (const how of [{}, { size }, { box: { x: 1, y: 1, width: 2, height: 2 } }]) {
      const { data } = await readImage(path, { channels: 1, ...how });
      for (const byte of data) expect(Math.abs(byte - grey)).toBeLessThanOrEqual(1);
    }
  });

  test("is said", async () => {
    const dataset = await openDataset(
      await folderOf({
        "a/1.tif": plain([50, 50, 50, 100], 8, { 262: 2, 338: 0 }),
        "b/1.tif": plain([50, 60, 70, 100], 8, { 262: 2, 338: 2 }),
      }),
    );
    const pictures = await openPictures(dataset);
    await pictures.close();
    expect(pictures.warnings).toEqual([
      "1 picture has a number more for each pixel than the colours need, and it is no opacity (tag 338 of the TIFF says so), such as near infrared: it is left out (a/1.tif).",
    ]);
  });
});

test("floating numbers may be stored as differences of their bytes", async () => {
  // 1 and ½ are 3f800000 and 3f000000: their first bytes 3f 3f, then 80 00, then zeros
  const data = deflateSync(Uint8Array.of(0x3f, 0, 0x80 - 0x3f, 0x100 - 0x80, 0, 0, 0, 0));
  expect(await read(craftTiff([greyPage(2, 1, 32, data, { 259: 8, 317: 3, 339: FLOATING })]))).toEqual([255, 128]);
});

test("ranges are said in exact whole numbers", async () => {
  const dataset = await openDataset(
    await folderOf({
      "a/1.tif": tiff(Uint32Array.of(3, 90_123_457), WHOLE),
      "b/1.tif": tiff(Uint32Array.of(5, 7), WHOLE),
    }),
  );
  const pictures = await openPictures(dataset);
  await pictures.close();
  expect(pictures.warnings).toEqual([
    "2 pictures have 32 bits, from 3 to 90123457: 0 becomes black and 4294967295 white, in all of them.",
  ]);
});

test("a picture of more than 268 million pixels is refused by its size", async () => {
  const huge = craftPng({ width: 60_000, height: 60_000, depth: 8, colour: 0, row: () => [] });
  await expect(read(huge.subarray(0, 300))).rejects.toThrow(
    "it measures 60000×60000: expected at most 268 million pixels.",
  );
});

describe("the pictures of a data set share their range", () => {
  const dataOf = async (of: Readonly<Record<string, Uint8Array>>) => openDataset(await folderOf(of));
  const bytesIn = async (dataset: Awaited<ReturnType<typeof dataOf>>, options = {}) => {
    const pictures = await openPictures(dataset, options);
    const samples = pictures.samples();
    const all = samples.items.map(({ path }, i) => {
      const into = new Uint8Array(samples.shape.channels * samples.shape.height * samples.shape.width);
      samples.read(i, 0, into, 0);
      return [path, [...into]];
    });
    await pictures.close();
    return { bytes: Object.fromEntries(all), pictures };
  };

  test("which is found over all of them, said, and part of what a model keeps", async () => {
    const dataset = await dataOf({
      "a/1.tif": tiff(Int16Array.of(-1000, 0), SIGNED),
      "a/2.tif": tiff(Uint16Array.of(0, 1023), WHOLE),
      "b/1.tif": tiff(Int16Array.of(0, 1550), SIGNED),
      "b/2.tif": tiff(Uint16Array.of(819, 4000), WHOLE),
      "b/3.png": await sharp(Uint8Array.of(3, 250), { raw: { width: 2, height: 1, channels: 1 } })
        .toColourspace("b-w")
        .png()
        .toBuffer(),
    });
    const { bytes, pictures } = await bytesIn(dataset);
    expect(bytes).toEqual({
      "a/1.tif": [0, 100],
      "a/2.tif": [0, 64],
      "b/1.tif": [100, 255],
      "b/2.tif": [51, 249],
      "b/3.png": [3, 250],
    });
    expect([...pictures.warnings].sort()).toEqual([
      "2 pictures have 16 bits with a sign, from -1000 to 1550: -1000 becomes black and 1550 white, in all of them.",
      "2 pictures have 16 bits, from 0 to 4000: 0 becomes black and 4095 white, in all of them.",
    ]);
    expect(pictures.preprocessing.ranges).toEqual({ int16: [-1000, 1550], uint16: [0, 4095] });

    // the same model on brighter pictures, and on others that it knows no range for
    await addFiles(dataset.root, {
      "a/2.tif": tiff(Uint16Array.of(0, 65535), WHOLE),
      "a/4.tif": tiff(Float32Array.of(0, 1), FLOATING),
      "a/5.tif": tiff(Float32Array.of(1, Number.NaN), FLOATING),
    });
    const again = await bytesIn(await openDataset(dataset.root), { preprocessing: pictures.preprocessing });
    expect(again.bytes["a/2.tif"]).toEqual([0, 255]);
    expect(again.bytes["b/2.tif"]).toEqual([51, 249]);
    expect(again.pictures.warnings).toEqual([
      "1 picture has numbers beyond the range of those that the model was trained on: they count as black or white.",
    ]);
    expect(again.pictures.broken).toEqual([
      {
        path: "a/4.tif",
        reason:
          "it has floating numbers, and the model says no range for them: it is not known which are black and white",
      },
      { path: "a/5.tif", reason: "it has NaN at x 1, y 0: expected finite numbers" },
    ]);
  });

  test("16 bits that are all used are said as well, and several pages or frames", async () => {
    const frames = [0, 255].map((grey) => ({
      create: { width: 2, height: 1, channels: 3 as const, background: { r: grey, g: grey, b: grey } },
    }));
    const raws = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()));
    const dataset = await dataOf({
      "a/1.tif": tiff(Uint16Array.of(0, 65535), WHOLE),
      "a/2.gif": await sharp(raws, { join: { animated: true } })
        .gif()
        .toBuffer(),
      "a/3.png": craftPng({
        ...{ width: 2, height: 1, depth: 8, colour: 0, row: () => [3, 4] },
        chunks: [["acTL", Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0)]],
      }),
      "b/1.tif": craftTiff([1, 2].map((value) => greyPage(2, 1, 8, Uint8Array.of(value, value)))),
      "b/2.tif": craftTiff([greyPage(2, 1, 8, Uint8Array.of(5, 6)), greyPage(1, 1, 8, Uint8Array.of(5))]),
    });
    const { pictures, bytes } = await bytesIn(dataset, { channels: 1 });
    expect(pictures.warnings).toEqual([
      "1 picture has 16 bits, from 0 to 65535: 0 becomes black and 65535 white, in all of them.",
      "3 pictures have several pages or frames: only the first is read (a/2.gif, a/3.png, b/1.tif).",
    ]);
    expect(bytes["b/1.tif"]).toEqual([1, 1]);
    expect(pictures.preprocessing.ranges).toEqual({ uint16: [0, 65535] });
  });

  test("a model that was trained on bytes takes 16 bits as any data set's are taken", async () => {
    const dataset = await dataOf({
      "a/1.tif": tiff(Uint16Array.of(0, 819), WHOLE),
      "b/1.tif": tiff(Uint16Array.of(819, 4000), WHOLE),
    });
    const preprocessing = PREPROCESSING.make({ width: 2, height: 1, channels: 1, fit: "squash" });
    const { bytes, pictures } = await bytesIn(dataset, { preprocessing });
    expect(bytes).toEqual({ "a/1.tif": [0, 51], "b/1.tif": [51, 249] });
    expect(pictures.warnings).toEqual([
      "2 pictures have 16 bits, from 0 to 4000: 0 becomes black and 4095 white, in all of them.",
    ]);
  });

  test("a model's preprocessing stands in place of size, rule and channels", async () => {
    const dataset = await dataOf({ "a/1.tif": tiff(Uint16Array.of(0, 65535), WHOLE) });
    const preprocessing = PREPROCESSING.make({ width: 2, height: 1, channels: 1, fit: "pad" });
    await expect(openPictures(dataset, { preprocessing, fit: "crop" })).rejects.toThrow(
      "Give either preprocessing, or size, fit, channels, rate and seconds: it has them.",
    );
  });
});
