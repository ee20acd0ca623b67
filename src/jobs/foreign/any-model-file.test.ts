import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { writeSafetensors } from "../../formats/safetensors.js";
import { GraphBuilder } from "../../graph/builder.js";
import { encodeModel } from "../../graph/codec/codec.js";
import { modelOf } from "../../graph/model.js";
import { float32, zeros } from "../../graph/tensor.js";
import { torchShapes } from "../../network/import/state-dict.js";
import { toOnnx } from "../../network/model/model.js";
import { inputOf, outputOf, parametersOf } from "../../network/network.js";
import { imageNetClasses } from "../../network/zoo/imagenet-classes.js";
import { lenet } from "../../network/zoo/lenet.js";
import { resnet18 } from "../../network/zoo/residual.js";
import { initialize } from "../../training/step/initialize.js";
import { UsageError } from "../../values/usage-error.js";
import { readAnyModel } from "./any-model-file.js";
import { readClassNames } from "./class-names-file.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");

test.each(["onnx-residual.onnx", "onnx-transformer.onnx", "matconvnet-simple.mat", "matconvnet-dag.mat"])(
  "%s becomes a network with all its parameters",
  async (name) => {
    const { model } = await readAnyModel(join(FIXTURES, name));
    const { network, parameters, classes } = model;
    expect([...parameters.keys()].sort()).toEqual(
      parametersOf(network)
        .map((spec) => spec.name)
        .sort(),
    );
    for (const { name: own, shape } of parametersOf(network)) expect(parameters.get(own)?.shape).toEqual(shape);
    expect(classes.length).toBe(outputOf(network).channels);
    expect(new Set(classes).size).toBe(classes.length);
  },
);

test("a model of ours is itself, and weights find their network", async () => {
  const folder = mkdtempSync(join(tmpdir(), "any-model-"));
  const network = lenet();
  const classes = Array.from({ length: outputOf(network).channels }, (_, i) => `class ${i}`);
  const model = {
    network,
    parameters: initialize(network, 1),
    classes,
    normalization: { mean: [0], scale: 1 },
    history: null,
  };
  const own = join(folder, "own");
  writeFileSync(own, toOnnx(model));
  expect(await readAnyModel(own)).toMatchObject({ model: { classes, network }, format: "bellpepper", notes: [] });
  const weights = join(folder, "weights");
  writeFileSync(
    weights,
    writeSafetensors(new Map([...torchShapes(network)].map(([name, shape]) => [name, zeros("float32", shape)]))),
  );
  expect((await readAnyModel(weights)).model.network.name).toBe(network.name);
  writeFileSync(weights, writeSafetensors(new Map([["a.weight", float32([1, 2], [1, 2])]])));
  await expect(readAnyModel(weights)).rejects.toThrow(`${weights}: Expected the tensors of`);
  rmSync(folder, { recursive: true });
});

test("an ONNX file that takes bytes takes pixels as they are", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bytes-"));
  const g = new GraphBuilder("bytes");
  const pixels = g.op("Cast", [g.input("image", "uint8", ["N", 3, 4, 4])], { to: 1 });
  g.output("y", g.op("ReduceMean", [pixels, g.ints(2, 3)], { keepdims: 0 }));
  const path = join(folder, "bytes.onnx");
  writeFileSync(path, encodeModel(modelOf(g.build())));
  const { model } = await readAnyModel(path);
  expect(model.normalization).toEqual({ mean: [0, 0, 0], scale: 1 });
  await expect(readAnyModel(path, { size: { width: 8, height: 4 } })).rejects.toThrow(
    `--size 8x4: ${path} takes images of 3×4×4: expected --size 4x4.`,
  );
  rmSync(folder, { recursive: true });
});

test("the size of images that a file leaves open is asked for, in the form that it leaves", async () => {
  const folder = mkdtempSync(join(tmpdir(), "open-"));
  const open = (height: number | string, width: number | string): string => {
    const g = new GraphBuilder("open");
    g.output(
      "y",
      g.op("ReduceMean", [g.input("x", "float32", ["N", 3, height, width]), g.ints(2, 3)], { keepdims: 0 }),
    );
    const path = join(folder, `${height}-${width}.onnx`);
    writeFileSync(path, encodeModel(modelOf(g.build())));
    return path;
  };
  const line = open(48, "W");
  const ask = `${line}: its input 'x' is N×3×48×W. Say what the file leaves open: --size WIDTHx48.`;
  await expect(readAnyModel(line)).rejects.toThrow(new UsageError(ask));
  await expect(readAnyModel(line)).rejects.toBeInstanceOf(UsageError);
  await expect(readAnyModel(line, { size: { width: 224, height: 224 } })).rejects.toThrow("expected --size 224x48.");
  expect(inputOf((await readAnyModel(line, { size: { width: 64, height: 48 } })).model.network).width).toBe(64);
  await expect(readAnyModel(open("H", 32))).rejects.toThrow("leaves open: --size 32xHEIGHT.");
  await expect(readAnyModel(open("H", "W"))).rejects.toThrow("--size WIDTHxHEIGHT, or one number for both.");
  rmSync(folder, { recursive: true });
});

describe("what a foreign file does not say", () => {
  const folder = mkdtempSync(join(tmpdir(), "asked-"));
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  afterAll(() => rmSync(folder, { recursive: true }));
  const network = resnet18();
  const weights = (): string =>
    file(
      "weights",
      writeSafetensors(new Map([...torchShapes(network)].map(([name, shape]) => [name, zeros("float32", shape)]))),
    );

  test("is known of networks of the zoo, and ImageNet's 1000 classes", async () => {
    const { model, classIds, notes } = await readAnyModel(weights());
    expect(model.classes[945]).toBe("bell pepper");
    expect(classIds?.[945]).toBe("n07720875");
    expect(model.preprocessing).toMatchObject({ fit: "crop", border: [32, 32], resampling: "pil-bilinear" });
    expect(model.normalization.mean[0]).toBeCloseTo(123.675, 3);
    expect(notes.join(" ")).toMatch(/ImageNet's 1000 classes.*prepared as for resnet18/);
  });

  test("can be asked for", async () => {
    const path = weights();
    const classes = file("names", Array.from({ length: 1000 }, (_, i) => `thing ${i}`).join("\n"));
    const prepare = file("prepare.json", JSON.stringify({ fit: "squash", mean: [1, 2, 3], deviation: [2, 4, 8] }));
    const { model, classIds } = await readAnyModel(path, { classes, prepare });
    expect([model.classes[1], classIds]).toEqual(["thing 1", undefined]);
    expect(model.preprocessing).toMatchObject({ fit: "squash", width: 224 });
    expect(model.normalization).toEqual({ mean: [1, 2, 3], scale: [1 / 2, 1 / 4, 1 / 8] });
    // caffe has no rule for it
    await expect(readAnyModel(path, { prepare: "caffe" })).rejects.toThrow("caffe has no rule for resnet18");
    await expect(readAnyModel(path, { prepare: "torchvison" })).rejects.toThrow("did you mean torchvision?");
    await expect(readAnyModel(path, { classes: file("two", "a\nb\n") })).rejects.toThrow("expected 1000 names");
    await expect(readAnyModel(path, { prepare: file("p.json", '{"fitt": "crop"}') })).rejects.toThrow("'fit'");
  });

  test("one name less than scores is no background, unless the network is known to have one", async () => {
    const g = new GraphBuilder("means");
    const image = g.input("image", "float32", ["N", 10, 2, 2]);
    g.output("y", g.op("ReduceMean", [image, g.ints(2, 3)], { keepdims: 0 }));
    const path = file("ten.onnx", encodeModel(modelOf(g.build())));
    const names = Array.from({ length: 10 }, (_, i) => `thing ${i}`);
    expect((await readAnyModel(path, { classes: file("ten", names.join("\n")) })).model.classes).toEqual(names);
    const nine = file("nine", names.slice(1).join("\n"));
    await expect(readAnyModel(path, { classes: nine })).rejects.toThrow(
      "expected 10 names, one for each score of the network, got 9. If the first score is the background's, name it, too.",
    );
  });

  test("names in ImageNet's forms", async () => {
    expect(await readClassNames(file("synsets", "n01440764 tench, Tinca tinca\nn01443537 goldfish\n"))).toEqual({
      names: ["tench, Tinca tinca", "goldfish"],
      ids: ["n01440764", "n01443537"],
    });
    const index = '{"1": ["n01443537", "goldfish"], "0": ["n01484850", "great_white_shark"]}';
    expect((await readClassNames(file("index", index))).names).toEqual(["great white shark", "goldfish"]);
    await expect(readClassNames(file("index", '{"0": "a", "2": "b"}'))).rejects.toThrow("got none for 1");
  });

  test("1000 classes, in the order of their numbers", () => {
    const ids = imageNetClasses().map(({ id }) => id);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(1000);
    expect(new Set(imageNetClasses().map(({ name }) => name)).size).toBe(1000);
    // the lecture's, which counts from 1
    expect(imageNetClasses()[946 - 1]).toEqual({ id: "n07720875", name: "bell pepper" });
  });
});
