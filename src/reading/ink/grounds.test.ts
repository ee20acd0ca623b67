import { expect, it } from "vitest";
import { splitGrounds } from "./grounds.js";

/** Rows of 10 pixels, each of one level. */
const rows = (...runs: readonly (readonly [level: number, count: number])[]) => {
  const levels = runs.flatMap(([level, count]) => Array.from({ length: count }, () => level));
  return {
    width: 10,
    height: levels.length,
    channels: 1 as const,
    data: Uint8Array.from(levels.flatMap((level) => Array.from({ length: 10 }, () => level))),
  };
};

it("divides a picture where its ground changes over the whole width", () => {
  const parts = splitGrounds(rows([255, 30], [0, 20], [255, 40]));
  expect(parts.map(({ height, data }) => [height, data[0], data.length])).toEqual([
    [30, 255, 300],
    [20, 0, 200],
    [40, 255, 400],
  ]);
});

it("leaves rules, light that falls off, and what does not reach both sides in one part", () => {
  expect(splitGrounds(rows([255, 30], [0, 5], [255, 40]))).toHaveLength(1);
  expect(splitGrounds(rows(...Array.from({ length: 50 }, (_, i) => [250 - i, 1] as const)))).toHaveLength(1);
  const inside = rows([255, 30], [0, 20], [255, 40]);
  for (let y = 0; y < 90; y++) inside.data[10 * y] = 255;
  expect(splitGrounds(inside)).toHaveLength(1);
});
