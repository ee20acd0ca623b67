import { expect, test } from "vitest";
import { localisationError } from "./localisation-error.js";

test("ImageNet's rule: the right class, and half of the area", () => {
  const at = (x: number) => ({ x, y: 0, width: 10, height: 10 });
  const sample = (label: number, ...guesses: [number, number][]) => ({
    label,
    boxes: [at(0), at(100)],
    guesses: guesses.map(([guess, x]) => ({ label: guess, box: at(x) })),
  });
  const samples = [
    sample(0, [0, 103]), // 7 of 13 of the second box
    sample(0, [0, 4]), // 6 of 14
    sample(0, [1, 0], [0, 0]), // the second guess
    sample(0, [1, 0]),
  ];
  expect(localisationError(samples, 5)).toMatchObject({ error: 0.5, wrong: 2 });
  expect(localisationError(samples, 1)).toMatchObject({ error: 0.75, wrong: 3 });
  // nobody knows where the thing is in the last
  const all = [...samples, { ...sample(0, [0, 0]), boxes: [] }];
  expect(localisationError(all, 5)).toEqual(localisationError(samples, 5));
  expect(() => localisationError(all.slice(4), 5)).toThrow("no picture");
});
