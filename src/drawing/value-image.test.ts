import { describe, expect, it } from "vitest";
import { colourBar, valueImage } from "./value-image.js";

// the first, the middle and the last colour of matplotlib's "magma"
const FIRST = [0x00, 0x00, 0x04];
const MIDDLE = [0xb7, 0x37, 0x79];
const LAST = [0xfc, 0xfd, 0xbf];

/** The colour of a pixel. */
const at = ({ data }: { data: Uint8Array }, i: number): number[] =>
  [0, 1, 2].map((c) => data[(c * data.length) / 3 + i]);

describe("a picture of numbers", () => {
  it("has a pixel for each number, the lowest almost black, the highest light yellow", () => {
    // 128/255 of the way from −2
    const { image, lowest, highest } = valueImage(Float32Array.of(0, -2, 3, -2 + (5 * 128) / 255, 3, 1), 2, 3);
    expect([image.width, image.height, image.channels, lowest, highest]).toEqual([3, 2, 3, -2, 3]);
    expect([1, 2, 3, 4].map((i) => at(image, i))).toEqual([FIRST, LAST, MIDDLE, LAST]);
  });

  it("is dark where all numbers are equal", () => {
    const { image } = valueImage(Float32Array.of(7, 7), 1, 2);
    expect([at(image, 0), at(image, 1)]).toEqual([FIRST, FIRST]);
  });

  it("takes as many finite numbers as it has pixels", () => {
    expect(() => valueImage(Float32Array.of(1, 2, 3), 2, 2)).toThrow(/2×2.*got 3/);
    expect(() => valueImage(new Float32Array(), 0, 0)).toThrow(/at least one/);
    expect(() => valueImage(Float32Array.of(1, Number.NaN), 1, 2)).toThrow(/finite/);
  });

  it("has a key from the lowest to the highest colour", () => {
    expect([at(colourBar(), 0), at(colourBar(), 128), at(colourBar(), 255)]).toEqual([FIRST, MIDDLE, LAST]);
  });
});
