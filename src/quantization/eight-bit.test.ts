import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32 } from "../graph/tensor.js";
import { dequantized, eightBitWeights, roundEven, stepOf, throughEightBits } from "./eight-bit.js";

const number = fc.float({ noNaN: true, noDefaultInfinity: true });

describe("a range becomes 0 … 255", () => {
  it("of 0 … 6 in steps of 6/255, of −1 … 1.55 in steps of 0.01 with 100 for 0", () => {
    expect(stepOf({ low: 0, high: 6 })).toEqual({ scale: Math.fround(6 / 255), zero: 0 });
    expect(stepOf({ low: -1, high: 1.55 })).toEqual({ scale: Math.fround(0.01), zero: 100 });
    // 0 is among them always: 10 … 20 becomes 0 … 20
    expect(stepOf({ low: 10, high: 20 })).toEqual({ scale: Math.fround(20 / 255), zero: 0 });
  });

  it("loses half a step at most, and nothing of 0, whatever the range", () => {
    fc.assert(
      fc.property(number, number, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
        const [low, high] = [Math.min(a, b, 0), Math.max(a, b, 0)];
        const step = stepOf({ low, high });
        expect(throughEightBits(0, step)).toBeCloseTo(0, 12);
        const x = low + share * (high - low);
        // the ends of the range move by half a step when 0 becomes a whole number
        expect(Math.abs(throughEightBits(x, step) - x)).toBeLessThanOrEqual(step.scale * (1 + 1e-5));
      }),
    );
  });

  it("is one for numbers that are all the same, all zeros, or as large as float32 has them", () => {
    const five = stepOf({ low: 5, high: 5 });
    expect(throughEightBits(5, five)).toBeCloseTo(5, 5);
    expect(stepOf({ low: 0, high: 0 })).toEqual({ scale: 1, zero: 0 });
    const huge = stepOf({ low: -3.4e38, high: 3.4e38 });
    expect(Number.isFinite(huge.scale)).toBe(true);
    expect(() => stepOf({ low: Number.NaN, high: 1 })).toThrow("Expected a range of finite numbers, got NaN … 1.");
    expect(() => stepOf({ low: 0, high: Number.POSITIVE_INFINITY })).toThrow(/finite/);
  });

  it("rounds halves to the even number, as QuantizeLinear does", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4].map(roundEven)).toEqual([0, 2, 2, -0, -2, 2]);
  });
});

describe("weights become −127 … 127", () => {
  it("with a step for each channel of the output", () => {
    // alone: 127 for the largest of each row
    const weights = float32([1.27, -0.5, 0, 12.7, 3, -5], [2, 3]);
    const { values, scales } = eightBitWeights(weights, 0, { alone: true });
    expect(Array.from(values.data)).toEqual([127, -50, 0, 127, 30, -50]);
    expect(Array.from(scales, (s) => s.toFixed(6))).toEqual(["0.010000", "0.100000"]);
    // of columns
    expect(Array.from(eightBitWeights(float32([1.27, 0, 0, 12.7], [2, 2]), 1, { alone: true }).values.data)).toEqual([
      127, 0, 0, 127,
    ]);
  });

  it("of which two of the same sign never sum up to more than 16 bits hold, times 255", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), {
          minLength: 4,
          maxLength: 40,
        }),
        (list) => {
          const { values, scales } = eightBitWeights(float32(list, [1, list.length]), 0);
          const sorted = Array.from(values.data).sort((a, b) => a - b);
          expect(255 * (sorted[sorted.length - 1] + sorted[sorted.length - 2])).toBeLessThanOrEqual(32767);
          expect(255 * (sorted[0] + sorted[1])).toBeGreaterThanOrEqual(-32768);
          const back = dequantized(values, scales, 0);
          const bound = scales[0] * 0.5000001;
          expect(list.every((x, i) => Math.abs(Math.fround(x) - back.data[i]) <= bound)).toBe(true);
        },
      ),
    );
  });

  it("are zeros in a channel of zeros, and no smaller than they may be", () => {
    const { values, scales } = eightBitWeights(float32([0, 0, 1, 1], [2, 2]), 0, { least: [0, 2] });
    expect(Array.from(values.data)).toEqual([0, 0, 0, 0]);
    expect(Array.from(scales)).toEqual([1, 2]);
    expect(() => eightBitWeights(float32([Number.NaN, 1], [1, 2]), 0)).toThrow("Expected finite weights, got NaN.");
  });
});
