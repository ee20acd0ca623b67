import { expect, test } from "vitest";
import { flat, passingFolder } from "../../../test/support/picture-folder.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { boxesCsv, wholePictures } from "./localise-file.js";

const box = (x: number) => ({ x, y: 0, width: 10, height: 10 });
const dataset = (...items: Dataset["items"]): Dataset => ({
  ...{ root: ".", format: "list", classes: ["cat", "dog"], problems: [] },
  items,
});

test("each picture once, with all its boxes; how many have none is said", async () => {
  const {
    dataset: whole,
    boxes,
    notes,
  } = await wholePictures(
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
  expect(notes).toEqual([expect.stringMatching(/^1.picture of 2 has no box \(b\.png\): it is not counted/)]);
  await expect(wholePictures(dataset({ path: "b.png", label: 0 }))).rejects.toThrow("got no box");
  const both = dataset({ path: "a.png", label: 1, box: box(0) }, { path: "a.png", label: 0, box: box(9) });
  await expect(wholePictures(both)).rejects.toThrow("'a.png' is 'dog' and 'cat'");
});

test("a box that reaches beyond its picture is left out, and said", async () => {
  const root = await passingFolder({ "a.png": await flat("png", 12, 10, [1, 2, 3]) });
  const item = (x: number) => ({ path: "a.png", label: 0, box: box(x) });
  // 2 + 10 = 12 fits, 3 + 10 does not
  const { dataset: whole, boxes } = await wholePictures({ ...dataset(item(2), item(3)), root });
  expect(boxes.get("a.png")).toEqual([box(2)]);
  expect(whole.problems).toEqual([
    { path: "a.png", reason: "left out: the box 3 0 10 10, which reaches beyond 12×10 pixels" },
  ]);
  await expect(wholePictures({ ...dataset(item(3)), root })).rejects.toThrow(
    "expected boxes within the pictures. a.png",
  );
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
  const unknown = { label: 0, boxes: [], guesses: [{ label: 0, box: box(5) }] };
  const table = { classes: ["cat", "dog"], paths: ["a.png", "b.png"], kind: "classes" } as const;
  const lines = boxesCsv([...located, unknown], {
    ...table,
    labels: Int32Array.of(1, 0),
    scores: Float32Array.of(0, 1, 1, 0),
  })
    .trim()
    .split("\n");
  // 5 of 15
  expect(lines.slice(1)).toEqual([
    "a.png,dog,1,dog,5.0 0.0 10.0 10.0,0.333",
    "a.png,dog,2,cat,0.0 0.0 10.0 10.0,0.000",
    "b.png,cat,1,cat,5.0 0.0 10.0 10.0,",
  ]);
});
