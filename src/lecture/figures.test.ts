import { expect, test } from "vitest";
import { descentFigure, planesFigure } from "./figures.js";

test("a plane of numbers is red above zero, grey below, and white at zero", () => {
  const plane = { title: "four", below: "2×2", height: 2, width: 2, values: [4, -2, 0, 1] };
  const { text } = planesFigure([[plane]]);
  const squares = [...text.matchAll(/fill="(rgb\([^)]*\))"/g)].map((match) => match[1]);
  // The accent is #c2361b, the ink #1b1f24; a half and a quarter of the way from white.
  expect(squares).toEqual(["rgb(194,54,27)", "rgb(240,205,198)", "rgb(141,143,146)"]);
});

test("charts of one size stand in rows, each where it belongs", () => {
  const one = { title: "a", below: "", height: 1, width: 1, values: [1] };
  const { text } = planesFigure([
    [one, { ...one, title: "b" }],
    [
      { ...one, title: "c" },
      { ...one, title: "d" },
    ],
  ]);
  expect([...text.matchAll(/translate\((\d+),(\d+)\)/g)].map(([, x, y]) => [x, y])).toEqual(
    expect.arrayContaining([
      ["0", "0"],
      ["168", "0"],
      ["0", "218"],
      ["168", "218"],
    ]),
  );
  expect(text).toMatch(/^<svg [^>]*viewBox="0 0 318 418"/);
});

test("a way down ends where it leaves the frame", () => {
  const way = [1, -2, 3, -5, 8].map((x) => ({ x, y: 0 }));
  const { text } = descentFigure([{ title: "too fast", below: "", way }], (x) => x * x);
  expect(text.match(/<circle [^>]*r="2\.2"/g)).toHaveLength(3);
});
