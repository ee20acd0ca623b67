import { expect, test } from "vitest";
import { labelledPictures } from "./labelled-pictures.js";

test("pictures stand in rows, with their words below them", () => {
  const one = {
    address: "data:image/png;base64,AA==",
    width: 40,
    height: 20,
    title: "a < b",
    lines: ["first", "second"],
  };
  const svg = labelledPictures([one, one, { ...one, lines: [] }], 2).text;
  // columns are 40 + 20 apart, rows 20 + 18 + 2 · 14 + 20
  const places = [...svg.matchAll(/<image x="(\d+)" y="(\d+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
  expect(places).toEqual([
    [1, 1],
    [61, 1],
    [1, 87],
  ]);
  expect(svg).toContain('viewBox="0 0 102 160"');
  expect(svg.match(/a &#60; b/g)).toHaveLength(3);
  expect(svg.match(/second/g)).toHaveLength(2);
});
