import { describe, expect, it } from "vitest";
import { type Reads, segmentsOf } from "./layout.js";

/** Where each unit stands: "column,lane". */
const placesOf = (reads: Reads): string[][] =>
  segmentsOf(reads).map(({ places }) => [...places].map(([unit, { column, lane }]) => `${unit}: ${column},${lane}`));

describe("the layout of a network", () => {
  it("has one segment for each unit of a chain", () => {
    expect(placesOf([[], [0], [1]])).toEqual([["0: 0,0"], ["1: 0,0"], ["2: 0,0"]]);
  });

  it("gives what goes past others a lane of its own", () => {
    // 0 → 1 → 2 → 3 and 0 → 3
    const [, segment] = segmentsOf([[], [0], [1], [2, 0]]);
    expect(segment.ways).toEqual([
      { from: 0, to: 1, lane: 0 },
      { from: 1, to: 2, lane: 0 },
      { from: 2, to: 3, lane: 0 },
      { from: 0, to: 3, lane: 1 },
    ]);
  });

  it("puts the branches of an inception beside each other, the longest straight on", () => {
    // 1; 2 → 3; 4 → 5 → 6; meet in 7
    expect(placesOf([[], [0], [0], [2], [0], [4], [5], [1, 3, 6]])[1].sort()).toEqual([
      "1: 0,2",
      "2: 0,1",
      "3: 1,1",
      "4: 0,0",
      "5: 1,0",
      "6: 2,0",
      "7: 3,0",
    ]);
  });

  it("never has two units at one place, nor a way through a unit, whatever reads what", () => {
    for (let seed = 1; seed <= 60; seed++) {
      let state = seed;
      const random = (count: number): number => {
        state = (state * 48271) % 2147483647;
        return state % count;
      };
      const reads = Array.from({ length: 14 }, (_, i) =>
        i === 0
          ? []
          : [...new Set([random(i), ...(random(3) === 0 ? [random(i)] : []), ...(random(2) === 0 ? [i - 1] : [])])],
      );
      for (const { places, ways } of segmentsOf(reads)) {
        const taken = [...places.values()].map(({ column, lane }) => `${column},${lane}`);
        expect(new Set(taken).size).toBe(taken.length);
        for (const { from, to, lane } of ways) {
          const [begin, end] = [places.get(from)?.column ?? -1, places.get(to)?.column ?? 0];
          for (let column = begin + 1; column < end; column++) expect(taken).not.toContain(`${column},${lane}`);
        }
      }
    }
  });
});
