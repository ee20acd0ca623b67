import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tensor } from "onnxruntime-common";
import { expect, test } from "vitest";
import { GraphBuilder } from "../graph/builder.js";
import { decodeModel } from "../graph/codec/codec.js";
import { zeros } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { DEVICE_NAMES, DEVICES, NODE_DEVICES } from "./devices.js";
import { runtimeEngine } from "./runtime.js";

/** 16 images, enough that a processor's layout is used. */
function convolution(): Graph {
  const g = new GraphBuilder("convolution");
  const filters = g.constant(zeros("float32", [4, 3, 3, 3]));
  g.output("y", g.op("Conv", [g.input("x", "float32", [16, 3, 8, 8]), filters]));
  return g.build();
}

test("processors get a batch with the images last, cards keep N×C×H×W", async () => {
  const operators: Record<string, readonly string[]> = {};
  for (const device of DEVICE_NAMES) {
    const create = (model: Uint8Array): Promise<never> => {
      operators[device] = decodeModel(model).graph.nodes.map(({ operator }) => operator);
      return Promise.reject(new Error("nothing is run here"));
    };
    const runtime = { InferenceSession: { create }, Tensor };
    await expect(runtimeEngine(runtime, { device, threads: 1, session: {} }).load(convolution())).rejects.toThrow();
  }
  const own = DEVICE_NAMES.filter((device) => operators[device].join() === "Conv");
  expect(own).toEqual(["webgpu", "cuda", "dml", "coreml"]);
});

test("the command line offers what runs in Node", () => {
  expect(NODE_DEVICES).toEqual(["cpu", "wasm", "webgpu", "cuda", "dml", "coreml"]);
});

test("docs/devices.md tells of each device where images lie how", async () => {
  const text = await readFile(join(import.meta.dirname, "../../docs/devices.md"), "utf8");
  const rows = text.split("\n").filter((line) => /^\| `/.test(line));
  const told = rows.flatMap((row) => {
    const [, names, , layout] = row.split("|").map((cell) => cell.trim());
    return [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name, layout]);
  });
  expect(told).toEqual(
    DEVICE_NAMES.map((name) => [name, { "batch-last": "C×H×W×N", "batch-first": "N×C×H×W" }[DEVICES[name].layout]]),
  );
});
