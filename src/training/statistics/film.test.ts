import { expect, test } from "vitest";
import { conv, softmaxLogLoss } from "../../blocks/index.js";
import { float32 } from "../../graph/tensor.js";
import { sequential } from "../../network/network.js";
import { filmFrame, isFilmed } from "./film.js";

const filters = float32([1, 2, 3, 4], [2, 1, 1, 2]);
const parameters = new Map([["first/filters", filters]]);
const network = (frozen: boolean, channels = 1) =>
  sequential("one", { channels, height: 1, width: 2 }, [
    conv([1, 2], 2, { name: "first", biases: false, frozen }),
    softmaxLogLoss(),
  ]);

test("a frame is a copy of the first layer's filters, where they are learned and can be seen", () => {
  const frame = filmFrame(network(false), parameters, 3);
  filters.data[0] = 9;
  expect(frame).toEqual({ epoch: 3, filters: float32([1, 2, 3, 4], [2, 1, 1, 2]) });
  expect(filmFrame(network(true), parameters, 3)).toBeUndefined();
  const two = float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 1, 2]);
  expect(filmFrame(network(false, 2), new Map([["first/filters", two]]), 3)).toBeUndefined();
});

test("of large filters the first ones are kept: 20 000 numbers", () => {
  const large = sequential("large", { channels: 3, height: 16, width: 16 }, [conv(16, 768, { name: "first" })]);
  const all = float32(new Float32Array(768 * 768), [768, 3, 16, 16]);
  expect(filmFrame(large, new Map([["first/filters", all]]), 0)?.filters.shape).toEqual([26, 3, 16, 16]);
});

test("of a thousand epochs some eighty are kept, all of the first", () => {
  const kept = Array.from({ length: 1000 }, (_, i) => i + 1).filter(isFilmed);
  expect(kept.slice(0, 22)).toEqual([...Array.from({ length: 20 }, (_, i) => i + 1), 22, 24]);
  // 19, then 10 in each doubling from 20 to 639, and 640, 704, 768, 832, 896, 960
  expect(kept).toHaveLength(19 + 5 * 10 + 6);
});
