import { existsSync } from "node:fs";
import { readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addFiles, flat, folderOf, idx, photo } from "../../../test/support/picture-folder.js";
import type { Samples } from "../samples.js";
import { openDataset } from "../sources/open-dataset-file.js";
import { classTarget } from "../target.js";
import { readImage } from "./image-file.js";
import { normalizationOf, pixelStatistics } from "./mean.js";
import { median, proposeSize } from "./picture-size.js";
import { openPictures } from "./pictures-file.js";

const COUNT = 12;
const size = { width: 16, height: 12 };
let root: string;
let cache: string;
let expected: Uint8Array[];

beforeAll(async () => {
  root = await folderOf({});
  cache = await folderOf({});
  for (let i = 0; i < COUNT; i++)
    await addFiles(root, { [`${i % 2 === 0 ? "even" : "odd"}/${i}.jpg`]: await photo(i) });
  const { items } = await openDataset(root);
  const options = { channels: 3, size: { ...size, fit: "squash" } } as const;
  expected = await Promise.all(items.map(async ({ path }) => (await readImage(join(root, path), options)).data));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(cache, { recursive: true, force: true });
});

/** All samples, read in batches of five, each prepared before the one ahead of it is read, as training does it. */
async function epoch(samples: Samples): Promise<Uint8Array[]> {
  const bytes = samples.shape.channels * samples.shape.height * samples.shape.width;
  const batches: number[][] = [];
  for (let i = 0; i < samples.count; i += 5) {
    batches.push(Array.from({ length: Math.min(5, samples.count - i) }, (_, k) => i + k));
  }
  const read: Uint8Array[] = [];
  await samples.prepare?.(batches[0], 1);
  for (const [b, batch] of batches.entries()) {
    const ahead = batches[b + 1] && samples.prepare?.(batches[b + 1], 1);
    for (const index of batch) {
      const into = new Uint8Array(bytes + 1);
      samples.read(index, 1, into, 1);
      read.push(into.subarray(1));
    }
    await ahead;
  }
  return read;
}

describe("the pictures of a data set", () => {
  test("are decoded at once, to the size and the channels asked for", async () => {
    const dataset = await openDataset(root);
    const calls: number[] = [];
    const pictures = await openPictures(dataset, {
      size,
      onProgress: (done, total, pass) => pass === "decoded" && calls.push(done / total),
    });
    expect(calls).toEqual(Array.from({ length: COUNT }, (_, i) => (i + 1) / COUNT));
    const samples = pictures.samples();
    expect(samples.shape).toEqual({ channels: 3, ...size });
    expect(samples.target.names).toEqual(["even", "odd"]);
    expect([...Array.from(samples.target.labels)].join("")).toBe("000000111111");
    expect(await epoch(samples)).toEqual(expected);
    const part = pictures.samples([11, 0]);
    expect(part.items.map(({ path }) => path)).toEqual(["odd/11.jpg", "even/0.jpg"]);
    expect(await epoch(part)).toEqual([expected[11], expected[0]]);
  });

  test("are decoded once and kept in a file, which the next run uses", async () => {
    const dataset = await openDataset(root);
    // 576 bytes each: not all fit into memory
    const first = await openPictures(dataset, { size, memory: 3 * 576, cache, lazy: true });
    expect(() => first.samples().read(0, 1, new Uint8Array(576), 0)).toThrow(
      "The picture even/0.jpg is not decoded yet: call prepare before read, or open without lazy.",
    );
    expect(await epoch(first.samples())).toEqual(expected);
    expect(first.decodedCount).toBe(COUNT);
    expect(await epoch(first.samples())).toEqual(expected);
    expect(first.decodedCount).toBe(COUNT);
    await first.close();

    const second = await openPictures(dataset, { size, cache });
    expect(await epoch(second.samples())).toEqual(expected);
    expect(second.decodedCount).toBe(0);
    await second.close();
  });

  test("are decoded anew where the cache is damaged, of another size, or older than a picture", async () => {
    const dataset = await openDataset(root);
    const own = join(cache, "own");
    await (await openPictures(dataset, { size, cache: own })).close();
    const [name] = await readdir(own);
    // the third picture loses a byte
    const file = await readFile(join(own, name));
    file[2 * 580 + 100] ^= 1;
    await writeFile(join(own, name), file.subarray(0, 11 * 580 + 7));
    const repaired = await openPictures(dataset, { size, cache: own });
    expect(repaired.decodedCount).toBe(2);
    expect(await epoch(repaired.samples())).toEqual(expected);
    await repaired.close();

    const other = await openPictures(dataset, { size: { width: 8, height: 8 }, cache: own });
    expect(other.decodedCount).toBe(COUNT);
    await other.close();
    expect(await readdir(own)).toHaveLength(2);
    await utimes(join(root, "even/0.jpg"), 1, 1);
    const changed = await openPictures(dataset, { size, cache: own });
    expect(changed.decodedCount).toBe(COUNT);
    await changed.close();
    // the file of the earlier state is gone
    expect(await readdir(own)).not.toContain(name);
    expect(await readdir(own)).toHaveLength(2);
  });

  test("that are broken are left out and listed; lazily, the batch that holds one says so", async () => {
    const files = {
      "a/good.jpg": await photo(1),
      "a/cut.jpg": (await photo(2)).subarray(0, 700),
      "b/text.png": "no picture",
      "b/good.png": await flat("png", 30, 20, [1, 2, 3]),
      "b/empty.png": "",
    };
    const folder = await folderOf(files);
    const dataset = await openDataset(folder);
    const pictures = await openPictures(dataset);
    expect(pictures.broken.map(({ path }) => path)).toEqual(["a/cut.jpg", "b/empty.png", "b/text.png"]);
    expect(pictures.broken.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^its 700 bytes cannot be decoded \(/),
      "the file is empty",
      expect.stringMatching(/^its 10 bytes cannot be decoded \(.*unsupported image format\)$/),
    ]);
    // the median of 96×72, 96×72 and 30×20
    expect(pictures.shape).toEqual({ channels: 3, width: 96, height: 72 });
    expect(pictures.samples().items.map(({ path }) => path)).toEqual(["a/good.jpg", "b/good.png"]);
    const lazy = await openPictures(dataset, { size, channels: 3, lazy: true });
    await expect(lazy.samples().prepare([0, 1], 1)).rejects.toThrow(
      /The picture .*a\/cut\.jpg is broken: its 700 bytes/,
    );
    await rm(folder, { recursive: true });
  });

  test("are no training set when all are broken", async () => {
    const folder = await folderOf({ "a/1.png": "", "b/2.png": "text" });
    const dataset = await openDataset(folder);
    await expect(openPictures(dataset)).rejects.toThrow(
      `None of the 2 pictures in ${folder} can be opened: a/1.png, b/2.png. The first one: the file is empty.`,
    );
    await expect(openPictures(dataset, { size, channels: 1 })).rejects.toThrow(
      "None of the 2 pictures can be decoded. a/1.png: the file is empty.",
    );
    await rm(folder, { recursive: true });
  });

  test("are grey where all files are", async () => {
    const grey = await sharp(await photo(1))
      .greyscale()
      .toColourspace("b-w")
      .png()
      .toBuffer();
    const folder = await folderOf({ "a/1.png": grey, "b/2.png": grey });
    expect((await openPictures(await openDataset(folder))).shape.channels).toBe(1);
    await addFiles(folder, { "b/3.png": await photo(3, 96, 72, "png") });
    expect((await openPictures(await openDataset(folder))).shape.channels).toBe(3);
    expect((await openPictures(await openDataset(folder), { channels: 1 })).shape.channels).toBe(1);
    await rm(folder, { recursive: true });
  });

  test("from IDX files are as they are, or made to a size", async () => {
    const folder = await folderOf({
      "train-images-idx3-ubyte": idx([2, 2, 2], [0, 0, 0, 0, 80, 80, 80, 80]),
      "train-labels-idx1-ubyte": idx([2], [0, 1]),
    });
    const dataset = await openDataset(folder);
    const native = await openPictures(dataset);
    expect((await epoch(native.samples())).map((bytes) => [...bytes])).toEqual([
      [0, 0, 0, 0],
      [80, 80, 80, 80],
    ]);
    expect(native.decodedCount).toBe(0);
    const larger = await openPictures(dataset, { size: { width: 3, height: 1 }, channels: 3 });
    expect((await epoch(larger.samples())).map((bytes) => [...bytes])).toEqual([
      new Array(9).fill(0),
      new Array(9).fill(80),
    ]);
    await rm(folder, { recursive: true });
  });

  test("say when they cannot be kept", async () => {
    const dataset = await openDataset(root);
    const file = join(cache, "file");
    await writeFile(file, "");
    await expect(openPictures(dataset, { size, cache: file })).rejects.toThrow(
      `The decoded pictures cannot be kept in ${file}: it is a file, not a folder`,
    );
    await expect(
      openPictures(dataset, { size: { width: 1e6, height: 1e6 }, channels: 3, cache, lazy: true }),
    ).rejects.toThrow(/cannot be kept in .*: it needs 36000\.0 GB, and \d+\.\d GB of that are not free\.$/);
    await expect(openPictures(dataset, { size: { width: 0, height: 1 } })).rejects.toThrow(/the size of the pictures/);
  });
});

test("a size is proposed from the median, at most 224, in eights", () => {
  expect(
    proposeSize([
      { width: 30, height: 21 },
      { width: 30, height: 21 },
    ]),
  ).toEqual({ width: 30, height: 21 });
  const sizes = [
    { width: 500, height: 300 },
    { width: 400, height: 320 },
    { width: 640, height: 200 },
  ];
  // medians 500 and 300; 224/500 · 300 = 134.4
  expect(proposeSize(sizes)).toEqual({ width: 224, height: 136 });
  expect(
    proposeSize([
      { width: 2, height: 3 },
      { width: 2, height: 101 },
    ]),
  ).toEqual({ width: 8, height: 8 });
  expect(median([10, 9, 100])).toBe(10);
  expect(() => proposeSize([])).toThrow(/only where there is a picture/);
});

describe("the mean", () => {
  // two pictures of two channels and 1×2 pixels
  const data = [
    [0, 10, 100, 200],
    [20, 30, 100, 0],
  ];
  const samples: Samples = {
    count: 2,
    shape: { channels: 2, height: 1, width: 2 },
    target: classTarget(["a"], [0, 0]),
    read: (index, _, into, offset) => into.set(data[index], offset),
  };

  test("of a pixel, of each channel, and of the picture, with the deviations", async () => {
    const { pixel, channel, image, pixelDeviation, channelDeviation } = await pixelStatistics(samples);
    expect(pixel).toBe(460 / 8);
    expect(channel).toEqual([15, 100]);
    expect([...image]).toEqual([10, 20, 100, 100]);
    // Σx² = 0 + 100 + 400 + 900 + 10 000 + 40 000 + 10 000 + 0 = 61 400; deviations from 15: 500 in all, from 100: 20 000
    expect(pixelDeviation).toBeCloseTo(Math.sqrt(61_400 / 8 - 57.5 ** 2), 10);
    expect(channelDeviation).toBeCloseTo(Math.sqrt(20_500 / 8), 10);
  });

  // Published for Fashion-MNIST's training part, with bytes as 0 … 1: mean 0.2860, deviation 0.3530
  const fashion = "/usr/share/datasets/fashion-mnist";
  test.skipIf(!existsSync(fashion))("of Fashion-MNIST is as published", async () => {
    const dataset = await openDataset(fashion);
    const training = dataset.items.flatMap(({ split }, i) => (split === "training" ? [i] : []));
    const { mean, scale } = await normalizationOf((await openPictures(dataset)).samples(training));
    expect(mean[0] / 255).toBeCloseTo(0.286, 4);
    expect(1 / scale / 255).toBeCloseTo(0.353, 4);
  });

  test("gives the normalisation", async () => {
    expect(await normalizationOf(samples)).toEqual({ mean: [15, 100], scale: 1 / Math.sqrt(20_500 / 8) });
    expect(await normalizationOf(samples, { mean: "pixel", scale: 2 })).toEqual({ mean: [57.5, 57.5], scale: 2 });
    // deviations from the mean picture: 10, 20, 0, 100, each twice
    const image = await normalizationOf(samples, { mean: "image" });
    expect(image.mean).toEqual([10, 20, 100, 100]);
    expect(1 / image.scale).toBeCloseTo(Math.sqrt((2 * (100 + 100 + 0 + 10_000)) / 8), 10);
    const flat = {
      ...samples,
      count: 1,
      read: (_: number, __: number, into: Uint8Array, at: number) => into.fill(9, at, at + 4),
    };
    expect(await normalizationOf(flat)).toEqual({ mean: [9, 9], scale: 1 / 255 });
    await expect(normalizationOf({ ...samples, count: 0 })).rejects.toThrow("There is no mean of no samples.");
  });
});
