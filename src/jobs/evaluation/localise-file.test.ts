import { expect, test } from "vitest";
import type { Dataset } from "../../data/sources/dataset.js";
import { boxesCsv, wholePictures } from "./localise-file.js";

const box = (x: number) => ({ x, y: 0, width: 10, height: 10 });
const dataset = (...items: Dataset["items"]): Dataset => ({
  ...{ root: ".", format: "list", classes: ["cat", "dog"], problems: [] },
  items,
});

test("each picture once, with all its boxes", () => {
  const { dataset: whole, boxes } = wholePictures(
    dataset(
      { path: "a.png", label: 1, box: box(0) },
      { path: "b.png", label: 0 },
      { path: "a.png", label: 1, box: box(50) },
    ),
  );
  expect(whole.items).toEqual([
    { path: "a.png", label: 1 },
    { path: "b.png", label: 0 },
  ]);
  expect(boxes.get("a.png")).toEqual([box(0), box(50)]);
  expect(() => wholePictures(dataset({ path: "b.png", label: 0 }))).toThrow("got no box");
  const both = dataset({ path: "a.png", label: 1, box: box(0) }, { path: "a.png", label: 0, box: box(9) });
  expect(() => wholePictures(both)).toThrow("'a.png' is 'dog' and 'cat'");
});

test("a line for each guess", () => {
  const located = [
    {
      label: 1,
      boxes: [box(0)],
      guesses: [
        { label: 1, box: box(5) },
        { label: 0, box: box(0) },
      ],
    },
  ];
  const table = { classes: ["cat", "dog"], paths: ["a.png"], kind: "classes" } as const;
  const lines = boxesCsv(located, { ...table, labels: Int32Array.of(1), scores: Float32Array.of(0, 1) })
    .trim()
    .split("\n");
  // 5 of 15
  expect(lines.slice(1)).toEqual([
    "a.png,dog,1,dog,5.0 0.0 10.0 10.0,0.333",
    "a.png,dog,2,cat,0.0 0.0 10.0 10.0,0.000",
  ]);
});
