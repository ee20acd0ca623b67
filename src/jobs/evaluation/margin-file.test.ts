import { expect, test } from "vitest";
import { flat, passingFolder } from "../../../test/support/picture-folder.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { enlargedBox, withMargin } from "./margin-file.js";

test("a margin at each side, cut off where the picture ends", () => {
  const picture = { width: 100, height: 50 };
  expect(enlargedBox({ x: 20, y: 20, width: 40, height: 10 }, 0.25, picture)).toEqual({
    x: 10,
    y: 17,
    width: 60,
    height: 16,
  });
  expect(enlargedBox({ x: 0, y: 0, width: 100, height: 50 }, 1, picture)).toEqual({
    x: 0,
    y: 0,
    width: 100,
    height: 50,
  });
  expect(enlargedBox({ x: 90, y: 0, width: 20, height: 9 }, 1, picture)).toEqual({ x: 90, y: 0, width: 20, height: 9 });
});

test("a data set with margins; without a box there is none", async () => {
  const root = await passingFolder({ "a.png": await flat("png", 12, 8, [1, 2, 3]) });
  const box = { x: 4, y: 4, width: 4, height: 2 };
  const dataset: Dataset = {
    root,
    format: "list",
    classes: ["x"],
    items: [{ path: "a.png", label: 0, box }],
    problems: [],
  };
  expect((await withMargin(dataset, 0.5)).items[0].box).toEqual({ x: 2, y: 3, width: 8, height: 4 });
  expect(await withMargin(dataset, undefined)).toBe(dataset);
  const whole = { ...dataset, items: [{ path: "a.png", label: 0 }] };
  await expect(withMargin(whole, 0.5)).rejects.toThrow("A margin is one of boxes");
});
