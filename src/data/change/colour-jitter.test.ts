import { describe, expect, test } from "vitest";
import { classTarget } from "../target.js";
import { colourMatrix, type Matrix, meanGrey, STAINS, stainMatrix } from "./colour-jitter.js";
import type { Jitter } from "./jitter-description.js";
import { jitterPictures } from "./jitter-pictures.js";

/** Pixels of red, green and blue, or grey ones, after jitter; one row. */
function changed(pixels: readonly (readonly number[])[], jitter: Jitter): number[][] {
  const [width, channels] = [pixels.length, pixels[0].length];
  const planes = pixels[0].flatMap((_, c) => pixels.map((pixel) => pixel[c]));
  const into = new Uint8Array(planes.length);
  const samples = {
    count: 1,
    shape: { channels, height: 1, width },
    target: classTarget(["one"], [0]),
    read: (_index: number, _epoch: number, to: Uint8Array, offset: number) => to.set(planes, offset),
  };
  jitterPictures(samples, jitter, 1).read(0, 0, into, 0);
  return pixels.map((_, x) => Array.from({ length: channels }, (_, c) => into[c * width + x]));
}

const apply = (m: Matrix, [x, y, z]: readonly number[]): number[] =>
  [0, 3, 6].map((row) => m[row] * x + m[row + 1] * y + m[row + 2] * z);

describe("brightness and contrast", () => {
  const grey = [[0], [60], [120], [240]];

  test("brightness 0.2 adds 51, cut at white; −0.2 takes it away, cut at black", () => {
    expect(changed(grey, { brightness: [0.2, 0.2] })).toEqual([[51], [111], [171], [255]]);
    expect(changed(grey, { brightness: [-0.2, -0.2] })).toEqual([[0], [9], [69], [189]]);
  });

  test("contrast stretches about the mean, 105", () => {
    // 105 + 2·(x − 105); 105 + ½·(x − 105) = 52.5, 82.5, 112.5, 172.5, halves up
    expect(changed(grey, { contrast: [2, 2] })).toEqual([[0], [15], [135], [255]]);
    expect(changed(grey, { contrast: [0.5, 0.5] })).toEqual([[53], [83], [113], [173]]);
    // with brightness 0.1: 25.5 more
    expect(changed(grey, { contrast: [0.5, 0.5], brightness: [0.1, 0.1] })).toEqual([[78], [108], [138], [198]]);
  });

  test("of a colour picture the mean is that of its grey", () => {
    // 0.299·100 + 0.587·200 + 0.114·60 = 154.14
    expect(meanGrey(Uint8Array.of(100, 200, 60), 0, 1, 3)).toBeCloseTo(154.14, 10);
    // 154.14 + 0.5·(100 − 154.14) = 127.07, (200 …) = 177.07, (60 …) = 107.07
    expect(changed([[100, 200, 60]], { contrast: [0.5, 0.5] })).toEqual([[127, 177, 107]]);
  });
});

describe("saturation and hue", () => {
  test("no saturation is grey; twice as much is twice as far from grey", () => {
    // the grey of 100, 200, 50 is 153, of 90, 60, 30 it is 65.55
    expect(
      changed(
        [
          [100, 200, 50],
          [90, 60, 30],
        ],
        { saturation: [0.01, 0.01] },
      ),
    ).toEqual([
      [152, 153, 152],
      [66, 65, 65],
    ]);
    // 65.55 + 2·(90 − 65.55) = 114.45, 54.45, −5.55
    expect(changed([[90, 60, 30]], { saturation: [2, 2] })).toEqual([[114, 54, 0]]);
    // with contrast 0.5 about the mean 65.55: 65.55 + 0.5·2·(x − 65.55)
    expect(changed([[90, 60, 30]], { saturation: [2, 2], contrast: [0.5, 0.5] })).toEqual([[90, 60, 30]]);
  });

  test("hue keeps the grey and grey pixels, and half a turn twice is none", () => {
    for (const angle of [-120, -30, 10, 90, 180]) {
      const turned = apply(colourMatrix(1, angle), [90, 60, 30]);
      expect(0.299 * turned[0] + 0.587 * turned[1] + 0.114 * turned[2]).toBeCloseTo(65.55, 3);
      apply(colourMatrix(1.7, angle), [50, 50, 50]).forEach((x) => {
        expect(x).toBeCloseTo(50, 2);
      });
    }
    const once = apply(colourMatrix(1, 180), [90, 60, 30]);
    // half a turn: 2·65.55 − x
    [41.1, 71.1, 101.1].forEach((x, c) => {
      expect(once[c]).toBeCloseTo(x, 1);
    });
    apply(colourMatrix(1, 120), apply(colourMatrix(1, 240), [90, 60, 30])).forEach((x, c) => {
      expect(x).toBeCloseTo([90, 60, 30][c], 8);
    });
  });

  test("leave grey pictures as they are", () => {
    expect(changed([[10], [200]], { saturation: [2, 2], hue: [90, 90], stain: [2, 2] })).toEqual([[10], [200]]);
  });
});

describe("stain", () => {
  const [haematoxylin, eosin] = [STAINS.slice(0, 3), STAINS.slice(3, 6)];
  /** the bytes of a pixel with so much of each */
  const pixel = (h: number, e: number): number[] =>
    haematoxylin.map((density, c) => Math.round(255 * Math.exp(-h * density - e * eosin[c])));

  test("the stains are those of the paper, with length 1, and the third is at right angles", () => {
    // (0.65, 0.70, 0.29) has length √(0.4225 + 0.49 + 0.0841) = 0.99830
    expect(haematoxylin.map((x) => Number(x.toFixed(4)))).toEqual([0.6511, 0.7012, 0.2905]);
    // √(0.0049 + 0.9801 + 0.0121) = 0.99855
    expect(eosin.map((x) => Number(x.toFixed(4)))).toEqual([0.0701, 0.9914, 0.1102]);
    const rest = STAINS.slice(6);
    for (const stain of [haematoxylin, eosin]) {
      expect(stain[0] * rest[0] + stain[1] * rest[1] + stain[2] * rest[2]).toBeCloseTo(0, 12);
    }
    expect(Math.hypot(...rest)).toBeCloseTo(1, 12);
  });

  test("the matrix multiplies each stain by its factor, and keeps what is neither", () => {
    const matrix = stainMatrix([2, 0.5]);
    const expected = [haematoxylin.map((x) => 2 * x), eosin.map((x) => 0.5 * x), STAINS.slice(6)];
    [haematoxylin, eosin, STAINS.slice(6)].forEach((stain, i) => {
      apply(matrix, stain).forEach((x, c) => {
        expect(x).toBeCloseTo(expected[i][c], 12);
      });
    });
    stainMatrix([1, 1]).forEach((x, i) => {
      expect(x).toBeCloseTo(i % 4 === 0 ? 1 : 0, 12);
    });
  });

  test("there and back gives every byte again", () => {
    const pixels = Array.from({ length: 256 }, (_, x) => [x, 255 - x, (x * 7) % 256]);
    const almost = 1 + 1e-12;
    expect(changed(pixels, { stain: [1, almost] })).toEqual(pixels);
  });

  test("half of both in the place of some; white stays white", () => {
    const pixels = [pixel(0.8, 0.2), pixel(0.1, 0.6), [255, 255, 255]];
    const expected = [pixel(0.4, 0.1), pixel(0.05, 0.3), [255, 255, 255]];
    changed(pixels, { stain: [0.5, 0.5] }).forEach((got, i) => {
      got.forEach((x, c) => {
        expect(Math.abs(x - expected[i][c])).toBeLessThanOrEqual(1);
      });
    });
  });
});
