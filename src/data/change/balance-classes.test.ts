import { expect, test } from "vitest";
import type { Samples } from "../samples.js";
import { type ClassTarget, classTarget } from "../target.js";
import { balanceClasses } from "./balance-classes.js";

/** Sixteen samples of which each byte is its own number: twelve of class 0, three of class 1, one of class 3; none of class 2. */
const samples: Samples<ClassTarget> = {
  count: 16,
  shape: { channels: 1, height: 1, width: 1 },
  target: classTarget(["a", "b", "c", "d"], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 3]),
  read: (index, _, into, offset) => {
    into[offset] = index;
  },
};

const epochOf = (epoch: number, seed = 1): number[] => {
  const some = balanceClasses(samples, seed);
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) some.read(i, epoch, bytes, i);
  return [...bytes];
};

test("every class that has samples comes equally often, and labels belong to the pictures", () => {
  const { labels } = balanceClasses(samples, 1).target;
  const counts = [0, 1, 2, 3].map((label) => Array.from(labels).filter((l) => l === label).length);
  expect(counts).toEqual([6, 5, 0, 5]);
  expect(epochOf(3).map((picture) => samples.target.labels[picture])).toEqual([...Array.from(labels)]);
});

test("over the epochs every picture of a large class is seen, as often as the others", () => {
  const seen = new Map<number, number>();
  for (let epoch = 0; epoch < 12; epoch++)
    for (const picture of epochOf(epoch)) seen.set(picture, (seen.get(picture) ?? 0) + 1);
  // Class 0 comes 6 times an epoch, twelve epochs, among 12 pictures.
  for (let picture = 0; picture < 12; picture++) expect(Math.abs((seen.get(picture) ?? 0) - 6)).toBeLessThanOrEqual(2);
  expect(seen.get(15)).toBe(60);
});

test("what is seen follows from seed and epoch alone", () => {
  expect(epochOf(2)).toEqual(epochOf(2));
  expect(epochOf(2)).not.toEqual(epochOf(3));
  expect(epochOf(2, 2)).not.toEqual(epochOf(2));
});

test("pictures are prepared that will be read", async () => {
  const prepared: number[] = [];
  const lazy: Samples<ClassTarget> = {
    ...samples,
    prepare: async (indices) => void prepared.push(...Array.from(indices)),
  };
  await balanceClasses(lazy, 1).prepare?.([0, 1, 2, 3], 5);
  expect(prepared).toEqual(epochOf(5).slice(0, 4));
});
