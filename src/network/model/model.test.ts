import { describe, expect, test } from "vitest";
import { runFile, runGraph } from "../../../test/support/run-graph.js";
import { relu, softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { decodeModel, encodeModel, ModelFormatError } from "../../graph/codec/codec.js";
import { modelOf } from "../../graph/model.js";
import { float32, int64, tensor } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { PREPROCESSING } from "../../values/preprocessing.js";
import { parametersOf, sequential } from "../network.js";
import { ocr } from "../zoo/index.js";
import { fromOnnx, modelGraph, readModelFile, type TrainedModel, toOnnx } from "./model.js";

/**
 * One convolution, two classes. Pixels 1 2 / 3 4 become (p − 1)/2 = 0 .5 / 1 1.5. The first filter is 1 0 / 0 2 and gives
 * 0 + 3 + 0.5 = 3.5, the second 0 1 / 1 0, which gives 0.5 + 1 + (2 − ln 3) = 3.5 − ln 3: odds of 3 to 1.
 */
const tiny = (): TrainedModel => ({
  network: sequential("tiny", { channels: 1, height: 2, width: 2 }, [conv(2, 2), softmaxLogLoss()]),
  parameters: new Map([
    ["conv1/filters", float32([1, 0, 0, 2, 0, 1, 1, 0], [2, 1, 2, 2])],
    ["conv1/biases", float32([0.5, 2 - Math.log(3)], [2])],
  ]),
  classes: ["cat", "dog, or wolf"],
  normalization: { mean: [1], scale: 0.5 },
  history: [{ epoch: 1, objective: 0.7 }],
});

/** The lecture's network with parameters that look random and are not: a sine of the index. */
function ocrModel(): TrainedModel {
  const network = ocr();
  const parameters = parametersOf(network).map(({ name, shape }, k) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return [
      name,
      float32(
        Float32Array.from({ length: count }, (_, i) => 0.1 * Math.sin(i * i + k)),
        shape,
      ),
    ] as const;
  });
  const normalization = { mean: [234], scale: 1 / 256 };
  return {
    network,
    parameters: new Map(parameters),
    classes: [..."abcdefghijklmnopqrstuvwxyz"],
    normalization,
    history: null,
  };
}

const close = (got: readonly number[], expected: readonly number[], digits = 5): void => {
  expect(got.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, digits);
};

describe("a mean image", () => {
  // 2 3 / 4 5 without 1 0 / 0 1, halved: ½ 1½ / 2 2, scores ½ + 4 + ½ and 1½ + 2 + 2 − ln 3
  const model = (): TrainedModel => ({ ...tiny(), normalization: { mean: [1, 0, 0, 1], scale: 0.5 } });

  test("is taken away pixel by pixel, from images of its size only", async () => {
    const graph = modelGraph(model());
    expect(graph.inputs).toEqual([{ name: "image", type: "float32", shape: ["N", 1, 2, 2] }]);
    const { scores } = await runGraph(graph, { image: { shape: [1, 1, 2, 2], data: [2, 3, 4, 5] } });
    close(scores.data, [5, 5.5 - Math.log(3)]);
  });

  test("travels in the model's file, once", () => {
    const file = toOnnx(model());
    expect(fromOnnx(file)).toEqual(model());
    expect(decodeModel(file).metadata?.["bellpepper.normalization"]).toBe('{"scale":0.5}');
  });
});

describe("the graph of a model", () => {
  test("takes bytes of any size, and gives scores and probabilities", () => {
    const { inputs, outputs } = modelGraph(ocrModel());
    expect(inputs).toEqual([{ name: "image", type: "float32", shape: ["N", 1, "H", "W"] }]);
    expect(outputs.map(({ name, type, shape }) => [name, type, shape?.slice(0, 2)])).toEqual([
      ["scores", "float32", ["N", 26]],
      ["probabilities", "float32", ["N", 26]],
    ]);
  });

  test("normalizes, convolves and compares, at its own size", async () => {
    const { scores, probabilities } = await runGraph(modelGraph(tiny()), {
      image: { shape: [1, 1, 2, 2], data: [1, 2, 3, 4] },
    });
    expect(scores.shape).toEqual([1, 2, 1, 1]);
    close(scores.data, [3.5, 3.5 - Math.log(3)]);
    close(probabilities.data, [0.75, 0.25]);
  });

  test("slides over a larger image, for several images", async () => {
    const { scores, probabilities } = await runGraph(modelGraph(tiny()), {
      image: { shape: [2, 1, 2, 3], data: [1, 2, 3, 3, 4, 5, 1, 1, 1, 1, 1, 1] },
    });
    // the second window of image 1 is .5 1 / 1.5 2: .5 + 4 + .5 and 1 + 1.5 + 2 − ln 3; image 2 is all zeros: the biases
    const ln3 = Math.log(3);
    expect(scores.shape).toEqual([2, 2, 1, 2]);
    close(scores.data, [3.5, 5, 3.5 - ln3, 4.5 - ln3, 0.5, 0.5, 2 - ln3, 2 - ln3]);
    // 1 / (1 + e^−0.5/3)
    close(probabilities.data.slice(0, 4), [0.75, 0.8318244, 0.25, 0.1681756]);
  });

  test("subtracts each channel's own mean", async () => {
    const model: TrainedModel = {
      ...tiny(),
      network: sequential("colour", { channels: 3, height: 1, width: 1 }, [relu()]),
      parameters: new Map(),
      classes: ["r", "g", "b"],
      normalization: { mean: [10, 20, 30], scale: 2 },
    };
    const { scores } = await runGraph(modelGraph(model), { image: { shape: [1, 3, 1, 1], data: [11, 22, 29] } });
    close(scores.data, [2, 4, 0]);
    // and divides by each channel's own deviation
    const scaled = { ...model, normalization: { mean: [10, 20, 30], scale: [2, 0.5, 3] } };
    const own = await runGraph(modelGraph(scaled), { image: { shape: [1, 3, 1, 1], data: [11, 22, 29] } });
    close(own.scores.data, [2, 1, 0]);
    expect(fromOnnx(toOnnx(scaled)).normalization).toEqual(scaled.normalization);
  });

  test.each([
    ["a softmax", [conv(2, 2), softmax()]],
    ["neither loss nor softmax", [conv(2, 2)]],
  ])("a network that ends in %s gives the same", async (_, layers) => {
    const model = { ...tiny(), network: sequential("tiny", { channels: 1, height: 2, width: 2 }, layers) };
    const { scores, probabilities } = await runGraph(modelGraph(model), {
      image: { shape: [1, 1, 2, 2], data: [1, 2, 3, 4] },
    });
    close(scores.data, [3.5, 3.5 - Math.log(3)]);
    close(probabilities.data, [0.75, 0.25]);
  });
});

describe("the ONNX file of a model", () => {
  test("comes back as it went", () => {
    expect(fromOnnx(toOnnx(tiny()))).toEqual(tiny());
  });

  test("is in format 9 with operator set 20, and says of itself in JSON what it is", () => {
    const { irVersion, opsets, metadata = {}, producer } = decodeModel(toOnnx(ocrModel()));
    expect([irVersion, opsets, producer?.name]).toEqual([9, { "": 20 }, "bellpepper"]);
    expect(JSON.parse(metadata["bellpepper.classes"]).at(-1)).toBe("z");
    expect(JSON.parse(metadata["bellpepper.normalization"])).toEqual({ mean: [234], scale: 1 / 256 });
    expect(JSON.parse(metadata["bellpepper.network"]).layers).toHaveLength(8);
    expect(JSON.parse(metadata["bellpepper.geometry"])[6]).toEqual({
      name: "conv4",
      size: [32, 32],
      stride: [4, 4],
      offset: [15.5, 15.5],
    });
  });

  test("runs in ONNX Runtime on a letter and on a line of text: each column of scores is that of its own window", async () => {
    const file = toOnnx(ocrModel());
    const line = Array.from({ length: 32 * 576 }, (_, i) => Math.round(127.5 + 127.5 * Math.sin(0.37 * i + i ** 1.5)));
    const whole = await runFile(file, { image: { shape: [1, 1, 32, 576], data: line } });
    expect(whole.scores.shape).toEqual([1, 26, 1, 137]);
    for (const column of [0, 1, 70, 136]) {
      const from = 4 * column;
      const window = Array.from({ length: 32 }, (_, row) => line.slice(row * 576 + from, row * 576 + from + 32)).flat();
      const { scores, probabilities } = await runFile(file, { image: { shape: [1, 1, 32, 32], data: window } });
      expect(scores.shape).toEqual([1, 26, 1, 1]);
      const column26 = Array.from({ length: 26 }, (_, k) => whole.scores.data[k * 137 + column]);
      close(column26, scores.data, 3);
      expect(probabilities.data.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
  });

  test("carries other tensors and texts, which do not disturb the model", async () => {
    const extras = {
      extraTensors: new Map<string, Tensor>([
        ["momentum/conv1/filters", float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2])],
        ["order", int64([3, 1, 2])],
      ]),
      extraMetadata: { "bellpepper.checkpoint": '{"epoch":3}', author: "me" },
    };
    const file = toOnnx(tiny(), extras);
    expect(readModelFile(file)).toEqual({ model: tiny(), ...extras });
    const { probabilities } = await runFile(file, { image: { shape: [1, 1, 2, 2], data: [1, 2, 3, 4] } });
    close(probabilities.data, [0.75, 0.25]);
  });

  test("keeps how its pictures became what it takes", () => {
    const { network } = tiny();
    const { height, width } = network.inputs[0].shape;
    const preprocessing = PREPROCESSING.make({ channels: 1, height, width, fit: "crop" });
    const file = toOnnx({ ...tiny(), preprocessing });
    expect(fromOnnx(file).preprocessing).toEqual(preprocessing);
    expect(JSON.parse(decodeModel(file).metadata?.["bellpepper.preprocessing"] ?? "")).toEqual({
      width,
      height,
      channels: 1,
      fit: "crop",
      resampling: "lanczos3",
      background: "white",
      ranges: {},
    });
    // one of an earlier version does not say it
    expect(fromOnnx(toOnnx(tiny()))).not.toHaveProperty("preprocessing");
    expect(() => toOnnx({ ...tiny(), preprocessing: { ...preprocessing, width: width + 1 } })).toThrow(
      `preprocessing: expected images of 1×${height}×${width}, those of 'tiny', got 1×${height}×${width + 1}.`,
    );
    expect(() => toOnnx({ ...tiny(), preprocessing: { ...preprocessing, labelOffset: 2 } })).toThrow(
      "preprocessing.labelOffset: expected less than the 2 scores of 'tiny', got 2.",
    );
    const whole = {
      ...preprocessing,
      border: [4, 6],
      order: "rgb",
      labelOffset: 1,
      resampling: "pil-bicubic",
    } as const;
    expect(fromOnnx(toOnnx({ ...tiny(), preprocessing: whole })).preprocessing).toEqual(whole);
  });

  test.each(["conv1/biases", "normalization/mean", "image", "scores"])("refuses an extra tensor named '%s'", (name) => {
    expect(() => toOnnx(tiny(), { extraTensors: new Map([[name, float32([0])]]) })).toThrow(
      new RangeError(`extraTensors: the name '${name}' belongs to the model.`),
    );
  });

  test("refuses extra metadata under a key of its own", () => {
    expect(() => toOnnx(tiny(), { extraMetadata: { "bellpepper.history": "x" } })).toThrow(
      new RangeError("extraMetadata: the key 'bellpepper.history' belongs to the model."),
    );
  });
});

describe("parts that do not fit each other are refused", () => {
  const change = (name: string, value: Tensor<"float32"> | undefined): TrainedModel => {
    const parameters = new Map(tiny().parameters);
    if (value) parameters.set(name, value);
    else parameters.delete(name);
    return { ...tiny(), parameters };
  };
  test.each<[string, TrainedModel]>([
    [
      "parameter 'conv1/filters' of network 'tiny': expected 2×1×2×2, got 2×1×3×3.",
      change("conv1/filters", float32(new Float32Array(18), [2, 1, 3, 3])),
    ],
    ["parameter 'conv1/biases' of network 'tiny': expected 2, got nothing.", change("conv1/biases", undefined)],
    ["parameter 'conv2/filters' belongs to no layer of 'tiny'.", change("conv2/filters", float32([1], [1, 1, 1, 1]))],
    ["classes: expected 2, one for each channel of the output, got 1.", { ...tiny(), classes: ["cat"] }],
    [
      "normalization.mean: expected 1, one for each channel of the image, or 1×2×2, got 3.",
      { ...tiny(), normalization: { mean: [1, 2, 3], scale: 1 } },
    ],
    ["classes: expected each name once, got 'cat' for several channels.", { ...tiny(), classes: ["cat", "cat"] }],
    [
      "normalization.mean: expected finite numbers, got NaN.",
      { ...tiny(), normalization: { mean: [Number.NaN], scale: 1 } },
    ],
    [
      "normalization.scale: expected a finite number other than 0, got Infinity.",
      { ...tiny(), normalization: { mean: [1], scale: 1 / 0 } },
    ],
    [
      "normalization.scale: expected a number, or 1, one for each channel of the image, got 2.",
      { ...tiny(), normalization: { mean: [1], scale: [1, 2] } },
    ],
    [
      "normalization.scale: expected a finite number other than 0, got 0.",
      { ...tiny(), normalization: { mean: [1], scale: [0] } },
    ],
  ])("%s", (message, model) => {
    expect(() => modelGraph(model)).toThrow(new RangeError(message));
    expect(() => toOnnx(model)).toThrow(new RangeError(message));
  });
});

describe("a file that is no model of this toolbox is refused", () => {
  /** The tiny model's file with another parameter, or other metadata. */
  function altered(metadata: Record<string, string | undefined>, tensors: Record<string, Tensor | undefined> = {}) {
    const { graph, metadata: before } = decodeModel(toOnnx(tiny()));
    const present = <T>(entry: [string, T | undefined]): entry is [string, T] => entry[1] !== undefined;
    const initializers = new Map(
      Object.entries({ ...Object.fromEntries(graph.initializers), ...tensors }).filter(present),
    );
    return encodeModel(
      modelOf(
        { ...graph, initializers },
        { metadata: Object.fromEntries(Object.entries({ ...before, ...metadata }).filter(present)) },
      ),
    );
  }
  const whole = "This Bell Pepper model does not hold together: ";

  test.each<[string, Uint8Array]>([
    [
      "Expected a model that Bell Pepper wrote; this ONNX file has no 'bellpepper.network' in its metadata.",
      encodeModel(modelOf(modelGraph(tiny()))),
    ],
    ["Expected a model file of format 3, got '4'.", altered({ "bellpepper.format": "4" })],
    [`${whole}'bellpepper.network' in its metadata is no JSON.`, altered({ "bellpepper.network": "{" })],
    [`${whole}'bellpepper.classes' is missing from its metadata.`, altered({ "bellpepper.classes": undefined })],
    [`${whole}'bellpepper.classes' in its metadata is no list of texts.`, altered({ "bellpepper.classes": "[1,2]" })],
    [
      `${whole}normalization: mean: expected a list, got "0".`,
      altered({ "bellpepper.normalization": '{"mean":"0","scale":1}' }),
    ],
    [
      `${whole}normalization.scale: expected a finite number other than 0, got 0.`,
      altered({ "bellpepper.normalization": '{"mean":[1],"scale":0}' }),
    ],
    [
      `${whole}normalization: scale: expected a finite number, or a list of them, one for each channel, got "1".`,
      altered({ "bellpepper.normalization": '{"mean":[1],"scale":"1"}' }),
    ],
    [
      `${whole}normalization: mean[0]: expected a finite number, got Infinity.`,
      altered({ "bellpepper.normalization": '{"mean":[1e999],"scale":1}' }),
    ],
    [
      `${whole}preprocessing: ranges.int16: expected 2 numbers that differ, got [7,7].`,
      altered({
        "bellpepper.preprocessing": '{"width":2,"height":2,"channels":1,"fit":"crop","ranges":{"int16":[7,7]}}',
      }),
    ],
    [
      `${whole}classes: expected each name once, got 'cat' for several channels.`,
      altered({ "bellpepper.classes": '["cat","cat"]' }),
    ],
    [
      `${whole}parameter 'conv1/filters': expected finite numbers, got NaN at [1, 0, 0, 1], and 1 more such.`,
      altered({}, { "conv1/filters": float32([1, 0, 0, 2, 0, Number.NaN, 1, Number.POSITIVE_INFINITY], [2, 1, 2, 2]) }),
    ],
    [
      `${whole}parameter 'conv1/biases': expected finite numbers, got -Infinity at [0].`,
      altered({}, { "conv1/biases": float32([Number.NEGATIVE_INFINITY, 1], [2]) }),
    ],
    [
      `${whole}parameter 'conv1/biases' of network 'tiny': expected 2, got 3.`,
      altered({}, { "conv1/biases": float32([1, 2, 3], [3]) }),
    ],
    [
      `${whole}parameter 'conv1/filters' of network 'tiny': expected 2×1×2×2, got nothing.`,
      altered({}, { "conv1/filters": undefined }),
    ],
    [
      `${whole}parameter 'conv1/biases': expected float32 elements, got float64.`,
      altered({}, { "conv1/biases": tensor("float64", [2], Float64Array.of(1, 2)) }),
    ],
  ])("%s", (message, file) => {
    expect(() => fromOnnx(file)).toThrow(new ModelFormatError(message));
  });

  test.each([
    [-0.5, "got -0.5 at [1, 1], and 1 more such."],
    [0, "got 0 at [1, 1], and 1 more such."],
  ])("a deviation of %d, by its layer", (deviation, got) => {
    const network = sequential("normed", { channels: 3, height: 1, width: 1 }, [batchNorm(), softmaxLogLoss()]);
    const parameters = new Map([
      ["batchNorm1/gain", float32([1, 1, 1], [3])],
      ["batchNorm1/bias", float32([0, 0, 0], [3])],
      // means may be negative
      ["batchNorm1/moments", float32([-1, 0, 1, 1, deviation, deviation], [2, 3])],
    ]);
    const file = toOnnx({
      ...tiny(),
      network,
      parameters,
      classes: ["r", "g", "b"],
      normalization: { mean: [0, 0, 0], scale: 1 },
    });
    expect(() => fromOnnx(file)).toThrow(`parameter 'batchNorm1/moments': expected numbers above 0 in row 1, ${got}`);
  });

  test("bytes of another kind", () => {
    expect(() => fromOnnx(new TextEncoder().encode("{}"))).toThrow(ModelFormatError);
  });
});
