import { describe, expect, it } from "vitest";
import type { Ink } from "./ink.js";
import { withoutRules } from "./rules.js";

/** Ink of 200×60 with boxes. */
function drawing(...boxes: readonly (readonly [left: number, top: number, width: number, height: number])[]): Ink {
  const [width, height] = [200, 60];
  const data = new Float32Array(width * height);
  for (const [left, top, w, h] of boxes) {
    for (let y = top; y < top + h; y++) data.fill(1, y * width + left, y * width + left + w);
  }
  return { width, height, data };
}
/** Stems of letters, of which the last is a descent that goes down to row 40. */
const STEMS = [
  [20, 15, 3, 15],
  [30, 15, 3, 15],
  [40, 15, 3, 15],
  [50, 15, 3, 26],
] as const;

describe("withoutRules", () => {
  it.each([
    ["below the letters", [0, 35, 200, 1]],
    ["that is thicker", [5, 34, 190, 3]],
    ["through them", [0, 22, 200, 2]],
  ] as const)("takes a level rule away %s, and leaves what crosses it", (_, rule) => {
    expect(withoutRules(drawing(...STEMS, rule), 0.5).data).toEqual(drawing(...STEMS).data);
  });

  it("makes letters that stand on it longer by what it is thick", () => {
    const longer = STEMS.map(([left, top, width, height]) => [left, top, width, Math.max(17, height)] as const);
    expect(withoutRules(drawing(...STEMS, [0, 30, 200, 2]), 0.5).data).toEqual(drawing(...longer).data);
  });

  it("takes an upright rule away that is much longer than the letters' stems", () => {
    const small = STEMS.map(([left, top, width]) => [left, top, Math.min(2, width), 6] as const);
    expect(withoutRules(drawing(...small, [100, 0, 1, 60]), 0.5).data).toEqual(drawing(...small).data);
  });

  it("takes the sides of a frame away that are shorter", () => {
    const frame = [
      [10, 5, 100, 1],
      [10, 45, 100, 1],
      [10, 5, 1, 41],
      [109, 5, 1, 41],
    ] as const;
    const isFrame = (at: number): boolean => at % 200 < 15 || at % 200 > 100 || at < 10 * 200 || at > 43 * 200;
    expect(withoutRules(drawing(...STEMS, ...frame), 0.5, isFrame).data).toEqual(drawing(...STEMS).data);
  });

  it("leaves the bars of letters, hyphens and what is thick", () => {
    const all = drawing(...STEMS, [80, 15, 60, 3], [150, 20, 8, 2], [0, 44, 200, 12]);
    expect(withoutRules(all, 0.5).data).toEqual(all.data);
  });
});
