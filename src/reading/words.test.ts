import { describe, expect, it } from "vitest";
import { spaceWidth } from "./words.js";

describe("spaceWidth", () => {
  it("lies between the gaps of letters and of words", () => {
    // 5 and 8 are neighbours with nothing between
    expect(spaceWidth([2, 3, 2, 5, 8, 9, 3], 1)).toBe(6.5);
  });

  it("scales with the line", () => {
    expect(spaceWidth([4, 6, 4, 10, 16, 18, 6], 2)).toBe(13);
  });

  it("is the usual width where gaps do not tell", () => {
    expect(spaceWidth([], 1)).toBe(6.6);
    expect(spaceWidth([2, 3, 3], 1)).toBe(6.6);
  });
});
