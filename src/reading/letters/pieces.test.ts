import { describe, expect, it } from "vitest";
import { breadthOf, widthFit } from "./letter-widths.js";
import { piecesOf } from "./pieces.js";

/** A line 32 pixels high from rectangles [left, right, top, bottom], the far sides exclusive. */
function line(width: number, boxes: readonly (readonly [number, number, number, number])[]) {
  const data = new Float32Array(32 * width);
  for (const [left, right, top, bottom] of boxes) {
    for (let y = top; y < bottom; y++) data.fill(1, y * width + left, y * width + right);
  }
  return { width, height: 32, data };
}

describe("piecesOf", () => {
  it("keeps the dot of an i with its stem, and letters apart", () => {
    const { pieces, owner } = piecesOf(
      line(40, [
        [4, 7, 9, 23], // stem
        [4, 7, 3, 6], // dot
        [12, 15, 2, 23], // l
      ]),
    );
    expect(pieces).toEqual([
      { left: 4, right: 7, cut: undefined },
      { left: 12, right: 15, cut: undefined },
    ]);
    expect([owner[4 * 40 + 5], owner[15 * 40 + 5], owner[15 * 40 + 13], owner[0]]).toEqual([0, 0, 1, -1]);
  });

  it("tells full stops, hyphens and apostrophes from letters and their dots", () => {
    const { pieces, marks } = piecesOf(
      line(60, [
        [4, 7, 9, 23], // stem
        [4, 7, 3, 6], // dot
        [10, 13, 20, 23], // full stop
        [18, 21, 2, 23], // l
        [24, 27, 2, 9], // apostrophe
        [32, 40, 14, 17], // hyphen
        [44, 52, 9, 23], // o
        [54, 58, 20, 28], // comma
      ]),
    );
    expect([pieces.length, ...marks]).toEqual([7, 1, 3, 4, 6]);
  });

  it("cuts what hangs together where there is least ink", () => {
    // two stems with a bridge of 2 rows between them: 2 pixels of ink, cut in the middle of columns 7 to 13
    const { pieces } = piecesOf(
      line(40, [
        [4, 7, 9, 23],
        [7, 13, 20, 22],
        [13, 16, 9, 23],
      ]),
    );
    expect(pieces).toEqual([
      { left: 4, right: 10, cut: undefined },
      { left: 10, right: 16, cut: 2 },
    ]);
  });

  it("keeps narrow letters whole and finds none on paper", () => {
    expect(piecesOf(line(40, [[4, 12, 9, 23]])).pieces).toHaveLength(1);
    expect(piecesOf(line(40, [])).pieces).toEqual([]);
  });
});

describe("breadthOf", () => {
  it("learns from the letters how wide a typeface is", () => {
    // o: mean 2.52, deviation 0.08; typefaces: deviation 0.15. Posterior: precision 1/0.0225 + 1/0.0064 = 200.69
    const { mean, variance } = breadthOf([{ letter: "o", width: Math.exp(2.72), confidence: 1 }]);
    expect(variance).toBeCloseTo(1 / 200.69, 5);
    expect(mean).toBeCloseTo((0.2 * 156.25) / 200.69, 5);
  });

  it("fits the mean width best and says nothing of other signs", () => {
    const breadth = { mean: 0, variance: 0.0225 };
    expect(widthFit("o", Math.exp(2.52), breadth)).toBeCloseTo(0);
    // one deviation off: −½ · 0.17² / (0.0064 + 0.0225) = −½
    expect(widthFit("o", Math.exp(2.52 + 0.17), breadth)).toBeCloseTo(-0.5, 2);
    expect(widthFit("7", 10, breadth)).toBe(0);
  });
});
