import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dag, outputOf } from "../network/network.js";
import { LAYERS, layerFrom } from "./layer.js";

const messageOf = (type: string): string => {
  try {
    layerFrom({ type }, "layer 1");
    return "";
  } catch (error) {
    return String(error);
  }
};

test.each([
  ["softmaxLogLoss", '{ "type": "loss", "loss": "softmaxLog" }'],
  ["softmaxLog", '{ "type": "loss", "loss": "softmaxLog" }'],
  ["classError", '{ "type": "loss", "loss": "classError" }'],
  ["huberLoss", '{ "type": "loss", "loss": "huber" }'],
  ["maxPool", '{ "type": "pool", "method": "max", "support": 2, "stride": 2 }'],
  ["averagepool", '{ "type": "pool", "method": "average", "support": 2, "stride": 2 }'],
  ["globalAveragePool", '{ "type": "globalPool", "method": "average" }'],
  ["relu6", '{ "type": "clip", "least": 0, "most": 6 }'],
])("a layer that is called as its function, %s, is refused with the JSON that makes it", (name, form) => {
  expect(messageOf(name)).toContain(`In JSON it is ${form}.`);
  expect(layerFrom(JSON.parse(form), "layer 1")).toBeDefined();
});

test("other names get the nearest type", () => {
  expect(messageOf("convolution")).toContain('Did you mean "conv"?');
  expect(messageOf("maxout")).not.toContain("In JSON it is");
});

test("the documentation's network in JSON is one", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/data.md"), "utf8");
  const [, json = ""] = /^```json\n(\[[\s\S]*?)^```/m.exec(text) ?? [];
  const layers = LAYERS.take(JSON.parse(json), { path: "" });
  const network = dag("documented", { image: { channels: 3, height: 32, width: 32 } }, layers);
  expect(outputOf(network)).toMatchObject({ channels: 2, height: 1, width: 1 });
});
