import { describe, expect, test } from "vitest";
import { clouds, POINT_NORMALIZATION, rings } from "./clouds.js";
import type { Samples } from "./samples.js";

/** The coordinates of each point. */
function coordinates(samples: Samples): [number, number][] {
  const { mean, scale } = POINT_NORMALIZATION;
  return Array.from({ length: samples.count }, (_, i) => {
    const bytes = new Uint8Array(5);
    samples.read(i, 0, bytes, 3);
    return [(bytes[3] - mean[0]) * scale, (bytes[4] - mean[1]) * scale];
  });
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe("clouds", () => {
  test("lie where they should, as wide as they should be", () => {
    const samples = clouds(6000, { classes: 4 });
    const points = coordinates(samples);
    for (const [label, [x, y]] of [
      [1, 1],
      [-1, 1],
      [-1, -1],
      [1, -1],
    ].entries()) {
      const own = points.filter((_, i) => samples.target.labels[i] === label);
      // 1.5·cos 45°, within 3 deviations of a mean of 1500 points
      const side = 1.5 * Math.SQRT1_2;
      expect(Math.abs(mean(own.map((p) => p[0])) - side * x)).toBeLessThan((3 * 0.8) / Math.sqrt(1500));
      expect(Math.abs(mean(own.map((p) => p[1])) - side * y)).toBeLessThan((3 * 0.8) / Math.sqrt(1500));
      const spread = Math.sqrt(mean(own.map((p) => (p[0] - side * x) ** 2)));
      expect(Math.abs(spread - 0.8)).toBeLessThan(0.05);
    }
  });

  test("are the same for a seed, whatever the count, and others for another", () => {
    expect(coordinates(clouds(10)).slice(0, 4)).toEqual(coordinates(clouds(4)));
    expect(coordinates(clouds(4, { seed: 2 }))).not.toEqual(coordinates(clouds(4)));
  });

  test.each([0, 1.5])("%d of them are refused", (classes) => {
    expect(() => clouds(10, { classes })).toThrow("Invalid value for classes: expected a whole number of at least 2");
  });
});

test("a ring lies around a disk", () => {
  const samples = rings(2000);
  const radii = coordinates(samples).map(([x, y]) => Math.hypot(x, y));
  const own = (label: number): number[] => radii.filter((_, i) => samples.target.labels[i] === label);
  expect(Math.abs(mean(own(1)) - 2.6)).toBeLessThan(0.03);
  expect(Math.max(...own(1))).toBeLessThan(4);
  const between = 1.75;
  expect(own(0).filter((r) => r > between).length + own(1).filter((r) => r < between).length).toBeLessThan(10);
});
