import { describe, expect, it } from "vitest";
import type { Image } from "../../data/pictures/image.js";
import { stream } from "../../random/stream.js";
import { inkOf, otsuThreshold } from "./ink.js";
import { findLines } from "./line-band.js";
import { resample } from "./resample.js";

/** A picture of bars 4 pixels wide and 20 high, every 12 pixels, in the middle of 120×40. */
function bars(ink: number, paper: (x: number, y: number) => number): Image {
  const [width, height] = [120, 40];
  const data = Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return y >= 10 && y < 30 && x >= 12 && x < 108 && x % 12 < 4 ? ink : paper(x, y);
  });
  return { width, height, channels: 1, data };
}

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

describe("inkOf", () => {
  // 8 bars of 80 pixels
  it.each([
    ["black on white", 0, 255],
    ["white on black", 255, 0],
    ["grey on grey", 100, 160],
  ])("finds %s", (_, ink, paper) => {
    const found = inkOf(bars(ink, () => paper));
    expect(sum(found?.ink.data ?? [])).toBeCloseTo(640, 3);
  });

  it("follows light that falls off", () => {
    const found = inkOf(bars(20, (x) => 250 - x));
    const inked = [...(found?.ink.data ?? [])].filter((v) => v > 0.5).length;
    expect(inked).toBe(640);
  });

  it("finds no ink on blank or noisy paper", () => {
    const blank = { width: 60, height: 30, channels: 1 as const, data: new Uint8Array(1800).fill(200) };
    expect(inkOf(blank)).toBeUndefined();
    const random = stream(1, "paper");
    const noisy = { ...blank, data: Uint8Array.from({ length: 1800 }, () => 180 + 15 * random.normal()) };
    expect(inkOf(noisy)).toBeUndefined();
    expect(inkOf({ width: 0, height: 0, channels: 1, data: new Uint8Array(0) })).toBeUndefined();
  });

  it("looks at the channel that shows the writing", () => {
    // red 200 on 40, green chosen so that grey is the same: 0.299 · 160 = 0.587 · 81.5
    const { width, height, data } = bars(1, () => 0);
    const planes = [data.map((v) => (v ? 200 : 40)), data.map((v) => (v ? 59 : 140)), data.map(() => 90)];
    const found = inkOf({ width, height, channels: 3, data: Uint8Array.from(planes.flatMap((p) => [...p])) });
    expect([...(found?.ink.data ?? [])].filter((v) => v > 0.5).length).toBe(640);
  });
});

describe("findLines", () => {
  it("cuts the line out and leaves specks out", () => {
    const image = bars(0, () => 255);
    image.data[2 * 120 + 3] = 0;
    const found = inkOf(image);
    const [band] = found ? findLines(found) : [];
    // a margin of ⌈0.06 · 20⌉ = 2 pixels
    expect([band?.left, band?.top, band?.ink.width, band?.ink.height]).toEqual([10, 8, 92, 24]);
  });
});

describe("resample", () => {
  const source = { width: 4, height: 2, data: Float32Array.of(1, 1, 0, 0, 1, 1, 0, 0) };

  it("leaves an image as it is at scale 1", () => {
    const same = resample(source, 4, 2, { scale: 1, left: 0, top: 0 });
    expect([...same.data]).toEqual([...source.data]);
  });

  it("moves by whole pixels and brings paper in", () => {
    const moved = resample(source, 4, 2, { scale: 1, left: 1, top: 1 });
    expect([...moved.data]).toEqual([0, 0, 0, 0, 0, 1, 1, 0]);
  });

  it("keeps the area of ink, up to scale squared", () => {
    const square = { width: 40, height: 40, data: new Float32Array(1600) };
    for (let y = 12; y < 28; y++) square.data.fill(1, y * 40 + 12, y * 40 + 28);
    const half = resample(square, 20, 20, { scale: 0.5, left: 0, top: 0 });
    const twice = resample(square, 80, 80, { scale: 2, left: 0, top: 0 });
    expect(sum(half.data)).toBeGreaterThan(62);
    expect(sum(half.data)).toBeLessThan(68);
    expect(Math.abs(sum(twice.data) - 1024)).toBeLessThan(40);
  });

  it("gives paper where the source is not", () => {
    expect(sum(resample(source, 5, 5, { scale: 1, left: 100, top: -100 }).data)).toBe(0);
  });
});

describe("otsu", () => {
  it("divides two heaps", () => {
    expect(otsuThreshold([5, 9, 5, 0, 0, 4, 8, 4])).toBe(2);
  });
});
