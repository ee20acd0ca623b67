/** The masks of dropout: each number against the formula, on each device; and statistics, against a table of the normal distribution. */

import { describe, expect, test } from "vitest";
import { cpu, describeDevices, runOn, type TestDevice } from "../../test/devices.js";
import { float } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { elementCount, float32, tensor } from "../graph/tensor.js";
import { COMPOSITE, type Graph } from "../graph/types.js";
import { lower } from "./lower.js";

type Shape = readonly [number, number, number, number];

/** The masks of some layers, "mask0" and so on, and what they make of x. */
function graphOf(shape: Shape, rate: number, layers = 1): Graph {
  const g = new GraphBuilder("dropout");
  const [x, seed] = [g.input("x", "float32", shape), g.input("seed", "int32", [])];
  for (let stream = 0; stream < layers; stream++) {
    const [y, mask] = g.ops("Dropout", [x, seed], 2, { rate: float(rate), stream }, COMPOSITE);
    g.output(`y${stream}`, y);
    g.output(`mask${stream}`, mask);
  }
  return g.build();
}

const feedsOf = (shape: Shape, seed: number) => ({
  x: float32(
    Float32Array.from({ length: elementCount(shape) }, (_, i) => (i % 7) - 3),
    shape,
  ),
  seed: tensor("int32", [], Int32Array.of(seed)),
});

/** lowbias32 as its author writes it in C. */
function lowbias32(value: number): number {
  let x = value >>> 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x | 0;
}

/** The mask as the formula says. */
function expectedMask(shape: Shape, rate: number, seed: number, stream = 0): number[] {
  const [images, ...rest] = shape;
  const numbers = elementCount(rest);
  const key = lowbias32(seed + Math.imul(stream + 1, 0x9e3779b9));
  const word = (i: number): number => lowbias32(i + key) | 1;
  return Array.from({ length: images * numbers }, (_, k) => {
    const product = Math.imul(word(Math.floor(k / numbers)), word(images + (k % numbers)));
    return product >= rate * 2 ** 32 - 2 ** 31 ? Math.fround(1 / (1 - rate)) : 0;
  });
}

const SHAPES: readonly Shape[] = [
  [1, 1, 1, 1],
  [3, 2, 3, 5],
  [17, 3, 4, 2],
  [100, 40, 1, 1],
];

describeDevices("masks are the formula's", (device) => {
  test.each(SHAPES)("%i×%i×%i×%i", async (...shape) => {
    for (const [seed, rate] of [
      [0, 0.5],
      [-2147483648, 0.2],
      [123456789, 0.99],
    ]) {
      const feeds = feedsOf(shape, seed);
      const found = await runOn(device, graphOf(shape, rate, 2), feeds);
      for (const stream of [0, 1]) {
        const mask = expectedMask(shape, rate, seed, stream);
        expect(Array.from(found[`mask${stream}`].data, Number)).toEqual(mask);
        const y = mask.map((m, i) => Math.fround(m * feeds.x.data[i]) + 0);
        expect(Array.from(found[`y${stream}`].data, Number).map((value) => value + 0)).toEqual(y);
      }
    }
  });
});

test("in the batch-first layout as in the batch-last layout", async () => {
  const shape: Shape = [16, 3, 5, 2];
  const found = await runOn(cpu, lower(graphOf(shape, 0.4), "batch-first"), feedsOf(shape, 11));
  expect(Array.from(found.mask0.data, Number)).toEqual(expectedMask(shape, 0.4, 11));
});

/** N, C, H, W: as many numbers as a layer of a small network has. */
const LARGE: Shape = [64, 32, 16, 16];

/** The masks of `layers` layers in each of some steps, 0 and 1. */
async function masksOf(device: TestDevice, rate: number, seeds: readonly number[], layers = 1): Promise<Uint8Array[]> {
  const program = await device.engine.load(graphOf(LARGE, rate, layers));
  const masks: Uint8Array[] = [];
  const feeds = feedsOf(LARGE, 0);
  for (const seed of seeds) {
    feeds.seed.data[0] = seed;
    const found = await program.run(feeds);
    for (let stream = 0; stream < layers; stream++) {
      const { data } = found[`mask${stream}`];
      const kept = new Uint8Array(data.length);
      for (let i = 0; i < kept.length; i++) kept[i] = Number(data[i]) > 0 ? 1 : 0;
      masks.push(kept);
    }
  }
  await program.close();
  return masks;
}

const shareOf = (mask: Uint8Array): number => mask.reduce((sum, kept) => sum + kept, 0) / mask.length;

/** A normal variable lies farther than this from its mean once in 16 000 times. */
const FOUR_DEVIATIONS = 4;

/** The mean of products of ±1, in deviations from 0: each product is ±1 with equal probability, so its deviation is 1. */
function deviations(...masks: readonly Uint8Array[]): number {
  const length = Math.min(...masks.map((mask) => mask.length));
  let sum = 0;
  for (let i = 0; i < length; i++) sum += masks.reduce((product, mask) => (mask[i] ? product : -product), 1);
  return sum / Math.sqrt(length);
}

/** How often each pattern of 8 numbers that are `step` apart is there, against equal frequency: χ² with 255 degrees of freedom. */
function chiSquare(mask: Uint8Array, step: number): number {
  const counts = new Float64Array(256);
  const block = 8 * step;
  for (let start = 0; start + block <= mask.length; start += block) {
    for (let i = start; i < start + step; i++) {
      let pattern = 0;
      for (let k = 0; k < 8; k++) pattern = 2 * pattern + mask[i + k * step];
      counts[pattern]++;
    }
  }
  const expected = counts.reduce((a, b) => a + b) / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** χ² with 255 degrees of freedom is larger once in 10 000 times (Wilson and Hilferty's formula with 3.719 deviations). */
const LARGEST_CHI_SQUARE = 348;

const [, , HEIGHT, WIDTH] = LARGE;
const IMAGE = elementCount(LARGE.slice(1));

describe("statistics", () => {
  test.each([0.05, 0.25, 0.5, 0.75, 0.9])("the rate is %d", async (rate) => {
    const [mask] = await masksOf(cpu, rate, [1]);
    const deviation = Math.sqrt((rate * (1 - rate)) / mask.length);
    expect(Math.abs(shareOf(mask) - (1 - rate)) / deviation).toBeLessThan(FOUR_DEVIATIONS);
  });

  test("no number is kept more often than others", async () => {
    const counts = new Float64Array(elementCount(LARGE));
    for (const mask of await masksOf(cpu, 0.5, [0, 1, 2, 3, 4, 5, 6, 7]))
      for (let i = 0; i < mask.length; i++) counts[i] += mask[i];
    // 8 throws of a coin: 4 with a variance of 2, which is known to √(2 / 524 288) = 0.2 % from so many counts
    const variance = counts.reduce((sum, count) => sum + (count - 4) ** 2, 0) / counts.length;
    expect(Math.abs(variance / 2 - 1)).toBeLessThan(0.01);
  });

  test("neighbours, images, steps and layers have nothing to do with each other", async () => {
    const [first, second, next, nextSecond] = await masksOf(cpu, 0.5, [41, 42], 2);
    const found = {
      columns: deviations(first, first.subarray(1)),
      rows: deviations(first, first.subarray(WIDTH)),
      channels: deviations(first, first.subarray(HEIGHT * WIDTH)),
      images: deviations(first, first.subarray(IMAGE)),
      "images far apart": deviations(first, first.subarray(31 * IMAGE)),
      // two places in two images: the corners of a rectangle
      rectangles: deviations(first, first.subarray(1), first.subarray(IMAGE), first.subarray(IMAGE + 1)),
      "larger rectangles": deviations(
        first,
        first.subarray(WIDTH),
        first.subarray(7 * IMAGE),
        first.subarray(7 * IMAGE + WIDTH),
      ),
      "three images": deviations(first, first.subarray(IMAGE), first.subarray(2 * IMAGE)),
      layers: deviations(first, second),
      steps: deviations(first, next),
      "a layer and the other's next step": deviations(second, next),
      "steps and layers": deviations(first, second, next, nextSecond),
    };
    for (const [what, value] of Object.entries(found)) expect(Math.abs(value), what).toBeLessThan(FOUR_DEVIATIONS);
  });

  test.each([
    ["along a row", 1],
    ["down a column", WIDTH],
    ["across channels", HEIGHT * WIDTH],
    ["across images", IMAGE],
  ])("patterns of eight %s are equally frequent", async (_, step) => {
    const [mask] = await masksOf(cpu, 0.5, [-7]);
    expect(chiSquare(mask, step)).toBeLessThan(LARGEST_CHI_SQUARE);
  });
});
