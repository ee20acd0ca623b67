import { rm } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { folderOf, photo } from "../../../test/support/picture-folder.js";
import { FITS, PREPROCESSING } from "../../values/preprocessing.js";
import { preparePicture } from "./image-file.js";
import { prepareImage } from "./prepare-image.js";

test.each(
  FITS.flatMap((fit) =>
    [1, 3].flatMap((channels) =>
      [[96, 72] as const, [37, 53] as const, [16, 12] as const].map(([width, height]) => ({
        fit,
        channels,
        width,
        height,
      })),
    ),
  ),
)("pixels of $width×$height come to 32×24 by $fit in $channels channels as a file does", async (given) => {
  const { fit, channels, width, height } = given;
  const folder = await folderOf({ "photo.png": await photo(3, width, height, "png") });
  const path = join(folder, "photo.png");
  const preprocessing = PREPROCESSING.make({ width: 32, height: 24, channels: channels === 1 ? 1 : 3, fit });
  const data = await sharp(path).ensureAlpha().raw().toBuffer();
  const [own, libvips] = [
    prepareImage({ width, height, data }, preprocessing),
    await preparePicture(path, preprocessing),
  ];
  expect({ ...own, data: own.data.length }).toEqual({ ...libvips, data: libvips.data.length });
  const off = own.data.map((byte, i) => Math.abs(byte - libvips.data[i]));
  expect(Math.max(...off)).toBeLessThanOrEqual(1);
  await rm(folder, { recursive: true });
});

test.each([
  { resampling: "pil-bilinear", border: [4, 6], background: "black" },
  { resampling: "opencv-area", border: [0, 0], order: "bgr" },
  { resampling: "matlab-bicubic", background: "none" },
  { resampling: "lanczos3", border: [4, 4], order: "bgr" },
] as const)("a file and pixels come to the same by $resampling", async (rule) => {
  const folder = await folderOf({ "photo.png": await photo(3, 50, 41, "png") });
  const path = join(folder, "photo.png");
  const { data: colours } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  // parts of it are transparent
  const data = Buffer.alloc(4 * 50 * 41);
  const isFlat = rule.resampling === "lanczos3";
  for (let i = 0; i < 50 * 41; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = colours[3 * i + c];
    data[4 * i + 3] = isFlat || i % 50 < 30 ? 255 : i % 7 === 0 ? 0 : 99;
  }
  const file = join(folder, "parts.png");
  await sharp(data, { raw: { width: 50, height: 41, channels: 4 } })
    .png()
    .toFile(file);
  for (const fit of FITS) {
    const preprocessing = PREPROCESSING.make({ width: 32, height: 24, channels: 3, fit, ...rule });
    const own = prepareImage({ width: 50, height: 41, data }, preprocessing);
    const ofFile = await preparePicture(file, preprocessing);
    expect(own.data.length).toBe(ofFile.data.length);
    expect(Math.max(...own.data.map((byte, i) => Math.abs(byte - ofFile.data[i])))).toBeLessThanOrEqual(1);
  }
  await rm(folder, { recursive: true });
});

test("transparent parts are seen on white or black, or as if they were opaque; channels in either order", () => {
  const data = Uint8Array.of(10, 20, 30, 0, 40, 50, 60, 255);
  const of = (given: object): number[] => {
    const preprocessing = PREPROCESSING.make({ width: 2, height: 1, channels: 3, fit: "squash", ...given });
    return [...prepareImage({ width: 2, height: 1, data }, preprocessing).data];
  };
  expect(of({})).toEqual([255, 40, 255, 50, 255, 60]);
  expect(of({ background: "black" })).toEqual([0, 40, 0, 50, 0, 60]);
  expect(of({ background: "none" })).toEqual([10, 40, 20, 50, 30, 60]);
  expect(of({ background: "none", order: "bgr" })).toEqual([30, 60, 20, 50, 10, 40]);
  expect(() => PREPROCESSING.make({ width: 2, height: 1, channels: 1, fit: "squash", order: "bgr" })).toThrow("order");
});

test("what is transparent is laid on white, by shares", () => {
  const preprocessing = PREPROCESSING.make({ width: 3, height: 1, channels: 3, fit: "squash" });
  // opaque; nothing; black at 51 of 255: 255·(1 − 0.2) = 204
  const data = Uint8Array.of(10, 20, 30, 255, 1, 2, 3, 0, 0, 0, 0, 51);
  expect([...prepareImage({ width: 3, height: 1, data }, preprocessing).data]).toEqual([
    ...[10, 255, 204],
    ...[20, 255, 204],
    ...[30, 255, 204],
  ]);
});

test("pixels without opacity are refused", () => {
  const preprocessing = PREPROCESSING.make({ width: 1, height: 1, channels: 3, fit: "squash" });
  expect(() => prepareImage({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }, preprocessing)).toThrow(
    "Invalid value for pixels: expected 1×1×4 bytes, at least one pixel, got 3.",
  );
});
