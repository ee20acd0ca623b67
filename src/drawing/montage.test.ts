import { describe, expect, it } from "vitest";
import type { Image } from "../data/pictures/image.js";
import { classTarget } from "../data/target.js";
import { enlargeImage, montage, sampleImage } from "./montage.js";

const grey = (width: number, ...data: readonly number[]): Image => ({
  width,
  height: data.length / width,
  channels: 1,
  data: Uint8Array.from(data),
});

describe("a montage", () => {
  it("has its pictures row after row with gaps between them", () => {
    const images = [grey(2, 1, 2), grey(2, 3, 4), grey(2, 5, 6)];
    const { width, height, data, opaque } = montage(images, { columns: 2, spacing: 1, gap: 9 });
    expect([width, height]).toEqual([5, 3]);
    expect([...data]).toEqual([1, 2, 9, 3, 4, 9, 9, 9, 9, 9, 5, 6, 9, 9, 9]);
    expect([...opaque]).toEqual([255, 255, 0, 255, 255, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0]);
  });

  it("keeps the channels of colour pictures apart", () => {
    const images = [1, 2].map(
      (n): Image => ({ width: 1, height: 1, channels: 3, data: Uint8Array.of(n, 10 * n, 100 * n) }),
    );
    expect([...montage(images, { spacing: 1 }).data]).toEqual([1, 255, 2, 10, 255, 20, 100, 255, 200]);
  });

  it("is about twice as wide as high unless told otherwise", () => {
    const images = Array.from({ length: 32 }, () => grey(1, 0));
    const { width, height } = montage(images, { spacing: 0 });
    expect([width, height]).toEqual([8, 4]);
  });

  it("is not made of nothing, nor of pictures of several sizes", () => {
    expect(() => montage([])).toThrow(/at least one picture/);
    expect(() => montage([grey(1, 1), grey(2, 1, 2)])).toThrow(/expected 1×1×1, got 1×1×2/);
  });
});

it("enlarges each pixel to a square", () => {
  expect(enlargeImage(grey(2, 1, 2, 3, 4), 2)).toEqual(grey(4, 1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4));
});

it("shows a sample as a picture of its epoch, if it has one channel or three", () => {
  const samples = {
    count: 2,
    shape: { channels: 1, height: 1, width: 2 },
    target: classTarget(["a"], [0, 0]),
    read: (index: number, epoch: number, into: Uint8Array, offset: number) => into.set([index, epoch], offset),
  };
  expect(sampleImage(samples, 1, 7)).toEqual(grey(2, 1, 7));
  expect(sampleImage({ ...samples, shape: { channels: 2, height: 1, width: 1 } }, 0)).toBeUndefined();
  const turned = {
    ...samples,
    ...{ shape: { channels: 3, height: 1, width: 1 }, order: "bgr" as const },
    read: (_: number, __: number, into: Uint8Array, offset: number) => into.set([3, 2, 1], offset),
  };
  expect([...(sampleImage(turned, 0)?.data ?? [])]).toEqual([1, 2, 3]);
});
