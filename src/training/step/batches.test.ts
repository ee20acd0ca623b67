import { describe, expect, it } from "vitest";
import { batches } from "./batches.js";

const epoch = (count: number, size: number, seed: number, number: number, shuffle: boolean) =>
  [...batches(count, size, seed, number, shuffle)].map(({ indices, weights }) => [[...indices], [...weights]]);

describe("batches", () => {
  it("fills the last batch with the first samples at weight 0", () => {
    expect(epoch(5, 2, 1, 0, false)).toEqual([
      [
        [0, 1],
        [1, 1],
      ],
      [
        [2, 3],
        [1, 1],
      ],
      [
        [4, 0],
        [1, 0],
      ],
    ]);
  });

  it("repeats the samples as often as a batch larger than all of them needs", () => {
    expect(epoch(2, 5, 1, 0, false)).toEqual([
      [
        [0, 1, 0, 1, 0],
        [1, 1, 0, 0, 0],
      ],
    ]);
  });

  it("has no filling where the batches come out even", () => {
    expect(epoch(4, 2, 1, 0, false)).toEqual([
      [
        [0, 1],
        [1, 1],
      ],
      [
        [2, 3],
        [1, 1],
      ],
    ]);
  });

  it("visits each sample once with weight 1 when shuffled", () => {
    const visited = [...batches(103, 10, 7, 3, true)].flatMap(({ indices, weights }) =>
      [...indices].filter((_, i) => weights[i] === 1),
    );
    expect(visited.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
    expect(visited).not.toEqual(visited.toSorted((a, b) => a - b));
  });

  it("depends on seed and epoch alone", () => {
    expect(epoch(50, 8, 7, 3, true)).toEqual(epoch(50, 8, 7, 3, true));
    expect(epoch(50, 8, 7, 4, true)).not.toEqual(epoch(50, 8, 7, 3, true));
    expect(epoch(50, 8, 8, 3, true)).not.toEqual(epoch(50, 8, 7, 3, true));
  });

  it.each([
    [0, 10],
    [10, 0],
    [2.5, 1],
  ])("rejects %d samples in batches of %d", (count, size) => {
    expect(() => [...batches(count, size, 1, 0, false)]).toThrow(/expected a whole number of at least 1, got/);
  });
});
