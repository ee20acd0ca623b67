import { describe, expect, test } from "vitest";
import { elasticDisplacement, randomBits } from "./elastic.js";
import { type DrawnGeometry, drawGeometry, geometryStream } from "./geometry.js";
import { type Jitter, rangesOf } from "./jitter-description.js";
import { jitterTransform } from "./jitter-transform.js";

const COUNT = 4000;
const drawn = (jitter: Jitter): DrawnGeometry[] => {
  const ranges = rangesOf(jitter);
  return Array.from({ length: COUNT }, (_, i) => drawGeometry(geometryStream(1, i % 7, i), ranges));
};

/** Expects numbers to be uniform from low to high: χ² over ten equal parts. */
function expectUniform(values: readonly number[], low: number, high: number): void {
  const counts = Array<number>(10).fill(0);
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(low);
    expect(value).toBeLessThanOrEqual(high);
    counts[Math.min(9, Math.floor((10 * (value - low)) / (high - low)))]++;
  }
  const each = values.length / 10;
  // with 9 degrees of freedom, 27.9 is exceeded once in a thousand
  expect(counts.reduce((sum, n) => sum + (n - each) ** 2 / each, 0)).toBeLessThan(27.9);
}

describe("what is drawn", () => {
  const all = drawn({ translate: 0.2, rotate: 15, scale: [0.5, 3], aspect: 1.5, shear: [-10, 5], elastic: 0.1 });

  test.each([
    ["shift to the right", (d: DrawnGeometry) => d.shift[0], -0.2, 0.2],
    ["shift down", (d: DrawnGeometry) => d.shift[1], -0.2, 0.2],
    ["rotation", (d: DrawnGeometry) => d.rotate, -15, 15],
    ["logarithm of the scale", (d: DrawnGeometry) => Math.log(d.scale), Math.log(0.5), Math.log(3)],
    ["logarithm of the aspect", (d: DrawnGeometry) => Math.log(d.aspect), -Math.log(1.5), Math.log(1.5)],
    ["shear", (d: DrawnGeometry) => d.shear, -10, 5],
    ["elastic displacement", (d: DrawnGeometry) => d.elastic, 0, 0.1],
  ])("the %s is uniform in its interval", (_, value, low, high) => {
    expectUniform(all.map(value), low, high);
  });

  test("the parts do not depend on one another", () => {
    const correlation = (a: readonly number[], b: readonly number[]): number => {
      const centred = (v: readonly number[]): number[] => v.map((x) => x - v.reduce((p, q) => p + q) / v.length);
      const [x, y] = [centred(a), centred(b)];
      const dot = (p: number[], q: number[]): number => p.reduce((sum, v, i) => sum + v * q[i], 0);
      return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
    };
    const parts = [
      all.map((d) => d.shift[0]),
      all.map((d) => d.shift[1]),
      all.map((d) => d.rotate),
      all.map((d) => d.scale),
    ];
    for (let i = 0; i < parts.length; i++) {
      // four deviations of 1/√4000
      for (let j = 0; j < i; j++) expect(Math.abs(correlation(parts[i], parts[j]))).toBeLessThan(0.064);
    }
    const alone = drawn({ rotate: 15 });
    expect(alone.map((d) => d.rotate)).toEqual(all.map((d) => d.rotate));
  });

  test("quarter turns come equally often", () => {
    const turns = drawn({ quarterTurns: true }).map((d) => d.rotate);
    for (const angle of [0, 90, 180, 270]) {
      // four deviations of √(4000·¼·¾) = 27.4
      expect(Math.abs(turns.filter((turn) => turn === angle).length - 1000)).toBeLessThan(110);
    }
  });
});

describe("points", () => {
  const shape = { height: 20, width: 40 };
  const place = (jitter: Jitter, x: number, y: number): number[] =>
    jitterTransform(shape, jitter, 1, 0, 0)
      .point(x, y)
      .map((value) => Number(value.toFixed(9)));

  test("go where the formula says", () => {
    expect(place({ translate: [0.1, 0.1] }, 3, 4)).toEqual([7, 6]);
    // 10 to the right of the middle (20, 10): counter-clockwise it comes to be 10 above
    expect(place({ rotate: [90, 90] }, 30, 10)).toEqual([20, 0]);
    expect(place({ scale: [2, 2] }, 25, 12)).toEqual([30, 14]);
    // √4 to both sides
    expect(place({ aspect: [4, 4] }, 25, 12)).toEqual([30, 11]);
    // upright lines lean to the right: what is 4 above the middle moves 4 to the right
    expect(place({ shear: [45, 45] }, 20, 6)).toEqual([24, 6]);
    // scaled, sheared, then turned and shifted: (1, −1)·2 = (2, −2) → (4, −2) → (−2, −4) → (22, 7)
    expect(place({ scale: [2, 2], shear: [45, 45], rotate: [90, 90], translate: [0.1, 0.1] }, 21, 9)).toEqual([22, 8]);
  });
});

describe("elastic displacements", () => {
  test("have the root mean square that was asked for, in both directions, and mean 0", () => {
    for (const smoothness of [0.05, 4 / 29, 0.3]) {
      const fields = Array.from({ length: 400 }, (_, i) => elasticDisplacement(0.03, smoothness, 1000 + i));
      for (const axis of ["right", "down"] as const) {
        const values = fields.flatMap((field) => [...field[axis]]);
        const square = values.reduce((sum, x) => sum + x * x, 0) / values.length;
        expect(Math.abs(Math.sqrt(square) / 0.03 - 1)).toBeLessThan(0.06);
        expect(Math.abs(values.reduce((a, b) => a + b, 0) / values.length)).toBeLessThan(0.003);
      }
    }
  });

  test("are as smooth as the Gaussian makes them", () => {
    // the correlation of two places at a distance d is exp(−d²/(4σ²))
    const fields = Array.from({ length: 600 }, (_, i) => elasticDisplacement(1, 0.2, 77 + 13 * i));
    const { nodes } = fields[0];
    const distance = 2 / (nodes - 1);
    const middle = Math.floor(nodes / 2) * nodes + 2;
    const [a, b] = [fields.map(({ down }) => down[middle]), fields.map(({ down }) => down[middle + 2])];
    const dot = (p: readonly number[], q: readonly number[]): number => p.reduce((sum, x, i) => sum + x * q[i], 0);
    const correlation = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    expect(Math.abs(correlation - Math.exp(-((distance / 0.2) ** 2) / 4))).toBeLessThan(0.08);
  });

  test("random bits do not stand still, whatever the seed", () => {
    for (const seed of [0, 1, 2 ** 32 - 1]) {
      const bits = randomBits(seed);
      const values = Array.from({ length: 1000 }, bits);
      expect(new Set(values).size).toBe(1000);
      // half are negative: 500 ± 4·15.8
      expect(Math.abs(values.filter((x) => x < 0).length - 500)).toBeLessThan(64);
    }
  });
});
