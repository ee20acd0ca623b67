import { expect, test } from "vitest";
import { classTarget } from "../target.js";
import { cropViews, viewedSamples } from "./views.js";

test("ten views in the order of torchvision's TenCrop", () => {
  const size = { width: 224, height: 224 };
  const views = cropViews({ width: 256, height: 250 }, size, 10);
  expect(views.slice(0, 5).map(({ left, top }) => [left, top])).toEqual([
    [0, 0],
    [32, 0],
    [0, 26],
    [32, 26],
    [16, 13],
  ]);
  expect(views.slice(5).map(({ left, mirrored }) => [left, mirrored])).toEqual(
    [32, 0, 32, 0, 16].map((left) => [left, true]),
  );
  expect(cropViews({ width: 256, height: 256 }, size, 1)).toEqual([{ left: 16, top: 16, mirrored: false }]);
  expect(() => cropViews({ width: 200, height: 256 }, size, 1)).toThrow("does not fit into 200×256");
});

test("TenCrop((4, 5)) of torchvision 0.29 on 9 rows of 12 pixels", () => {
  const views = cropViews({ width: 12, height: 9 }, { width: 5, height: 4 }, 10);
  expect(views.map(({ left, top, mirrored }) => [left, top, mirrored])).toEqual([
    ...[
      [0, 0, false],
      [7, 0, false],
      [0, 5, false],
      [7, 5, false],
      [4, 2, false],
    ],
    ...[
      [7, 0, true],
      [0, 0, true],
      [7, 5, true],
      [0, 5, true],
      [3, 2, true],
    ],
  ]);
});

test("what is seen of an image", () => {
  // 1 2 3
  // 4 5 6
  const samples = {
    count: 1,
    shape: { channels: 1, height: 2, width: 3 },
    target: classTarget(["a", "b"], Int32Array.of(0)),
    read: (_: number, __: number, into: Uint8Array, offset: number) => into.set([1, 2, 3, 4, 5, 6], offset),
  };
  const seen = (left: number, top: number, mirrored: boolean): number[] => {
    const into = new Uint8Array(3);
    viewedSamples(samples, { width: 2, height: 1 }, { left, top, mirrored }).read(0, 0, into, 1);
    return [...into];
  };
  expect(seen(0, 0, false)).toEqual([0, 1, 2]);
  expect(seen(1, 1, false)).toEqual([0, 5, 6]);
  expect(seen(1, 1, true)).toEqual([0, 6, 5]);
});
