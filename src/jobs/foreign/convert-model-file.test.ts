import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filledModel, randomTensor } from "../../../test/support/filled-model.js";
import { clip, relu, tanh } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { writeSafetensors } from "../../formats/safetensors.js";
import { descriptionOf } from "../../network/description.js";
import { torchTensors } from "../../network/import/torch-tensors.js";
import { type TrainedModel, toOnnx } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";
import { ZOO } from "../../network/zoo/index.js";
import { finishJob } from "../events/event-stream.js";
import { readAnyModel } from "./any-model-file.js";
import { type ConvertedModel, type ConvertModelOptions, convertModel } from "./convert-model-file.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "convert-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const place = (name: string): string => join(folder, name);

const convert = (from: string, to: string, options?: ConvertModelOptions): Promise<ConvertedModel> =>
  finishJob(convertModel(from, to, options));

/** Writes a model as a run does. */
function written(name: string, model: TrainedModel): string {
  writeFileSync(place(name), toOnnx(model));
  return place(name);
}

describe.each(["onnx", "safetensors", "mat"])(".%s, read again, has the scores of", (ending) => {
  test.each(["ocr", "lenet", "cifarQuick", "cifarVgg", "squeezenet11", "resnet18"])("%s", async (name) => {
    const classes = Array.from({ length: 26 }, (_, i) => `class ${i}`);
    const model = filledModel(ZOO[name](26), { classes, history: { epochs: 3 } });
    const from = written(`${name}.onnx`, model);
    const to = place(`${name}-converted.${ending}`);
    const { difference, largest, layers, bytes } = await convert(from, to);
    expect(difference / largest).toBeLessThan(1e-5);
    expect([layers, bytes]).toEqual([model.network.layers.length, readFileSync(to).length]);
    const again = (await readAnyModel(to)).model;
    expect(again.classes).toEqual(classes);
    // and from there back into the format of the others
    const back = await convert(to, place(`${name}-back.onnx`));
    expect(back.difference / back.largest).toBeLessThan(1e-5);
  });
});

test.each([
  ["keras-small.keras", "onnx", 13],
  ["matconvnet-dag.mat", "onnx", 13],
  ["onnx-transformer.onnx", "onnx", 13],
  ["tflite-float.tflite", "safetensors", undefined],
  ["matconvnet-practical.mat", "mat", undefined],
])("%s as .%s", async (name, ending, opset) => {
  const { difference, largest, what } = await convert(join(FIXTURES, name), place(`foreign.${ending}`));
  expect(difference / largest).toBeLessThan(1e-5);
  if (opset) expect(what).toContain(`operator set ${opset}, `);
});

describe("weights alone", () => {
  const image = { channels: 3, height: 9, width: 9 };
  const network = sequential("mine", image, [
    conv(3, 4, { name: "stem" }),
    batchNorm({ name: "bn" }),
    relu(),
    conv(7, 5, { name: "head" }),
  ]);
  const model = filledModel(network);
  const tensors = (): Map<string, ReturnType<typeof randomTensor>> => new Map(torchTensors(network, model.parameters));

  test("find their places in a network of JSON, and in one of the zoo that is called otherwise", async () => {
    const weights = place("mine.safetensors");
    writeFileSync(weights, writeSafetensors(tensors()));
    writeFileSync(place("mine.json"), JSON.stringify(descriptionOf(network)));
    await convert(weights, place("mine.onnx"), { network: place("mine.json") });
    const { classes } = (await readAnyModel(place("mine.onnx"))).model;
    expect(classes).toEqual(["0", "1", "2", "3", "4"]);
    await expect(convert(weights, place("none.onnx"))).rejects.toThrow(/Expected the tensors of .*--network`/);
  });

  test("are refused by all that does not fit, with the nearest", async () => {
    const wrong = tensors();
    const head = wrong.get("head.weight") ?? randomTensor([1], 1);
    wrong.delete("head.weight");
    wrong.delete("head.bias");
    wrong.set("heads.weight", head);
    wrong.set("stem.weight", randomTensor([4, 1, 3, 3], 1));
    const weights = place("wrong.safetensors");
    writeFileSync(weights, writeSafetensors(wrong));
    writeFileSync(place("mine.json"), JSON.stringify(descriptionOf(network)));
    await expect(convert(weights, place("wrong.onnx"), { network: place("mine.json") })).rejects.toThrow(
      "wrong.safetensors: The weights are not those of 'mine': expected 'stem.weight' of 4×3×3×3, got 4×1×3×3; it has no 'head.weight' of 5×4×7×7 (the nearest is 'heads.weight'); no layer takes 'heads'. The file has 3 modules, the network 3 layers with parameters.",
    );
    expect(readdirSync(folder)).not.toContain("wrong.onnx");
    await expect(convert(weights, place("wrong.onnx"), { network: "resnet81" })).rejects.toThrow("Did you mean resnet");
    await expect(
      convert(join(FIXTURES, "keras-small.keras"), place("wrong.onnx"), { network: "resnet18" }),
    ).rejects.toThrow("--network is for files that have weights alone");
  });
});

describe("refused before anything is written:", () => {
  const model = filledModel(
    sequential("net", { channels: 1, height: 8, width: 8 }, [conv(3, 4), clip(), tanh(), conv(6, 2)]),
  );

  test("layers that the format has not", async () => {
    const from = written("clipped.onnx", model);
    const before = readdirSync(folder);
    await expect(convert(from, place("clipped.mat"))).rejects.toThrow(
      "layer 'clip1' (clip), layer 'tanh1' (tanh): MatConvNet has none like these; it has conv, ",
    );
    expect(readdirSync(folder)).toEqual(before);
  });

  test("weights that are no numbers", async () => {
    const filters = randomTensor([5, 3, 9, 9], 1);
    filters.data[7] = Number.NaN;
    const network = sequential("none", { channels: 3, height: 9, width: 9 }, [
      conv(9, 5, { name: "head", biases: false }),
    ]);
    writeFileSync(place("none.json"), JSON.stringify(descriptionOf(network)));
    writeFileSync(place("none.safetensors"), writeSafetensors(new Map([["head.weight", filters]])));
    const made = convert(place("none.safetensors"), place("none.onnx"), { network: place("none.json") });
    await expect(made).rejects.toThrow(
      "none.safetensors: parameter 'head/filters': expected finite numbers, got NaN at [0, 0, 0, 7].",
    );
    expect(readdirSync(folder)).not.toContain("none.onnx");
  });

  test("formats that are not written", async () => {
    for (const to of ["a.pt", "a", "a.onnx.gz", "onnx"]) {
      await expect(convert(place("clipped.onnx"), place(to))).rejects.toThrow(
        `${to}: expected a name that ends in .onnx, .safetensors or .mat, the formats that are written.`,
      );
    }
  });

  test("the model itself, by whatever path", async () => {
    const from = written("self.onnx", model);
    symlinkSync("self.onnx", place("link.onnx"));
    const bytes = readFileSync(from);
    for (const to of [from, place("link.onnx"), join(folder, ".", "self.onnx")]) {
      await expect(convert(from, to)).rejects.toThrow(
        "is the model itself: expected another name for what is written.",
      );
    }
    expect(readFileSync(from)).toEqual(bytes);
  });
});

test("what only training has is said to be gone; what is there is replaced", async () => {
  const layers = [conv(3, 4), batchNorm(), relu(), conv(6, 2)];
  const from = written("norm.onnx", filledModel(sequential("net", { channels: 1, height: 8, width: 8 }, layers)));
  writeFileSync(place("use.onnx"), "something else");
  const { notes, parameters } = await convert(from, place("use.onnx"));
  expect(notes).toEqual([
    "A batch normalisation is merged into convolutions, as the file is for use: train further with the model that was converted.",
  ]);
  // 4·9 + 4, gains and biases, 2·4·36 + 2
  expect(parameters).toBe(40 + 8 + 290);
  expect((await convert(from, place("use.safetensors"))).notes).toEqual([]);
});
