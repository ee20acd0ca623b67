import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { nodeEngine } from "../../engine/node.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { tensor } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { asFloat32, transposed } from "../elements.js";
import type { ForeignModel } from "../foreign-model.js";
import { formatOf, readForeign } from "../read-foreign.js";
import { TFLITE_OPERATORS } from "./tflite.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FIXTURES, `tflite-${name}.tflite`)));

interface Case {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
  readonly outputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
}

/** Inputs, and what TensorFlow Lite's interpreter makes of them; channels last. */
const CASES: Readonly<Record<string, Case>> = JSON.parse(readFileSync(join(FIXTURES, "tflite.json"), "utf8"));
const NETWORK = "mobilenet_v2_1.0_224_quant.tflite";
const engine = nodeEngine({ threads: 1 });

const toPlanes = (value: Tensor<"float32">): Tensor<"float32"> =>
  value.shape.length === 4 ? transposed(value, [0, 3, 1, 2]) : value;
const toPixels = (value: Tensor<"float32">): Tensor<"float32"> =>
  value.shape.length === 4 ? transposed(value, [0, 2, 3, 1]) : value;

/** The largest difference from the interpreter's numbers, by output. */
async function differences(model: ForeignModel, { inputs, outputs }: Case): Promise<Record<string, number>> {
  if (!model.graph) throw new Error("no graph");
  const program = await engine.load(model.graph);
  const given = program.inputs.map(({ name }, i) => {
    const { shape, data } = inputs[i];
    return [name, toPlanes(tensor("float32", shape, Float32Array.from(data)))] as const;
  });
  const made = await program.run(Object.fromEntries(given));
  await program.close();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, expected]) => {
      const got = toPixels(asFloat32(made[name]));
      expect(got.shape, name).toEqual(expected.shape);
      return [name, Math.max(...expected.data.map((value, i) => Math.abs(value - got.data[i])))];
    }),
  );
}

test("operators compute what TensorFlow Lite's interpreter does", async () => {
  const model = await readForeign(bytes("operators"));
  const wrong = Object.entries(await differences(model, CASES.operators)).filter(([, off]) => !(off < 1e-5));
  expect(wrong).toEqual([]);
});

describe("a small network of TensorFlow's converter", () => {
  test.each([
    ["float", 1e-6],
    ["half", 1e-6],
    ["metadata", 1e-6],
    // The interpreter rounds the values between the layers to 8 bits, too: one of 256 places is 0.004 of a probability.
    ["hybrid", 0.01],
    ["channels", 0.02],
    ["tensors", 0.03],
  ])("%s", async (name, most) => {
    const model = await readForeign(bytes(name));
    const [off] = Object.values(await differences(model, CASES[name]));
    expect(off).toBeLessThan(most);
  });

  test("takes any number of samples at a time", async () => {
    const model = await readForeign(bytes("float"));
    const [{ shape, data }] = CASES.float.inputs;
    const pair = { shape: [2, ...shape.slice(1)], data: [...data, ...data] };
    const [[name, { data: scores }]] = Object.entries(CASES.float.outputs);
    const outputs = { [name]: { shape: [2, 5], data: [...scores, ...scores] } };
    expect((await differences(model, { inputs: [pair], outputs }))[name]).toBeLessThan(1e-6);
  });

  test("becomes nodes of ONNX's without a transposition, its parameters by the names of the file", async () => {
    const { graph } = await readForeign(bytes("float"));
    const operators = graph?.graph.nodes.map(({ operator }) => operator) ?? [];
    expect(operators).not.toContain("Transpose");
    expect(operators).not.toContain("Reshape");
    expect(operators.filter((operator) => operator === "Conv")).toHaveLength(4);
    expect(graph?.graph.inputs[0].shape).toEqual(["N", 3, 9, 8]);
  });

  test("says what was dequantised, and how pixels become numbers", async () => {
    const { notes, preprocessing } = await readForeign(bytes("tensors"));
    expect(notes).toEqual([
      "12 quantised tensors were made the float32 numbers that they stand for; what is computed with them is not rounded.",
    ]);
    // The samples lie between −2 and 2.
    expect(preprocessing).toMatchObject({ size: [9, 8], channels: 3, mean: [127, 127, 127] });
    expect(preprocessing?.deviation?.[0]).toBeCloseTo(255 / 4, 0);
    expect((await readForeign(bytes("channels"))).preprocessing?.mean).toEqual([127, 127, 127]);
    expect((await readForeign(bytes("half"))).notes).toEqual(["12 tensors of half precision were made float32."]);
    expect((await readForeign(bytes("float"))).notes).toEqual([]);
  });

  test("with its metadata and names of classes", async () => {
    const { name, classes, preprocessing, metadata } = await readForeign(bytes("metadata"));
    expect(name).toBe("small");
    expect(classes).toEqual(["Paprika", "Gurke", "Tomate", "Möhre", "Lauch"]);
    expect(metadata).toEqual({ description: "A small network", author: "nobody" });
    expect(preprocessing).toEqual({
      ...{ size: [9, 8], channels: 3, channelOrder: "rgb" },
      ...{ mean: [127.5, 127.5, 127.5], deviation: [128, 128, 128] },
    });
  });
});

test("a batch that operators hold on to stays as it is, and it is said", async () => {
  const model = await readForeign(bytes("fixed"));
  expect(model.graph?.graph.inputs[0].shape).toEqual([2, 2, 3, 4]);
  expect(model.notes).toEqual(["The graph takes 2 samples at a time: its operators hold on to that number."]);
  expect(Object.values(await differences(model, CASES.fixed))[0]).toBeLessThan(1e-5);
});

test("damaged files are refused with one message, soon", async () => {
  const file = bytes("tensors");
  expect(formatOf(file)).toBe("tflite");
  await expect(readForeign(file.subarray(0, 2000))).rejects.toThrow(/^TFLite.*cut off or damaged/);
  // Offsets, sizes and numbers of operators stand at the front.
  for (let at = 8; at < file.length; at += 41) {
    const changed = Uint8Array.from(file);
    changed[at] ^= 1 << (at % 8);
    changed[(at * 31) % file.length] = 255;
    await readForeign(changed).catch((error: unknown) => expect(error).toBeInstanceOf(ModelFormatError));
  }
});

test("what is not read is refused by its name", async () => {
  await expect(readForeign(bytes("cumsum"))).rejects.toThrow(
    /^TFLite: operator 0 \(CUMSUM, '.*'\): this operator is not read; docs\/models.md lists those that are\.$/,
  );
});

test("the documentation lists the operators that are read", () => {
  const docs = readFileSync(join(import.meta.dirname, "../../../docs/models.md"), "utf8");
  const [, chapter] = docs.split("## TensorFlow Lite\n");
  const listed = chapter.split("\n## ")[0].match(/`[A-Z0-9_]{3,}`/g) ?? [];
  expect(listed.map((name) => name.slice(1, -1))).toEqual([...TFLITE_OPERATORS].sort());
});

/** A folder with MobileNet V2 and pictures, by the environment: it is not part of the project. */
const imagenet = process.env.BELLPEPPER_IMAGENET ?? "";
const tuxpaint = process.env.BELLPEPPER_TUXPAINT ?? "/usr/share/tuxpaint";

describe.skipIf(!existsSync(join(imagenet, NETWORK)))(
  `MobileNet V2 with its weights of 8 bits${imagenet ? "" : " (BELLPEPPER_IMAGENET names the folder)"}`,
  () => {
    test.each([
      [join(imagenet, "parrot.jpg"), 89, "macaw", 0.999],
      [join(imagenet, "hot_dog.jpg"), 935, "hotdog", 0.93],
      [join(tuxpaint, "stamps/food/vegetables/pepper.png"), 946, "bell pepper", 0.946],
    ])("%s", async (picture, index, label, score) => {
      if (!existsSync(picture)) return;
      const { graph, preprocessing } = await readForeign(new Uint8Array(readFileSync(join(imagenet, NETWORK))));
      expect(preprocessing).toMatchObject({ size: [224, 224], mean: [128, 128, 128], labelOffset: 1 });
      if (!graph || !preprocessing?.deviation) throw new Error("no graph");
      const [deviation] = preprocessing.deviation;
      const pixels = await sharp(picture)
        .toColourspace("srgb")
        .flatten({ background: "#fff" })
        .resize(224, 224, { fit: "fill" })
        .raw()
        .toBuffer();
      const image = tensor(
        "float32",
        [1, 224, 224, 3],
        Float32Array.from(pixels, (pixel) => (pixel - 128) / deviation),
      );
      const program = await engine.load(graph);
      const [scores] = Object.values(await program.run({ [program.inputs[0].name]: toPlanes(image) }));
      await program.close();
      const best = asFloat32(scores).data.indexOf(Math.max(...asFloat32(scores).data));
      const labels = readFileSync(join(imagenet, "imagenet_labels.txt"), "utf8").split("\n");
      expect(best).toBe(index);
      expect(labels[best]).toContain(label);
      expect(asFloat32(scores).data[best]).toBeCloseTo(score, 2);
    });
  },
);
