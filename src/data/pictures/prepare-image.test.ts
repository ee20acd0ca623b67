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
