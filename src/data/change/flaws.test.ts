import { describe, expect, test } from "vitest";
import { flawAdder, gaussianKernel, rectangleOf } from "./flaws.js";

const NONE = { blur: 0, noise: 0, erase: { share: 0, aspect: 1, place: [0, 0] as const }, seed: 1 };

describe("blur", () => {
  test("is a Gaussian whose weights add up to one", () => {
    for (const deviation of [0.05, 0.3, 1, 2.5]) {
      const kernel = [...gaussianKernel(deviation)];
      expect(kernel.reduce((a, b) => a + b)).toBe(65536);
      expect([...kernel].reverse()).toEqual(kernel);
    }
    // e^(−½)/(1 + 2e^(−½) + 2e^(−2) + 2e^(−4.5)) = 0.60653/2.50593
    expect(gaussianKernel(1)[2] / 65536).toBeCloseTo(0.24204, 4);
  });

  test("spreads a point to the outer product of the weights, and keeps an even ground", () => {
    const bytes = new Uint8Array(2 * 81).fill(200);
    bytes.fill(0, 0, 81);
    bytes[40] = 250;
    flawAdder({ channels: 2, height: 9, width: 9 })(bytes, 0, { ...NONE, blur: 1 });
    const weights = [...gaussianKernel(1)].map((w) => w / 65536);
    for (let y = 0; y < 7; y++) {
      for (let x = 0; x < 7; x++) {
        expect(Math.abs(bytes[(y + 1) * 9 + x + 1] - 250 * weights[y] * weights[x])).toBeLessThanOrEqual(1);
      }
    }
    expect([...bytes.subarray(81)]).toEqual(Array(81).fill(200));
  });

  test("repeats the outermost pixels beyond the border, however wide it is", () => {
    const bytes = Uint8Array.of(0, 240);
    flawAdder({ channels: 1, height: 1, width: 2 })(bytes, 0, { ...NONE, blur: 1 });
    // the left pixel has the right one, and what repeats it, at distances 1 to 3: 0.24204 + 0.05401 + 0.00443
    expect([...bytes]).toEqual([72, 168]);
  });
});

describe("noise", () => {
  test("has mean 0 and the deviation that was asked for, and as many beyond two of them as a normal variable", () => {
    const size = 40_000;
    const bytes = new Uint8Array(size).fill(128);
    flawAdder({ channels: 1, height: 200, width: 200 })(bytes, 0, { ...NONE, noise: 0.05 });
    const values = [...bytes].map((x) => x - 128);
    const mean = values.reduce((a, b) => a + b) / size;
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / size);
    // 0.05·255 = 12.75; the mean's own deviation is 12.75/200, that of the deviation 12.75/√80000
    expect(Math.abs(mean)).toBeLessThan(4 * 0.064);
    expect(Math.abs(deviation - 12.75)).toBeLessThan(4 * 0.045 + 0.02);
    // 4.55 % of normal numbers; 0.1 % is one deviation, and whole numbers blur the limit by half a step: ± 0.2 %
    const beyond = values.filter((x) => Math.abs(x) > 25.5).length / size;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.006);
  });

  test("stays within 0 … 255", () => {
    const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => (i % 2 ? 255 : 0));
    flawAdder({ channels: 1, height: 100, width: 100 })(bytes, 0, { ...NONE, noise: 0.1 });
    // a byte that had gone round would be far away; 0.1·255·√12 are the most that four bytes can add up to
    bytes.forEach((x, i) => {
      expect(i % 2 ? 255 - x : x).toBeLessThan(89);
    });
  });
});

describe("erasing", () => {
  test("takes a rectangle of the share and the aspect that were drawn, where there is room", () => {
    const shape = { height: 20, width: 40 };
    // 0.16·800 = 128 = 16 × 8
    expect(rectangleOf(shape, { share: 0.16, aspect: 2, place: [0, 0] })).toEqual({ x: 0, y: 0, width: 16, height: 8 });
    const last = 1 - 1e-9;
    expect(rectangleOf(shape, { share: 0.16, aspect: 2, place: [last, last] })).toMatchObject({ x: 24, y: 12 });
    // 800 = 49 × 16 does not fit
    expect(rectangleOf(shape, { share: 1, aspect: 3, place: [0, 0] })).toMatchObject({ width: 40, height: 16 });
  });

  test("fills it in every channel with bytes of all sizes, and leaves the rest", () => {
    const bytes = new Uint8Array(2 * 40 * 40).fill(7);
    const erase = { share: 0.25, aspect: 1, place: [0.5, 0] as const };
    flawAdder({ channels: 2, height: 40, width: 40 })(bytes, 0, { ...NONE, erase });
    const inside: number[] = [];
    bytes.forEach((byte, i) => {
      const [x, y] = [i % 40, Math.floor(i / 40) % 40];
      if (x >= 10 && x < 30 && y < 20) inside.push(byte);
      else expect(byte).toBe(7);
    });
    expect(inside).toHaveLength(800);
    // uniform: mean 127.5, deviation 73.9/√800 = 2.6
    expect(Math.abs(inside.reduce((a, b) => a + b) / 800 - 127.5)).toBeLessThan(10.5);
    expect(new Set(inside).size).toBeGreaterThan(200);
  });
});
