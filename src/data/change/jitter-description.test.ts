import { describe, expect, test } from "vitest";
import { JITTER_PRESETS, type Jitter, rangesOf } from "./jitter-description.js";

test("a number stands for what its option says", () => {
  const ranges = rangesOf({ rotate: 15, scale: 1.25, noise: 0.1, translate: [-0.1, 0.3] });
  expect(ranges.rotate).toEqual([-15, 15]);
  expect(ranges.scale).toEqual([0.8, 1.25]);
  expect(ranges.noise).toEqual([0, 0.1]);
  expect(ranges.translate).toEqual([-0.1, 0.3]);
  expect([ranges.hue, ranges.contrast, ranges.blur]).toEqual([
    [0, 0],
    [1, 1],
    [0, 0],
  ]);
  expect([ranges.mirror, ranges.border, ranges.quarterTurns, ranges.fill]).toEqual(["none", "reflect", false, 255]);
  expect(ranges.elasticSmoothness).toBeCloseTo(0.138, 3);
});

test.each(Object.entries(JITTER_PRESETS))("preset %s is what JSON has of it", (_, preset) => {
  expect(rangesOf(JSON.parse(JSON.stringify(preset)))).toEqual(rangesOf(preset));
});

describe("what is wrong is named, with what was expected", () => {
  test.each<[unknown, string]>([
    [
      { rotate: -5 },
      "Invalid value for jitter.rotate: expected a number from 0 to 180, or [low, high] from -180 to 180, got -5.",
    ],
    [{ scale: 0.9 }, "jitter.scale: expected a number from 1 to 10, or [low, high] from 0.1 to 10, got 0.9."],
    [{ noise: [0.2, 0.1] }, "jitter.noise: expected a number from 0 to 1, or [low, high] from 0 to 1, got [0.2,0.1]."],
    [{ blur: Number.NaN }, "jitter.blur: expected a number from 0 to 100, or [low, high] from 0 to 100, got NaN."],
    [{ translate: "0.1" }, `jitter.translate: expected a number from 0 to 1, or [low, high] from -1 to 1, got "0.1".`],
    [{ hue: [1, 2, 3] }, "jitter.hue: expected a number from 0 to 180, or [low, high] from -180 to 180, got [1,2,3]."],
    [{ mirror: "left" }, `jitter.mirror: expected one of "none", "horizontal", "vertical", "both", got "left".`],
    [{ border: true }, `jitter.border: expected one of "reflect", "edge", "constant", got true.`],
    [{ fill: 256 }, "jitter.fill: expected a whole number of at least 0 and at most 255, got 256."],
    [{ elasticSmoothness: 0 }, "jitter.elasticSmoothness: expected a number of at least 0.02 and at most 1, got 0."],
    [{ quarterTurns: 1 }, "jitter.quarterTurns: expected true or false, got 1."],
    [{ rotation: 5 }, "jitter: unknown field 'rotation': it has translate, rotate, scale, "],
    [{ rotates: 5 }, "jitter: unknown field 'rotates': did you mean 'rotate'? It has translate, "],
  ])("%j", (jitter, message) => {
    expect(() => rangesOf(jitter as Jitter)).toThrow(message);
  });
});
