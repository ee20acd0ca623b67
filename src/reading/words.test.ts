import { describe, expect, it } from "vitest";
import { gapsBetween, spaceWidth } from "./words.js";

describe("spaceWidth", () => {
  it("lies between the gaps of letters and of words", () => {
    // 5 and 8 are neighbours with nothing between
    expect(spaceWidth([2, 3, 2, 5, 8, 9, 3], 1)).toBe(6.5);
  });

  it("scales with the line", () => {
    expect(spaceWidth([4, 6, 4, 10, 16, 18, 6], 2)).toBe(13);
  });

  it("does not take the gap between two columns for the only space", () => {
    // letters up to 3 apart, words 7 and 8, columns 300: halfway between 3 and 7
    expect(spaceWidth([2, 3, 7, 2, 300, 3, 8, 2], 1)).toBe(5);
  });

  it("is the usual width where gaps do not tell", () => {
    expect(spaceWidth([], 1)).toBe(5.8);
    expect(spaceWidth([2, 3, 3], 1)).toBe(5.8);
  });
});

describe("gapsBetween", () => {
  it("measures in the row where two letters are nearest, so that leaning does not matter", () => {
    // two strokes 3 wide, 6 apart in every row, that lean by half a column a row: their columns overlap
    const [width, height] = [48, 32];
    const data = new Float32Array(width * height);
    const owner = new Int32Array(width * height).fill(-1);
    for (let y = 4; y < 28; y++) {
      for (const [k, left] of [6, 15].entries()) {
        const x = left + Math.floor((28 - y) / 2);
        data.fill(1, y * width + x, y * width + x + 3);
        owner.fill(k, y * width + x, y * width + x + 3);
      }
    }
    const letters = [
      { from: 0, to: 1, left: 6, right: 21 },
      { from: 1, to: 2, left: 15, right: 30 },
    ];
    // rows up to 2 away count as side by side: 6 − 2 · ½ at either letter at most
    const [gap] = gapsBetween(letters, { width, height, data }, owner);
    expect(gap).toBeGreaterThanOrEqual(4);
    expect(gap).toBeLessThanOrEqual(6);
  });
});
