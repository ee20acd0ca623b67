import { describe, expect, it } from "vitest";
import type { Ink } from "./ink.js";
import { sharpenInk } from "./sharpen.js";

/** Upright strokes 4 pixels wide every 12, whose sides take `soft` pixels from paper to ink. */
function strokes(soft: number): Ink {
  const [width, height] = [120, 32];
  const data = Float32Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    if (y < 4 || y >= 28) return 0;
    const distance = Math.abs((x % 12) - 5.5) - 2;
    return Math.min(1, Math.max(0, 0.5 - distance / soft));
  });
  return { width, height, data };
}

describe("sharpenInk", () => {
  it("leaves sharp letters as they are", () => {
    const sharp = strokes(1);
    expect(sharpenInk(sharp).ink).toBe(sharp);
  });

  it("makes the paper between soft ones lighter, and their middle darker", () => {
    const soft = strokes(6);
    const { ink: sharpened } = sharpenInk(soft);
    const row = 16 * 120;
    // columns 65 and 66 are the middle of a stroke, 59 and 60 of the paper between two
    expect(sharpened.data[row + 66]).toBeGreaterThan(soft.data[row + 66]);
    expect(sharpened.data[row + 60]).toBeLessThanOrEqual(soft.data[row + 60]);
    const slope = (line: typeof soft): number => line.data[row + 65] - line.data[row + 60];
    expect(slope(sharpened)).toBeGreaterThan(slope(soft));
    expect(Math.max(...sharpened.data)).toBeLessThanOrEqual(1);
    expect(Math.min(...sharpened.data)).toBeGreaterThanOrEqual(0);
  });
});
