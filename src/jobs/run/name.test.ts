import { expect, test } from "vitest";
import { nameOf } from "./name.js";

test.each([
  ["photos", "photos"],
  ["photos/", "photos"],
  ["data/cats.v2.csv", "cats.v2"],
  ["patches/list.csv", "patches"],
  ["runs/stamps/model.onnx", "stamps"],
  ["runs/model", "model"],
])("%s is called %s", (path, name) => {
  expect(nameOf(path)).toBe(name);
});
