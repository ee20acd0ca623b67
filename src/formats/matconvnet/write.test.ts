import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as blocks from "../../index.js";
import { conv, relu, scale, sequential, softmaxLogLoss, tanh } from "../../index.js";
import type { TrainedModel } from "../../network/model/model.js";
import { initialize } from "../../training/step/initialize.js";
import { PREPROCESSING, type Preprocessing } from "../../values/preprocessing.js";
import type { ForeignModel } from "../foreign-model.js";
import { preprocessingOfForeign } from "../foreign-preprocessing.js";
import { readForeign } from "../read-foreign.js";
import { preparationLost, writeMatConvNet } from "./write.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");

async function read(name: string): Promise<TrainedModel> {
  const model = await readForeign(new Uint8Array(readFileSync(join(FIXTURES, name))));
  return trained(model);
}

function trained({ network, parameters, classes, preprocessing }: ForeignModel): TrainedModel {
  if (!network || !parameters || !classes) throw new Error("it is no network");
  return { network, parameters, classes, normalization: { mean: preprocessing?.mean ?? [], scale: 1 }, history: null };
}

/** Does Octave read MAT files here? */
const octave = spawnSync("octave-cli", ["--version"]).status === 0;

describe.each(["matconvnet-simple.mat", "matconvnet-dag.mat"])("%s", (file) => {
  test("is read again as it was written", async () => {
    const before = await read(file);
    const after = trained(await readForeign(writeMatConvNet(before)));
    expect(after.network.layers.map(({ layer, name }) => ({ ...layer, name }))).toEqual(
      before.network.layers.map(({ layer, name }) => ({ ...layer, name })),
    );
    expect(after.parameters).toEqual(before.parameters);
    expect(after.classes).toEqual(before.classes);
    expect(after.normalization).toEqual(before.normalization);
  });

  test.skipIf(!octave)("is read by Octave as the file that SciPy wrote", async () => {
    const folder = mkdtempSync(join(tmpdir(), "octave-"));
    writeFileSync(join(folder, "ours.mat"), writeMatConvNet(await read(file)));
    const other = join(FIXTURES, file);
    const program = `
      a = load('ours.mat'); b = load('${other}');
      if isfield(b, 'params')
        assert(sort({a.layers.name}), sort({b.layers.name}));
        for i = 1:numel(b.params)
          k = find(strcmp({a.params.name}, b.params(i).name));
          assert(a.params(k).value, b.params(i).value); assert(class(a.params(k).value), 'single');
        end
        assert({a.layers.type}(strcmp({a.layers.name}, 'conv1')), {'dagnn.Conv'});
      else
        assert(numel(a.layers), numel(b.layers));
        for i = 1:numel(b.layers)
          assert(a.layers{i}.name, b.layers{i}.name); assert(a.layers{i}.type, b.layers{i}.type);
          if isfield(b.layers{i}, 'weights')
            for j = 1:numel(b.layers{i}.weights), assert(a.layers{i}.weights{j}, b.layers{i}.weights{j}); end
          end
        end
        assert(a.layers{1}.pad, [1 0 1 0]); assert(a.layers{3}.pool, [2 2]);
      end
      assert(a.meta.normalization.averageImage, b.meta.normalization.averageImage);
      assert(a.meta.normalization.imageSize, [6 7 4]);
      assert(a.meta.classes.description{1}, 'bell pepper');
      disp('equal');`;
    expect(execFileSync("octave-cli", ["--eval", program], { cwd: folder, encoding: "utf8" })).toContain("equal");
    rmSync(folder, { recursive: true });
  });
});

const image = { channels: 2, height: 4, width: 4 };
const modelOf = (layers: Parameters<typeof sequential>[2], factor: number | readonly number[] = 1): TrainedModel => {
  const network = sequential("x", image, layers);
  const normalization = { mean: [1, 2], scale: factor };
  return { network, parameters: initialize(network, 1), classes: ["a", "b"], normalization, history: null };
};

test("the scale of the normalisation goes into the filters that read the image", async () => {
  const model = modelOf([conv(4, 2, { name: "c" }), softmaxLogLoss()], 0.25);
  const { parameters } = await readForeign(writeMatConvNet(model));
  const before = model.parameters.get("c/filters")?.data ?? new Float32Array();
  expect(parameters?.get("c/filters")?.data).toEqual(before.map((value) => value / 4));
  expect(parameters?.get("c/biases")?.data).toEqual(model.parameters.get("c/biases")?.data);
  expect(() => writeMatConvNet(modelOf([relu({ name: "r" }), conv(4, 2)], 0.25))).toThrow(
    "layer 'r': expected a convolution to read the image",
  );
});

test("a scale for each channel, of filters of all channels and of groups", async () => {
  const written = async (layer: Parameters<typeof sequential>[2][number]) => {
    const model = modelOf([layer, softmaxLogLoss()], [0.25, 2]);
    const { parameters } = await readForeign(writeMatConvNet(model));
    const after = parameters?.get("c/filters")?.data ?? new Float32Array();
    return Array.from(model.parameters.get("c/filters")?.data ?? [], (value, i) => after[i] / value);
  };
  // 2 filters × 2 channels × 4×4, and 2 filters × 1 channel each
  const [red, green] = [new Array<number>(16).fill(0.25), new Array<number>(16).fill(2)];
  expect(await written(conv(4, 2, { name: "c" }))).toEqual([...red, ...green, ...red, ...green]);
  expect(await written(conv(4, 2, { name: "c", groups: 2 }))).toEqual([...red, ...green]);
});

test("what MatConvNet has not is refused by the layer; a chain with a scale is a DAG", async () => {
  expect(() => writeMatConvNet(modelOf([conv(4, 2), tanh({ name: "t" })]))).toThrow(
    "layer 't' (tanh): MatConvNet has none like it",
  );
  const model = modelOf([conv(4, 2, { biases: false }), scale({ bias: true })]);
  const again = await readForeign(writeMatConvNet(model));
  expect(again.network?.layers.map(({ layer }) => layer.type)).toEqual(["conv", "scale"]);
  expect(again.parameters).toEqual(model.parameters);
});

test("every layer that is written is read as it was", async () => {
  const network = blocks.dag("all", { image: { channels: 3, height: 9, width: 8 } }, [
    conv([3, 2], 4, {
      name: "a",
      pad: [1, 0, 2, 1],
      stride: [2, 1],
      dilation: [1, 2],
      biases: false,
      learningRate: [0.5, 1],
    }),
    blocks.leakyRelu(0.125, { name: "leak" }),
    blocks.averagePool([2, 3], { name: "average", pad: [1, 0, 0, 1], stride: 2 }),
    blocks.convTranspose([2, 3], 4, {
      name: "up",
      upsample: [2, 1],
      crop: [1, 0, 0, 1],
      groups: 2,
      weightDecay: [1, 0],
    }),
    blocks.localResponseNorm({ name: "lrn", size: 3, kappa: 2 }),
    blocks.spatialNorm({ name: "spatial", support: [3, 2] }),
    blocks.normOffset({ name: "offset", alpha: 0.5 }),
    blocks.concat("channels", { name: "both", inputs: ["lrn", "offset"] }),
    blocks.scale({ name: "scale", bias: true }),
    conv(2, 8, { name: "shared1", pad: 1, parameters: { filters: "f", biases: "b" } }),
    conv(2, 8, { name: "shared2", inputs: ["scale"], pad: 1, parameters: { filters: "f", biases: "b" } }),
    blocks.sum({ name: "sum", inputs: ["shared1", "shared2"] }),
    blocks.cropLike([0, 1], { name: "crop", inputs: ["sum", "average"] }),
    blocks.batchNorm({ name: "norm", epsilon: 1e-4, share: 0.25 }),
    blocks.sigmoid({ name: "sigmoid" }),
    blocks.globalMaxPool({ name: "global" }),
    blocks.dropout(0.25, { name: "dropout" }),
    conv(1, 2, { name: "fc" }),
    blocks.logisticLoss({ name: "objective" }),
    blocks.softmax({ name: "prob", inputs: ["fc"] }),
  ]);
  const normalization = { mean: [1, 2, 3], scale: 1 };
  const model = { network, parameters: initialize(network, 1), classes: ["a", "b"], normalization, history: null };
  const again = await readForeign(writeMatConvNet(model));
  const plain = (layers: typeof network.layers) =>
    layers.map(({ name, inputs, output, parameters, layer }) => {
      // how parameters begin is not in the file; a global pooling is one over all of its input
      const specs = parameters.map(({ initialization, ...spec }) => spec);
      return { name, type: layer.type, inputs, output, specs };
    });
  const got = plain(again.network?.layers ?? []);
  expect(got).toEqual(
    plain(network.layers).map((layer) => (layer.type === "globalPool" ? { ...layer, type: "pool" } : layer)),
  );
  expect(again.parameters).toEqual(model.parameters);
  const fields = (name: string, layers = again.network?.layers) =>
    layers?.find((placed) => placed.name === name)?.layer;
  expect(fields("a")).toMatchObject({ pad: [1, 0, 2, 1], stride: [2, 1], dilation: [1, 2], biases: false });
  expect(fields("up")).toMatchObject({ upsample: [2, 1], crop: [1, 0, 0, 1], groups: 2 });
  expect(fields("average")).toMatchObject({ method: "average", support: [2, 3], pad: [1, 0, 0, 1], stride: [2, 2] });
  for (const name of ["leak", "lrn", "spatial", "offset", "both", "crop", "norm", "dropout", "objective"]) {
    expect(fields(name), name).toMatchObject({ ...fields(name, network.layers), inputs: expect.anything() });
  }
});

test("losses and measures of a program's own are left out of a DagNN, and said", async () => {
  const network = blocks.dag("own", { image }, [
    conv(4, 2, { name: "fc" }),
    blocks.softmax({ name: "prob" }),
    softmaxLogLoss({ name: "objective", inputs: ["fc"] }),
  ]);
  const written = writeMatConvNet({ ...modelOf([conv(4, 2)]), network, parameters: initialize(network, 1) });
  // dagnn.Loss, as SegmentationLoss would be: the type is a text of 16-bit characters, of the same length
  const text = Buffer.from(written.buffer);
  const before = Buffer.from("dagnn.Loss", "utf16le");
  text.set(Buffer.from("x.SegXLoss", "utf16le"), text.indexOf(before));
  const { network: read, notes } = await readForeign(new Uint8Array(text));
  expect(read?.layers.map(({ name }) => name)).toEqual(["fc", "prob"]);
  expect(read?.inputs.map(({ name }) => name)).toEqual(["image"]);
  expect(notes).toEqual(["Layer 'objective' was left out: a loss 'x.SegXLoss' is not read."]);
});

test("how pictures are prepared is written in MatConvNet's fields, and read again", async () => {
  const network = sequential("net", { channels: 3, height: 7, width: 14 }, [conv([7, 14], 3, { name: "fc" })]);
  const written = (preprocessing: Preprocessing): Uint8Array =>
    writeMatConvNet({
      ...{
        network,
        parameters: initialize(network, 1),
        classes: ["background", "a", "b"],
        preprocessing,
        history: null,
      },
      normalization: { mean: [1, 2, 3], scale: 1 },
    });
  const rules = PREPROCESSING.make({
    ...{ width: 14, height: 7, channels: 3, fit: "crop", border: [1, 2], resampling: "pil-bilinear" },
    ...{ order: "bgr", labelOffset: 1 },
  });
  const { preprocessing } = await readForeign(written(rules));
  // 7 of 8 rows, and 14 of 16 columns
  expect(preprocessing).toMatchObject({ keepAspect: true, border: [1, 2], cropSize: [7 / 8, 14 / 16] });
  const image = { channels: 3, height: 7, width: 14 };
  const use = preprocessingOfForeign(preprocessing, { format: "matconvnet", image });
  expect(use).toEqual({ preprocessing: rules, normalization: { mean: [1, 2, 3], scale: 1 }, missing: [] });
  expect(preparationLost(rules)).toEqual([
    "MatConvNet resizes pictures by MATLAB's imresize ('bilinear'), and not by pil-bilinear, which stands in a field of our own.",
    "MatConvNet takes pictures as red, green, blue, and this network takes blue, green, red, which stands in a field of our own: exchange them there.",
    "The first of the scores (1) are of no class, which stands in a field of our own.",
  ]);
  const plain = PREPROCESSING.make({ width: 14, height: 7, channels: 3, fit: "squash", resampling: "matlab-bicubic" });
  expect(preparationLost(plain)).toEqual([]);
  expect(preparationLost({ ...plain, fit: "pad", background: "black" })).toEqual([
    "MatConvNet cannot fill up pictures of other proportions (fit pad): it cuts them off.",
    "What is behind transparent parts (black) is not in the file.",
  ]);
});
