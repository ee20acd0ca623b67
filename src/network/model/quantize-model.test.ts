import { expect, test } from "vitest";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { nodeEngine } from "../../engine/node.js";
import { decodeModel, encodeModel } from "../../graph/codec/codec.js";
import { float32 } from "../../graph/tensor.js";
import { initialize } from "../../training/step/initialize.js";
import { sequential } from "../network.js";
import { besideIn, besideText } from "./beside.js";
import { readModelFile } from "./model.js";
import { quantizeModel } from "./quantize-model.js";

const NETWORK = sequential("five", { channels: 3, height: 8, width: 8 }, [
  conv(3, 6, { pad: 1, initialization: { type: "he" } }),
  relu(),
  // a normalisation that no convolution takes up, so that it becomes one of its own
  batchNorm(),
  relu(),
  globalAveragePool(),
  conv(1, 4, { name: "scores", initialization: { type: "he" } }),
  softmaxLogLoss(),
]);

test("a file in 8 bits has no tensor that no node reads, and all parameters of its layers", async () => {
  const parameters = initialize(NETWORK, 1);
  const normalization = { mean: [100, 100, 100], scale: 0.02 };
  const model = { network: NETWORK, parameters, classes: ["a", "b", "c", "d"], normalization, history: null };
  const pixels = Float32Array.from({ length: 4 * 3 * 64 }, (_, i) => (i * 37) % 256);
  const { eightBit, deployed } = await quantizeModel(nodeEngine({ threads: 1 }), model, () => [
    float32(pixels, [4, 3, 8, 8]),
  ]);
  const { graph, metadata = {} } = decodeModel(encodeModel(eightBit));
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  expect([...graph.initializers.keys()].filter((name) => !read.has(name))).toEqual([]);
  // the biases of the last layer are corrected in the program
  expect(Object.keys(JSON.parse(metadata["bellpepper.beside"]))).toContain("scores/biases");
  const found = readModelFile(encodeModel(eightBit)).model.parameters;
  expect([...found.keys()].sort()).toEqual([...deployed.parameters.keys()].sort());
  for (const [name, { data, shape }] of deployed.parameters) {
    expect(found.get(name)?.shape).toEqual(shape);
    // rounded weights, and biases with what that adds in the mean
    const step = Math.max(...data.map(Math.abs)) / 50 + 0.01;
    found.get(name)?.data.forEach((value, i) => void expect(Math.abs(value - data[i]), name).toBeLessThanOrEqual(step));
  }
});

test("parameters in the metadata are float32 in Base64", () => {
  // 1 is 00 00 80 3f, −2 is 00 00 00 c0
  const written = besideText(new Map([["scores/biases", float32([1, -2, 0, 1], [4])]]));
  expect(JSON.parse(written)).toEqual({ "scores/biases": "AACAPwAAAMAAAAAAAACAPw==" });
  const read = (value: unknown) => besideIn(value, NETWORK);
  expect(read(JSON.parse(written)).get("scores/biases")).toEqual(float32([1, -2, 0, 1], [4]));
  expect(() => read({ "scores/biases": "AACAPw==" })).toThrow("has 16 bytes, got 4");
  expect(() => read({ "scores/biases": "?" })).toThrow("'scores/biases': expected numbers in Base64.");
  expect(() => read([1])).toThrow(TypeError);
});
