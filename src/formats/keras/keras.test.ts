import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeEngine } from "../../engine/node.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { tensor } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { bytesRead } from "../bytes.js";
import { asFloat32, transposed } from "../elements.js";
import type { ForeignModel } from "../foreign-model.js";
import { formatOf, readForeign } from "../read-foreign.js";
import { KERAS_LAYERS } from "./run.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FIXTURES, `keras-${name}`)));

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Inputs, and what Keras makes of them; channels last but in "first". */
const CASES: Readonly<Record<string, { readonly inputs: readonly Numbers[]; readonly outputs: readonly Numbers[] }>> =
  JSON.parse(readFileSync(join(FIXTURES, "keras.json"), "utf8"));
const engine = nodeEngine({ threads: 1 });

const toPlanes = (value: Tensor<"float32">): Tensor<"float32"> =>
  value.shape.length === 4 ? transposed(value, [0, 3, 1, 2]) : value;
const toPixels = (value: Tensor<"float32">): Tensor<"float32"> =>
  value.shape.length === 4 ? transposed(value, [0, 2, 3, 1]) : value;

/** What differs from Keras's numbers by more than 10⁻⁵: the output, the sizes, how much. */
async function wrongOutputs(name: string, model: ForeignModel, turn = true): Promise<string[]> {
  if (!model.graph) throw new Error("no graph");
  const program = await engine.load(model.graph);
  const { inputs, outputs } = CASES[name];
  const given = program.inputs.map(({ name: input }, i) => {
    const value = tensor("float32", inputs[i].shape, Float32Array.from(inputs[i].data));
    return [input, turn ? toPlanes(value) : value] as const;
  });
  const made = await program.run(Object.fromEntries(given));
  await program.close();
  expect(model.graph.graph.outputs).toHaveLength(outputs.length);
  return model.graph.graph.outputs.flatMap(({ name: output }, i) => {
    const got = turn ? toPixels(asFloat32(made[output])) : asFloat32(made[output]);
    if (got.shape.join("×") !== outputs[i].shape.join("×"))
      return [`${i} ${output}: ${outputs[i].shape.join("×")}, got ${got.shape.join("×")}`];
    // Expected numbers have six digits.
    const off = Math.max(
      ...outputs[i].data.map((value, k) => Math.abs(value - got.data[k]) / Math.max(1, Math.abs(value))),
    );
    return off < 1e-5 ? [] : [`${i} ${output}: ${off}`];
  });
}

test.each([
  "small.keras",
  "small.h5",
  "small-2.keras",
  "small-2.h5",
  "chain.h5",
  "chain-2.h5",
  "layers.keras",
  "layers-2.keras",
])("%s computes what Keras does", async (name) => {
  const file = bytes(name);
  expect(formatOf(file)).toBe("keras");
  expect(await wrongOutputs(name, await readForeign(file))).toEqual([]);
});

test("a model with its channels first takes and gives them so", async () => {
  const model = await readForeign(bytes("first.keras"));
  expect(model.graph?.graph.inputs[0].shape).toEqual(["N", 3, 6, 5]);
  expect(await wrongOutputs("first.keras", model, false)).toEqual([]);
  expect(model.graph?.graph.nodes.map(({ operator }) => operator)).not.toContain("Transpose");
});

describe("a network with a shared model in it", () => {
  test("has Keras's names, one parameter for both calls, and no transposition", async () => {
    const { name, graph, notes, metadata, preprocessing } = await readForeign(bytes("small.keras"));
    expect(name).toBe("small");
    expect(graph?.graph.inputs).toMatchObject([{ name: "picture", shape: ["N", 3, 9, 8] }]);
    expect(graph?.graph.outputs[0].name).toBe("scores");
    const parameters = [...(graph?.graph.initializers.keys() ?? [])].filter((key) => /\/(kernel|gamma)/.test(key));
    expect(parameters).toEqual([
      "conv/kernel",
      "norm/gamma",
      "inner/conv/kernel",
      "inner/batch_normalization/gamma",
      "depthwise_conv2d/kernel",
      "dense/kernel",
      "scores/kernel",
    ]);
    const nodes = graph?.graph.nodes.map(({ name: node }) => node) ?? [];
    expect(nodes.slice(0, 5)).toEqual(["rescaling", "rescaling/Add", "conv", "norm", "re_lu"]);
    expect(new Set(nodes).size).toBe(nodes.length);
    expect(graph?.graph.initializers.get("conv/kernel")?.shape).toEqual([6, 3, 3, 3]);
    expect(graph?.graph.nodes.map(({ operator }) => operator)).not.toContain("Transpose");
    expect(notes).toEqual(["Layers that do something in training only were left out: dropout."]);
    expect(metadata?.kerasVersion).toMatch(/^3\./);
    expect(preprocessing).toEqual({ size: [9, 8], channels: 3 });
  });

  test("is read piece by piece, too", async () => {
    for (const name of ["small.keras", "small-2.h5"]) {
      const all = bytes(name);
      const file = bytesRead(all.length, (offset, into) => into.set(all.subarray(offset, offset + into.length)));
      expect(await wrongOutputs(name, await readForeign(file))).toEqual([]);
    }
  });
});

test("what is not read is refused by its name", async () => {
  await expect(readForeign(bytes("words.keras"))).rejects.toThrow(
    "Keras: layer 'embedding' (Embedding): this layer is not read; docs/models.md lists those that are.",
  );
  await expect(readForeign(bytes("chain.weights.h5"))).rejects.toThrow(
    "Keras: expected the layers (model_config), got weights alone: save the whole model, model.save('model.keras').",
  );
});

test("damaged files are refused with one message, soon", async () => {
  for (const name of ["small-2.keras", "chain-2.h5"]) {
    const file = bytes(name);
    for (let at = 8; at < file.length; at += Math.ceil(file.length / 100)) {
      const changed = Uint8Array.from(file);
      changed[at] ^= 1 << (at % 8);
      changed[(at * 31) % file.length] = 255;
      for (const damaged of [changed, file.subarray(0, at)]) {
        await readForeign(damaged).catch((error: unknown) => expect(error).toBeInstanceOf(ModelFormatError));
      }
    }
  }
});

/** A model's JSON in an HDF5 file, in the place of another of the same length. */
function withConfig(change: (config: string) => string): Uint8Array {
  const file = bytes("chain-2.h5");
  const text = new TextDecoder("latin1").decode(file);
  const start = text.indexOf('{"class_name": "Sequential"');
  const end = text.indexOf("\0", start);
  const changed = change(text.slice(start, end)).padEnd(end - start, " ");
  if (changed.length !== end - start) throw new Error("too long");
  const result = Uint8Array.from(file);
  for (let i = 0; i < changed.length; i++) result[start + i] = changed.charCodeAt(i);
  return result;
}

test.each([
  ["a class of one's own", '"class_name": "Sequential"', '"class_name": "Ours"', /Keras/],
  [
    "an activation",
    '"activation": "relu"',
    '"activation": "nil"',
    /layer 'conv2d.*' \(Conv2D\): expected one of the activations/,
  ],
  [
    "a stride",
    '"strides": [1, 1]',
    '"strides": [0, 1]',
    /layer 'conv2d.*' \(Conv2D\): strides: expected numbers of 1 or more, got \[0,1\]/,
  ],
  [
    "a bias",
    '"use_bias": true',
    '"use_bias":false',
    /layer 'conv2d.*' \(Conv2D\): expected 1 arrays of weights, got 2/,
  ],
])("%s that is wrong is told with the layer", async (_, from, to, message) => {
  await expect(readForeign(withConfig((config) => config.replace(from, to)))).rejects.toThrow(message);
});

test("the documentation lists the layers that are read", () => {
  const docs = readFileSync(join(import.meta.dirname, "../../../docs/models.md"), "utf8");
  const [, chapter] = docs.split("## Keras\n");
  const listed = chapter.split("\n## ")[0].match(/`[A-Z][A-Za-z0-9]+`/g) ?? [];
  expect(new Set(listed.map((name) => name.slice(1, -1)))).toEqual(new Set(KERAS_LAYERS));
});
