import { expect, test } from "vitest";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { jitterSheet } from "./jitter-sheet.js";

/** Samples of one pixel: 10·index + epoch. What is prepared is kept. */
function pixels(count: number, channels = 1): Samples & { readonly prepared: string[] } {
  const prepared: string[] = [];
  return {
    count,
    target: classTarget(["one"], Array(count).fill(0)),
    prepared,
    shape: { channels, height: 1, width: 1 },
    read: (index, epoch, into, offset) => into.fill(10 * index + epoch, offset, offset + channels),
    prepare: async (indices, epoch) => void prepared.push(`${Array.from(indices)} in ${epoch}`),
  };
}

test("a row for each sample: as it is, then as it is in the first epochs", async () => {
  const [samples, jittered] = [pixels(10), pixels(10)];
  const sheet = await jitterSheet(samples, jittered, { count: 2, copies: 2, width: 1 });
  // samples 2 and 7 of 10 are in the middles of the halves; four pixels between pictures
  const at = (row: number, column: number): number => sheet.data[row * 5 * sheet.width + column * 5];
  expect([sheet.width, sheet.height]).toEqual([11, 6]);
  expect([0, 1].map((row) => [0, 1, 2].map((column) => at(row, column)))).toEqual([
    [20, 21, 22],
    [70, 71, 72],
  ]);
  expect(samples.prepared).toEqual(["2,7 in 0"]);
  expect(jittered.prepared).toEqual(["2,7 in 1", "2,7 in 2"]);
});

test("small pictures are enlarged; there are no more rows than samples; two channels are no picture", async () => {
  const sheet = await jitterSheet(pixels(1, 3), pixels(1, 3), { count: 6, copies: 1, width: 5 });
  expect([sheet.width, sheet.height, sheet.channels]).toEqual([14, 5, 3]);
  await expect(jitterSheet(pixels(1, 2), pixels(1, 2))).rejects.toThrow("pictures of 1 or 3 channels, got 2");
});
