import { describe, expect, test } from "vitest";
import { stream } from "../../random/stream.js";
import { differenceHash, findNearDuplicates } from "./near-duplicates.js";

/** 72×64 pixels from a function of the 9×8 cell that they are in. */
const cells = (value: (column: number, row: number) => number): Uint8Array =>
  Uint8Array.from({ length: 72 * 64 }, (_, i) => value(Math.floor((i % 72) / 8), Math.floor(i / 72 / 8)));

describe("the difference hash", () => {
  test("has a bit where a cell is brighter than the one to its left", () => {
    expect(differenceHash(cells((column) => 20 * column))).toEqual([0xffffffff, 0xffffffff]);
    expect(differenceHash(cells((column) => 200 - 20 * column))).toEqual([0, 0]);
    // only from column 0 to 1, in rows 0 and 4
    expect(differenceHash(cells((column, row) => (column > 0 && row % 4 === 0 ? 90 : 0)))).toEqual([1, 1]);
  });

  test("has none for noise", () => {
    expect(differenceHash(cells((column) => 100 + (column % 2)))).toEqual([0, 0]);
  });
});

/** Random pictures: hashes and copies. */
function random(count: number): { hashes: Uint32Array; copies: Uint8Array } {
  const numbers = stream(3, "lookalikes");
  return {
    hashes: Uint32Array.from({ length: 2 * count }, () => numbers.integer(0, 0xffffffff)),
    copies: Uint8Array.from({ length: 256 * count }, () => numbers.integer(0, 255)),
  };
}

/** Makes picture `to` a copy of picture `from` with so many bits of its hash and so much grey changed. */
function copied(
  { hashes, copies }: ReturnType<typeof random>,
  from: number,
  to: number,
  flips: number,
  grey: number,
): void {
  hashes.copyWithin(2 * to, 2 * from, 2 * from + 2);
  // far apart, in both halves
  for (let n = 0; n < flips; n++) hashes[2 * to + (n & 1)] ^= 1 << ((n * 13) % 32);
  for (let i = 0; i < 256; i++) {
    const value = copies[256 * from + i];
    copies[256 * to + i] = value > 127 ? value - grey : value + grey;
  }
}

const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("near duplicates", () => {
  test("differ in at most 4 bits, and little in their copies", () => {
    // bytes that are all equally likely deviate by 64 from their mean: 1 + 5 % of 64 is 4.2
    const set = random(40);
    copied(set, 3, 20, 4, 3);
    copied(set, 5, 21, 5, 0);
    copied(set, 7, 22, 0, 5);
    copied(set, 20, 30, 0, 0);
    set.hashes[60] ^= 0x00f0;
    copied(set, 9, 0, 1, 1);
    // 30 is linked to 3 by 20
    expect(findNearDuplicates(set, all(40))).toEqual([
      [0, 9],
      [3, 20, 30],
    ]);
    expect(
      findNearDuplicates(
        set,
        all(40).filter((i) => i !== 20),
      ),
    ).toEqual([[0, 9]]);
  });

  test("are found wherever in the hash the bits differ", () => {
    const set = random(64);
    const flips = stream(5, "flips");
    for (let i = 1; i < 64; i += 2) {
      copied(set, i - 1, i, 0, 2);
      for (let n = 0; n < 4; n++) set.hashes[2 * i + flips.integer(0, 1)] ^= 1 << flips.integer(0, 31);
    }
    expect(findNearDuplicates(set, all(64))).toEqual(all(32).map((i) => [2 * i, 2 * i + 1]));
  });

  test("are found among 100 000 pictures in seconds", () => {
    const count = 100_000;
    const set = random(count);
    // 30 of the bits are never set, as in pictures on a plain ground
    for (let i = 0; i < count; i++) set.hashes[2 * i] &= 0x3;
    copied(set, 17, 99_999, 2, 3);
    const started = performance.now();
    expect(findNearDuplicates(set, all(count))).toEqual([[17, 99_999]]);
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});
