import { rm } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addFiles, flat, folderOf, idx, photo } from "../../../test/support/picture-folder.js";
import { openDataset } from "../sources/open-dataset-file.js";
import type { DatasetScan } from "./scan.js";
import { scanDataset } from "./scan-file.js";

let root: string;
let scan: DatasetScan;
const calls: string[] = [];

beforeAll(async () => {
  const one = await photo(1, 400, 300);
  const grey = sharp(await photo(6)).greyscale();
  const deep = Uint16Array.from({ length: 20 * 10 }, (_, i) => 300 * i);
  root = await folderOf({
    "train/cat/1.jpg": one,
    "train/cat/same.jpg": one,
    "train/cat/2.jpg": await photo(2),
    "train/cat/cut.jpg": (await photo(3)).subarray(0, 900),
    "train/dog/1.jpg": await photo(4),
    "train/dog/grey.png": await grey.clone().toColourspace("b-w").png().toBuffer(),
    "train/dog/glass.png": await sharp(await photo(7))
      .ensureAlpha(0.5)
      .png()
      .toBuffer(),
    // the same picture smaller, compressed more, in another format, of another class, in another part
    "test/dog/small.webp": await sharp(one).resize(120, 90).webp({ quality: 60 }).toBuffer(),
    "test/dog/mirrored.jpg": await sharp(one).flop().toBuffer(),
    "test/cat/tall.jpg": await sharp(await photo(8, 60, 40))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer(),
    "test/cat/deep.png": await sharp(deep, { raw: { width: 20, height: 10, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer(),
    "test/cat/rgb-grey.png": await grey.clone().toColourspace("srgb").png().toBuffer(),
  });
  scan = await scanDataset(await openDataset(root), { onProgress: (done, total) => calls.push(`${done}/${total}`) });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const named = (items: readonly number[]): string[] => items.map((i) => scan.dataset.items[i].path);
const picture = (path: string) => scan.pictures[scan.dataset.items.findIndex((item) => item.path === path)];

describe("what is in a data set", () => {
  test("is counted by class and part, without the broken ones, which are listed", () => {
    expect(scan.classes).toEqual([
      { name: "cat", count: 6, parts: { training: 3, test: 3 } },
      { name: "dog", count: 5, parts: { training: 3, test: 2 } },
    ]);
    expect(scan.broken).toEqual([
      { path: "train/cat/cut.jpg", reason: expect.stringMatching(/^its 900 bytes cannot be decoded \(/) },
    ]);
    expect([calls[0], calls.at(-1)]).toEqual(["1/12", "12/12"]);
  });

  test("is known by size, format, depth and colour", () => {
    expect(picture("train/cat/1.jpg")).toEqual({
      width: 400,
      height: 300,
      format: "jpeg",
      depth: 8,
      colour: "coloured",
      alpha: false,
    });
    expect(picture("test/cat/tall.jpg")).toMatchObject({ width: 40, height: 60 });
    expect(picture("test/cat/deep.png")).toMatchObject({ format: "png", depth: 16, colour: "grey" });
    expect(picture("train/dog/grey.png")).toMatchObject({ colour: "grey" });
    expect(picture("test/cat/rgb-grey.png")).toMatchObject({ colour: "grey as RGB" });
    expect(picture("train/dog/glass.png")).toMatchObject({ alpha: true });
  });

  test("is looked through for duplicates: of bytes, and of looks, across classes and parts", () => {
    expect(scan.exact.map(({ items, ...across }) => ({ ...across, items: named(items) }))).toEqual([
      { items: ["train/cat/1.jpg", "train/cat/same.jpg"], acrossClasses: false, acrossParts: false },
    ]);
    expect(scan.near.map(({ items, ...across }) => ({ ...across, items: named(items).sort() }))).toEqual([
      { items: ["test/dog/small.webp", "train/cat/1.jpg"], acrossClasses: true, acrossParts: true },
      { items: ["test/cat/rgb-grey.png", "train/dog/grey.png"], acrossClasses: true, acrossParts: true },
    ]);
  });
});

test("the mean of pictures is that of their pixels, over all and in each class", async () => {
  const folder = await folderOf({
    "a/1.png": await flat("png", 8, 8, [10, 20, 30]),
    "a/2.png": await flat("png", 8, 8, [20, 30, 41]),
    "b/3.png": await flat("png", 8, 8, [100, 101, 102]),
  });
  const { mean, classMeans } = await scanDataset(await openDataset(folder));
  expect([mean.width, mean.height]).toEqual([8, 8]);
  const corner = ({ data }: { data: Uint8Array }): number[] => [data[0], data[64], data[128]];
  // 130/3, 151/3, 173/3
  expect(corner(mean)).toEqual([43, 50, 58]);
  expect([...classMeans].map(([label, image]) => [label, corner(image)])).toEqual([
    [0, [15, 25, 36]],
    [1, [100, 101, 102]],
  ]);
  await rm(folder, { recursive: true });
});

test("packed pictures are looked at as they are", async () => {
  const folder = await folderOf({
    "train-images-idx3-ubyte": idx([3, 2, 2], [0, 50, 100, 150, 0, 50, 100, 150, 150, 50, 0, 0]),
    "train-labels-idx1-ubyte": idx([3], [0, 1, 1]),
  });
  const { exact, near, pictures, mean } = await scanDataset(await openDataset(folder));
  expect(exact).toEqual([{ items: [0, 1], acrossClasses: true, acrossParts: false }]);
  expect(near).toEqual([]);
  expect(pictures[2]).toMatchObject({ width: 2, height: 2, format: "idx", colour: "grey" });
  expect(mean).toMatchObject({ channels: 1, width: 2, height: 2 });
  expect([...mean.data]).toEqual([50, 50, 67, 100]);
  await rm(folder, { recursive: true });
});

test("groups in two parts are found", async () => {
  const list = "path,label,group,split\na.png,x,p1,train\nb.png,y,p1,test\nc.png,y,p2,test\n";
  const folder = await folderOf({ "list.csv": list });
  for (const name of ["a", "b", "c"]) await addFiles(folder, { [`${name}.png`]: await photo(name.charCodeAt(0)) });
  expect((await scanDataset(await openDataset(join(folder, "list.csv")))).groupsAcrossParts).toEqual(["p1"]);
  await rm(folder, { recursive: true });
});

test("every broken picture has its reason, however many there are", async () => {
  const whole = await photo(1);
  const cut = Array.from({ length: 30 }, (_, i) => [`a/${i}.jpg`, whole.subarray(0, 700)] as const);
  const folder = await folderOf({ ...Object.fromEntries(cut), "b/whole.jpg": whole });
  const { broken } = await scanDataset(await openDataset(folder));
  expect(broken.map(({ reason }) => reason)).toEqual(
    new Array(30).fill("its 700 bytes cannot be decoded (VipsJpeg: premature end of JPEG image)"),
  );
  await rm(folder, { recursive: true });
});

test("nothing to look at is said", async () => {
  const folder = await folderOf({ "a/1.png": "text" });
  await expect(scanDataset(await openDataset(folder))).rejects.toThrow(
    /^None of the 1 pictures can be decoded\. a\/1\.png: its 4 bytes cannot/,
  );
  await rm(folder, { recursive: true });
});
