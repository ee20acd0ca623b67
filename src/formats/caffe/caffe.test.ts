import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import { modelGraph } from "../../network/model/model.js";
import { outputOf } from "../../network/network.js";
import { bytesRead, utf8 } from "../bytes.js";
import type { ForeignModel } from "../foreign-model.js";
import { formatOf, readForeign } from "../read-foreign.js";
import { parsePrototxt } from "./prototxt.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FIXTURES, name)));
const json = <V>(name: string): V => JSON.parse(readFileSync(join(FIXTURES, name), "utf8"));
const expected = json<{ image: number[]; shape: number[]; scores: number[] }>("caffe.json");
const engine = nodeEngine();

async function scoresOf({ network, parameters, preprocessing }: ForeignModel): Promise<number[]> {
  if (!network || !parameters) throw new Error("it has no network with weights");
  const classes = Array.from({ length: outputOf(network).channels }, (_, i) => `${i}`);
  const normalization = { mean: preprocessing?.mean ?? [0, 0, 0], scale: 1 / (preprocessing?.deviation?.[0] ?? 1) };
  const program = await engine.load(modelGraph({ network, parameters, classes, normalization, history: null }));
  const { scores } = await program.run({ image: float32(expected.image, [1, ...expected.shape]) });
  return [...scores.data].map(Number);
}

const near = (numbers: readonly number[]) => numbers.map((value) => expect.closeTo(value, 3));

test("text and weights: the numbers that PyTorch computes with the same layers", async () => {
  const all = bytes("caffe-net.caffemodel");
  const weights = bytesRead(all.length, (offset, into) => into.set(all.subarray(offset, offset + into.length)));
  const model = await readForeign(
    new Map<string, Uint8Array | typeof weights>([
      ["net.prototxt", bytes("caffe-net.prototxt")],
      ["net.caffemodel", weights],
    ]),
  );
  expect(model).toMatchObject({ format: "caffe", name: "Tiny" });
  expect(model.notes).toEqual(["The weights of 'stranger' belong to no layer that is used."]);
  expect(model.preprocessing).toEqual({
    ...{ size: [9, 8], channels: 3, channelOrder: "bgr" },
    ...{ mean: [104, 117, 123], deviation: [16, 16, 16] },
  });
  expect(model.network?.layers.slice(0, 3).map(({ name, layer }) => `${name} ${layer.type}`)).toEqual([
    ...["conv1 conv", "bn1 batchNorm", "prelu1/positive relu"],
  ]);
  expect(model.network?.layers[0].layer).toMatchObject({ learningRate: [1, 2], weightDecay: [1, 0] });
  expect(await scoresOf(model)).toEqual(near(expected.scores));
});

test("a caffemodel alone has the layers, too; of the first version as well", async () => {
  expect(await scoresOf(await readForeign(bytes("caffe-net.caffemodel")))).toEqual(near(expected.scores));
  const old = await readForeign(bytes("caffe-old.caffemodel"));
  expect(old.network?.layers.map(({ name }) => name)).toEqual(["conv1", "relu1", "pool1", "ip", "prob"]);
  expect(old.network?.layers[0].layer).toMatchObject({ learningRate: [1, 2], weightDecay: [1, 0] });
  const { scores } = json<{ scores: number[] }>("caffe-old.json");
  // They are in the hundreds.
  expect(await scoresOf(old)).toEqual(scores.map((score) => expect.closeTo(score, 1)));
});

test("a text alone has no weights; a mean image is taken channel by channel", async () => {
  const text = await readForeign(bytes("caffe-net.prototxt"));
  expect(text.parameters).toBeUndefined();
  expect(text.notes).toContain("There are no weights: the caffemodel was not given.");
  const files = new Map([
    ["old.caffemodel", bytes("caffe-old.caffemodel")],
    ["mean", bytes("caffe-mean.binaryproto")],
  ]);
  const { preprocessing, notes } = await readForeign(files);
  expect(preprocessing?.mean).toEqual([104, 117, 123]);
  expect(notes).toEqual(["The mean image is 10×10: its mean in each channel is taken."]);
  expect(formatOf(bytes("caffe-mean.binaryproto"))).toBe("caffe");
});

const layer = (text: string): Uint8Array =>
  utf8(`input: "data" input_shape { dim: 1 dim: 2 dim: 6 dim: 6 } layer { name: "a" bottom: "data" top: "a" ${text} }`);

test.each([
  ["type: 'SPP'", "layer 'a': expected a type that is read (Convolution, "],
  ["type: 'Power' power_param { power: 2 }", "layer 'a' (Power): a power of 2 is not read"],
  ["type: 'Convolution'", "layer 'a' (Convolution): Invalid value for support"],
  [
    "type: 'Convolution' convolution_param { num_output: 3 kernel_size: 9 }",
    "layer 'a' (Convolution): support 9×9 does not fit",
  ],
  ["type: 'Concat' concat_param { axis: 0 }", "layer 'a' (Concat): expected axis 1, 2 or 3, got 0"],
  ["type: 'ReLU' } layer { name: 'b' type: 'ReLU' bottom: 'c'", "layer 'b': expected a layer before it that makes 'c'"],
  [
    "type: 'Flatten' } layer { name: 'b' type: 'Softmax' bottom: 'a' top: 'b'",
    "layer 'b': it reads a map of 2×6×6 that was flattened",
  ],
  ["type: 'ReLU' relu_param: 3", "relu_param: expected a message, got '3'"],
])("what is not read is refused by the layer: %s", async (text, message) => {
  await expect(readForeign(layer(text))).rejects.toThrow(message);
});

test.each([
  ["a: 1\nb {\n  c: }\n", "line 3: expected a value, got '}'"],
  ["a {", "line 1: expected a field or '}', got ''"],
  ['a: "x', "line 1: expected a word, a number or a text in quotes"],
  ["a 1", "line 1: expected ':' or '{', got '1'"],
  ["a {".repeat(100), "at most 32 levels"],
])("a fault in the text is told by its line: %j", (text, message) => {
  expect(() => parsePrototxt(text, "the network")).toThrow(message);
});

test("the text format's ways of writing", () => {
  const message = parsePrototxt(`a: 1.5e2 b: "x\\"y" 'z' c < d: true > e: [1, 2] f: -3; g: WORD, h: .5f`, "x");
  expect([...message.fields].filter(([name]) => name !== "c")).toEqual([
    ["a", [150]],
    ["b", ['x"yz']],
    ["e", [1, 2]],
    ["f", [-3]],
    ["g", ["WORD"]],
    ["h", [0.5]],
  ]);
  expect(message.message("c").number("d", 0)).toBe(1);
});
