import { describe, expect, it } from "vitest";
import { alongAxis, colourAxis } from "./colour-axis.js";

const planes = (...colours: readonly (readonly number[])[]): Float32Array[] =>
  [0, 1, 2].map((c) => Float32Array.from(colours, (colour) => colour[c]));

describe("colourAxis", () => {
  it("leads from paper to ink, as far as they differ", () => {
    // red on green of the same luminance: 0.299 · 255 = 0.587 · 130, a difference of 255, −130, 0
    const axis = colourAxis(planes([0, 0, 0], [255, -130, 0], [255, -130, 0]));
    expect(Math.abs(axis[0])).toBeCloseTo(255 / 385, 5);
    expect(axis[1] / axis[0]).toBeCloseTo(-130 / 255, 5);
    expect(axis[2]).toBeCloseTo(0, 5);
  });

  it("counts all channels of black on white alike, so that their noise averages out", () => {
    for (const weight of colourAxis(planes([0, 0, 0], [-255, -255, -255])))
      expect(Math.abs(weight)).toBeCloseTo(1 / 3, 5);
  });

  it("is grey where nothing differs", () => {
    expect(colourAxis(planes([0, 0, 0]))).toEqual([0.299, 0.587, 0.114]);
  });
});

describe("alongAxis", () => {
  it("weighs channels", () => {
    expect([...alongAxis(planes([8, 4, 2], [1, 1, 1]), [0.5, -0.25, 0.25])]).toEqual([3.5, 0.5]);
  });
});
