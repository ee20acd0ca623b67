import { describe, expect, it } from "vitest";
import { blocksOf } from "./columns.js";
import type { Component } from "./components.js";

/** Letters 10 wide and 20 high, 15 apart, one line every 40 pixels. */
const lines = (...texts: readonly string[]): Component[] =>
  texts
    .flatMap((text, row) => [...text].map((sign, i) => ({ sign, left: 15 * i, top: 40 * row })))
    .filter(({ sign }) => sign !== " ")
    .map(({ left, top }, i) => ({ label: i + 1, left, top, right: left + 10, bottom: top + 20, area: 100 }));

/** How many letters each block has, and its first letter's column and row. */
const shape = (letters: readonly Component[]): number[][] =>
  blocksOf(letters).map((block) => [block.length, block[0].left / 15, block[0].top / 40]);

describe("blocksOf", () => {
  it("leaves one column whole, even where words stand below each other", () => {
    expect(shape(lines("ab abc", "ab abc", "ab abc"))).toEqual([[15, 0, 0]]);
  });

  it("takes the left column before the right one, below a heading and above a last line", () => {
    expect(shape(lines("a long heading", "abc def   xy", "abc       xyz", "ab cd     x", "one long line"))).toEqual([
      [12, 0, 0],
      [13, 0, 1],
      [6, 10, 1],
      [11, 0, 4],
    ]);
  });

  it("takes two lines for columns where the gap is wider", () => {
    expect(shape(lines("abc   xyz", "abc   xyz"))).toHaveLength(2);
    expect(shape(lines("abc  xyz", "abc  xyz"))).toHaveLength(1);
  });

  it("takes a longer column to its end, but not what stands apart", () => {
    const [top, below] = [lines("abc   xyz", "abc   xyz", "abc", "abc"), lines("the end")];
    const apart = below.map((letter) => ({ ...letter, top: letter.top + 240, bottom: letter.bottom + 240 }));
    expect(shape([...top, ...apart])).toEqual([
      [12, 0, 0],
      [6, 6, 0],
      [6, 0, 6],
    ]);
  });

  it("finds three columns", () => {
    expect(shape(lines("abc   de   fgh", "abc   d    fg", "ab    de   fgh"))).toHaveLength(3);
  });
});
