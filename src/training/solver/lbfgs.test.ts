import { describe, expect, test } from "vitest";
import { trainingFixture } from "../../../test/support/training-fixture.js";
import { lbfgs, type Sloped } from "./lbfgs.js";

/** Rosenbrock's valley, (1 − x)² + 100·(y − x²)²: its least value is 0, at (1, 1). */
const valley = async ([x, y]: Float64Array): Promise<Sloped> => ({
  value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
});

/** ½ Σ k·x_k² − Σ x_k: least at x_k = 1/k. */
const bowl = async (point: Float64Array): Promise<Sloped> => ({
  value: point.reduce((sum, x, i) => sum + ((i + 1) * x * x) / 2 - x, 0),
  gradient: point.map((x, i) => (i + 1) * x - 1),
});

test.each([
  [-1.2, 1],
  [10, -10],
  [0, 0],
])("finds the end of Rosenbrock's valley from %d, %d", async (x, y) => {
  const start = Float64Array.of(x, y);
  const { point, value, slope, steps, converged } = await lbfgs(valley, start, { tolerance: 1e-13 });
  expect(converged).toBe(true);
  expect(Math.hypot(point[0] - 1, point[1] - 1)).toBeLessThan(1e-6);
  expect(value).toBeLessThan(1e-12);
  expect(slope).toBeLessThan(1e-5);
  expect(steps).toBeLessThan(100);
  expect([...start]).toEqual([x, y]);
});

/** Rosenbrock's function of more numbers: Σ (1 − x_k)² + 100·(x_k+1 − x_k²)². */
const longValley = async (x: Float64Array): Promise<Sloped> => {
  const gradient = new Float64Array(x.length);
  let value = 0;
  for (let k = 0; k + 1 < x.length; k++) {
    const part = await valley(x.subarray(k, k + 2));
    value += part.value;
    gradient[k] += part.gradient[0];
    gradient[k + 1] += part.gradient[1];
  }
  return { value, gradient };
};

describe.each(trainingFixture.valley.runs)("with $memory steps in memory", ({ memory, points }) => {
  const start = Float64Array.from(trainingFixture.valley.start);

  test.each([1, 2, 3, 5, 10, 20])(
    "after %i steps it is where the matrix H leads, written out in NumPy",
    async (steps) => {
      const { point } = await lbfgs(longValley, start, { memory, maximumSteps: steps, tolerance: 1e-13 });
      points[steps - 1].forEach((x, i) => void expect(point[i]).toBeCloseTo(x, 7));
    },
  );

  test("it ends where SciPy's method does", async () => {
    const { point } = await lbfgs(longValley, start, { memory, tolerance: 1e-12 });
    trainingFixture.valley.least.forEach((x, i) => void expect(point[i]).toBeCloseTo(x, 6));
  });
});

test("finds the bottom of a bowl of 200 dimensions in fewer steps", async () => {
  const { point, steps } = await lbfgs(bowl, new Float64Array(200), { tolerance: 1e-8 });
  point.forEach((x, i) => void expect(x).toBeCloseTo(1 / (i + 1), 7));
  expect(steps).toBeLessThan(200);
});

describe("it ends", () => {
  test("at once where it is level already", async () => {
    const { steps, converged } = await lbfgs(valley, Float64Array.of(1, 1));
    expect([steps, converged]).toEqual([0, true]);
  });

  test("when the steps have run out", async () => {
    const { steps, converged } = await lbfgs(valley, Float64Array.of(-1.2, 1), { maximumSteps: 3 });
    expect([steps, converged]).toEqual([3, false]);
  });

  test("soon after the way down is lost in rounding", async () => {
    // Multiples of 2⁻¹⁰, and slopes that are a little wrong, as those of a sum in single precision are.
    const rough = async (point: Float64Array): Promise<Sloped> => {
      const { value, gradient } = await valley(point);
      return {
        value: Math.round(value * 1024) / 1024,
        gradient: gradient.map((v) => Math.round(v * 1024) / 1024 + 1e-3),
      };
    };
    const { steps, converged, slope } = await lbfgs(rough, Float64Array.of(-1.2, 1), { tolerance: 1e-12 });
    expect(converged).toBe(false);
    expect(steps).toBeLessThan(100);
    expect(slope).toBeLessThan(0.1);
  });

  test("at a bend, which has no level place", async () => {
    const bent = async ([x]: Float64Array): Promise<Sloped> => ({
      value: Math.abs(x),
      gradient: Float64Array.of(Math.sign(x) || 1),
    });
    const { point, steps, converged } = await lbfgs(bent, Float64Array.of(0.7));
    expect(converged).toBe(false);
    expect(steps).toBeLessThan(100);
    expect(Math.abs(point[0])).toBeLessThan(0.01);
  });

  test("where slopes are wrong and no way leads down", async () => {
    const wrong = async (point: Float64Array): Promise<Sloped> => {
      const { value, gradient } = await bowl(point);
      return { value, gradient: gradient.map((v) => -v) };
    };
    expect(await lbfgs(wrong, Float64Array.of(5))).toMatchObject({ steps: 0, converged: false });
  });
});

test("goes round what is not finite", async () => {
  // −ln x + x is infinite from 0 down; it is least at 1.
  const walled = async ([x]: Float64Array): Promise<Sloped> => ({
    value: x > 0 ? x - Math.log(x) : Number.POSITIVE_INFINITY,
    gradient: Float64Array.of(1 - 1 / x),
  });
  const { point } = await lbfgs(walled, Float64Array.of(30), { tolerance: 1e-9 });
  expect(point[0]).toBeCloseTo(1, 8);
  await expect(lbfgs(walled, Float64Array.of(-1))).rejects.toThrow(
    "The objective is Infinity where the search begins.",
  );
});
