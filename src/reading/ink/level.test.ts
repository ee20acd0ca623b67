import { describe, expect, it } from "vitest";
import type { Ink } from "./ink.js";
import { levelInk, slopeOf, straighten } from "./level.js";

/** Two lines of bars 4 wide and 10 high, which fall by `slope` rows a column about the middle column. */
function lines(slope: number, width = 400, height = 80): Ink {
  const data = new Float32Array(width * height);
  for (let x = 0; x < width; x++) {
    if (x % 9 >= 4) continue;
    for (const top of [20, 50]) {
      const first = Math.round(top + slope * (x - width / 2));
      for (let y = first; y < first + 10; y++) data[y * width + x] = 1;
    }
  }
  return { width, height, data };
}

const rowSums = ({ width, height, data }: Ink): number[] =>
  Array.from({ length: height }, (_, y) => data.subarray(y * width, (y + 1) * width).reduce((a, b) => a + b, 0));

describe("slopeOf", () => {
  it.each([-15, -8, -3, -1, 2, 12])("finds lines that are turned by %d degrees", (degrees) => {
    const slope = Math.tan((Math.PI / 180) * degrees);
    expect(Math.abs(slopeOf(lines(slope)) - slope)).toBeLessThan(0.002);
  });

  it("leaves level lines and blank paper alone", () => {
    expect(slopeOf(lines(0))).toBe(0);
    expect(slopeOf({ width: 50, height: 20, data: new Float32Array(1000) })).toBe(0);
  });

  it("does not turn a letter", () => {
    // an l of 4×20 pixels
    const data = new Float32Array(30 * 30);
    for (let y = 5; y < 25; y++) data.fill(1, y * 30 + 13, y * 30 + 17);
    expect(slopeOf({ width: 30, height: 30, data })).toBe(0);
  });
});

describe("straighten", () => {
  it("turns what is steep, and says where it was", () => {
    // a box of 60×4 about the middle of the picture, turned by 12 degrees
    const [width, height] = [101, 61];
    const [cos, sin] = [Math.cos(Math.PI / 15), Math.sin(Math.PI / 15)];
    const data = Float32Array.from({ length: width * height }, (_, at) => {
      const [x, y] = [(at % width) - 50, Math.floor(at / width) - 30];
      return Math.abs(cos * x + sin * y) <= 30 && Math.abs(cos * y - sin * x) <= 2 ? 1 : 0;
    });
    const { ink, columnOf } = straighten({ width, height, data }, sin / cos);
    const rows = rowSums(ink);
    const middle = (ink.height - 1) / 2;
    expect(rows.filter((_, y) => Math.abs(y - middle) > 4).every((sum) => sum === 0)).toBe(true);
    expect(Math.abs(rows[Math.round(middle)] - 61)).toBeLessThan(2);
    // the right end of the box, in the row of its middle
    expect(columnOf((ink.width - 1) / 2 + 30, middle)).toBeCloseTo(50 + 30 * cos, 5);
  });

  it("moves columns of what is nearly level, which stay in their places", () => {
    const turned = lines(0.05);
    const { ink, columnOf } = straighten(turned, 0.05);
    expect(ink).toEqual(levelInk(turned, 0.05));
    expect(columnOf(7, 3)).toBe(7);
  });
});

describe("levelInk", () => {
  it("brings what is turned back into two bands of 10 rows, and loses no ink", () => {
    const turned = lines(Math.tan(Math.PI / 60)); // 3 degrees: 21 rows over 400 columns
    const level = levelInk(turned, slopeOf(turned));
    const sums = rowSums(level);
    expect(sums.reduce((a, b) => a + b, 0)).toBeCloseTo(
      turned.data.reduce((a, b) => a + b, 0),
      1,
    );
    // rounding of the columns blurs the bands by a row at either side
    expect(sums.filter((sum) => sum > 1).length).toBeLessThanOrEqual(24);
  });

  it("is the identity for level lines", () => {
    const level = lines(0);
    expect(levelInk(level, 0)).toEqual(level);
  });
});
