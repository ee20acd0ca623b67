import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { arrangeImage } from "./arrange.js";

interface Crop {
  readonly height: number;
  readonly width: number;
  readonly image: string;
  readonly result: string;
}
const { crops }: { readonly crops: readonly Crop[] } = JSON.parse(readFileSync("test/fixtures/resize.json", "utf8"));
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

test.each(crops)("torchvision's Resize(24) and CenterCrop(20) of $width×$height, in every byte", (crop) => {
  const { height, width, image, result } = crop;
  const rule = { width: 20, height: 20, fit: "crop", border: [4, 4], resampling: "pil-bilinear" } as const;
  expect(arrangeImage({ width, height, channels: 3, data: bytes(image) }, rule, 255).data).toEqual(bytes(result));
});

test("a border is cut off of a squashed and of a padded picture", () => {
  const image = { width: 4, height: 2, channels: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80) } as const;
  const rule = { width: 2, height: 2, border: [0, 2], resampling: "pil-nearest" } as const;
  expect([...arrangeImage(image, { ...rule, fit: "squash" }, 255).data]).toEqual([20, 30, 60, 70]);
  // 4×4 with one row of ground above and below, of which the middle two columns stay
  const square = { ...rule, height: 4, fit: "pad" } as const;
  expect([...arrangeImage(image, square, 0).data]).toEqual([0, 0, 20, 30, 60, 70, 0, 0]);
});
