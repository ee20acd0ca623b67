import { describe, expect, it } from "vitest";
import type { Component } from "./components.js";
import { rowsOfLines } from "./line-rows.js";

let label = 0;
/** A component 10 wide whose pixels are all ink. */
const box = (top: number, bottom: number): Component => ({
  label: ++label,
  left: 0,
  right: 10,
  top,
  bottom,
  area: 10 * (bottom - top),
});
const whole = (components: readonly Component[]) => rowsOfLines(components).map(({ top, bottom }) => [top, bottom]);

describe("rowsOfLines", () => {
  it("divides at empty rows, in the middle of what is free", () => {
    // x-height 10, an ascent and a descent of 5
    const line = (at: number) => [box(at, at + 10), box(at - 5, at + 10), box(at, at + 15), box(at, at + 10)];
    expect(whole([...line(10), ...line(40)])).toEqual([
      [0, 30],
      [30, 55],
    ]);
  });

  it("keeps dots with their stems, above and below", () => {
    // i i i: dots of 3 rows, 3 free ones, stems of 12; a full stop needs no rows of its own
    const dots = [10, 10, 10].map((top) => ({ ...box(top, top + 4), right: 4, area: 16 }));
    expect(whole([...dots, ...[16, 16, 16].map((top) => box(top, top + 12))])).toHaveLength(1);
  });

  it("divides lines whose ascents and descents overlap", () => {
    const first = [box(10, 20), box(10, 20), box(10, 20), box(10, 26)];
    const second = [box(30, 40), box(30, 40), box(24, 40), box(30, 40)];
    const rows = whole([...first, ...second]);
    expect(rows).toHaveLength(2);
    expect(rows[0][1]).toBeGreaterThan(19);
    expect(rows[0][1]).toBeLessThan(31);
  });

  it("keeps a heading and the small print below it apart", () => {
    const small = Array.from({ length: 12 }, () => box(60, 68));
    expect(whole([box(10, 40), box(10, 40), box(18, 48), ...small])).toHaveLength(2);
  });

  it("finds none where nothing is", () => {
    expect(rowsOfLines([])).toEqual([]);
  });
});
