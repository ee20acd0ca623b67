import { expect, test } from "vitest";
import { decades, powersOfTen, powerText } from "./powers.js";
import { stripChart } from "./strip-chart.js";

const options = { title: "steps", note: "usually 0.001" };
const points = ["conv1", "conv2"].flatMap((name, row) =>
  [1, 2, 3].map((epoch) => ({ name, epoch, value: (row + 1) / 10 ** epoch })),
);
const circles = (svg: string, colour: string): number =>
  [...svg.matchAll(new RegExp(`<g [^>]*fill="var\\(--${colour}\\)"[^>]*>(.*?)</g>`, "gs"))].reduce(
    (sum, [, inner]) => sum + inner.split("<circle").length - 1,
    0,
  );

test("every epoch is grey, the last in colour, with its value under the pointer", () => {
  const { text } = stripChart(points, options);
  expect(circles(text, "quiet")).toBe(6);
  expect(circles(text, "accent")).toBe(2);
  expect(text).toContain("conv2, epoch 3: 0.0020");
});

test("zeros have no place on a logarithmic axis", () => {
  const { text } = stripChart([...points, { name: "relu1", epoch: 3, value: 0 }], options);
  expect(circles(text, "quiet")).toBe(6);
  expect(text).toContain(">relu1<");
  expect(() => stripChart([{ name: "relu1", epoch: 1, value: 0 }], options)).toThrow(
    "A strip chart needs at least one positive value.",
  );
});

test("ticks are powers of ten, nine at most", () => {
  expect(powersOfTen(0.01, 10)).toEqual([0.01, 0.1, 1, 10]);
  expect(powersOfTen(0.0099, 11)).toEqual([0.01, 0.1, 1, 10]);
  expect(powersOfTen(1e-10, 10).length).toBeLessThanOrEqual(9);
  expect([1e-5, 0.01, 1, 1000, 1e4].map(powerText)).toEqual(["1e−5", "0.01", "1", "1000", "1e4"]);
});

test("between two numbers lie the multiples of powers of ten that are asked for", () => {
  expect(decades(0.4, 12)).toEqual([0.5, 1, 2, 5, 10]);
  expect(decades(0.4, 12, [1])).toEqual([1, 10]);
  expect(decades(3, 4)).toEqual([]);
});
