import { describe, expect, test } from "vitest";
import { type Case, FAMILIES, layerOf, tensorOf } from "../../../test/battery/cases.js";
import { expectClose } from "../../../test/devices.js";
import { filledModel, randomTensor } from "../../../test/support/filled-model.js";
import { relu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { scale } from "../../blocks/combining/scale.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { layerNorm } from "../../blocks/normalization/layer-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { nodeEngine } from "../../engine/node.js";
import { encodeModel } from "../../graph/codec/codec.js";
import type { Model } from "../../graph/model.js";
import { float32 } from "../../graph/tensor.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { parameterNames } from "../edit/rename.js";
import { dag, inputOf, sequential } from "../network.js";
import { ZOO } from "../zoo/index.js";
import { deployModel } from "./deploy.js";
import { fromOnnx, modelGraph, type TrainedModel } from "./model.js";
import { deployedOnnx, writeOnnx } from "./write-onnx.js";

const engine = nodeEngine({ threads: 1 });

async function run(source: Model | Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const program = await engine.load(source);
  const results = await program.run(feeds);
  await program.close();
  return results;
}

/** How many nodes there are of each operator: "3 Conv, 1 Gemm". */
function countsOf({ graph: { nodes } }: Model): string {
  const counts = new Map<string, number>();
  for (const { operator } of nodes) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  return [...counts].map(([operator, count]) => `${count} ${operator}`).join(", ");
}

/** The largest difference, as a share of the largest number. */
function differenceOf(found: Tensor, expected: Tensor): number {
  const [got, wanted] = [found, expected].map(({ data }) => Array.from(data, Number));
  const most = Math.max(...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, i) => Math.abs(value - got[i]))) / most;
}

/** Expects a file for use to give what the model gives, and to be read again as what it is. */
async function expectSame(model: TrainedModel, onnx: Model): Promise<void> {
  const { channels, height, width } = inputOf(model.network);
  const image = randomTensor([2, channels, height, width], 7, 0, 255);
  const expected = await run(modelGraph(model), { image });
  const found = await run(onnx, { image });
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  const again = fromOnnx(encodeModel(onnx));
  const read = await run(modelGraph(again), { image });
  for (const [name, value] of Object.entries(expected)) {
    expect(found[name].data.length).toBe(value.data.length);
    expect(differenceOf(found[name], value), name).toBeLessThan(1e-5);
    expect(differenceOf(read[name], value), `${name}, read again`).toBeLessThan(1e-5);
  }
  expect({ ...again, network: 0, parameters: 0 }).toEqual({ ...model, network: 0, parameters: 0 });
  expect(again.network).toEqual(deployModel(model).network);
}

// PyTorch's exporter writes the same nodes for ResNet-18 and others, without our normalisation (Sub, Mul) and Softmax; see test/fixtures/README.md
test.each([
  ["ocr", "1 Sub, 1 Mul, 3 Conv, 2 MaxPool, 1 Relu, 1 Flatten, 1 Gemm, 1 Softmax"],
  ["lenet", "1 Sub, 1 Mul, 2 Conv, 2 MaxPool, 1 Flatten, 2 Gemm, 1 Relu, 1 Softmax"],
  ["cifarVgg", "1 Sub, 1 Mul, 4 Conv, 4 Relu, 2 MaxPool, 1 Flatten, 1 Gemm, 1 Softmax"],
  [
    "resnet20",
    "1 Sub, 1 Mul, 19 Conv, 19 Relu, 9 Add, 2 MaxPool, 2 Pad, 1 GlobalAveragePool, 1 Flatten, 1 Gemm, 1 Softmax",
  ],
  ["squeezenet11", "1 Sub, 1 Mul, 26 Conv, 26 Relu, 3 MaxPool, 8 Concat, 1 GlobalAveragePool, 1 Flatten, 1 Softmax"],
  ["resnet18", "1 Sub, 1 Mul, 20 Conv, 17 Relu, 1 MaxPool, 8 Add, 1 GlobalAveragePool, 1 Flatten, 1 Gemm, 1 Softmax"],
  ["mobilenetV2", "1 Sub, 1 Mul, 52 Conv, 35 Clip, 10 Add, 1 GlobalAveragePool, 1 Flatten, 1 Gemm, 1 Softmax"],
  [
    "mobilenetV3Small",
    "1 Sub, 29 Mul, 52 Conv, 28 HardSigmoid, 14 Relu, 10 GlobalAveragePool, 6 Add, 1 Flatten, 2 Gemm, 1 Softmax",
  ],
])(
  "%s in operator set 13: %s",
  async (name, counts) => {
    const model = filledModel(ZOO[name](10));
    const onnx = deployedOnnx(model);
    expect([onnx.irVersion, onnx.opsets]).toEqual([7, { "": 13 }]);
    expect(countsOf(onnx).split(", ").sort()).toEqual(counts.split(", ").sort());
    await expectSame(model, onnx);
  },
  60_000,
);

describe("what a layer becomes", () => {
  const image = { channels: 3, height: 6, width: 5 };

  test("a normalisation that follows no convolution is one node; one that does is gone; its epsilon is that of the layer", async () => {
    const layers = [
      batchNorm({ epsilon: 0.01 }),
      relu(),
      conv(3, 4),
      batchNorm(),
      globalAveragePool(),
      conv(1, 2),
      softmaxLogLoss(),
    ];
    const model = filledModel(sequential("norms", image, layers));
    const onnx = deployedOnnx(model);
    expect(countsOf(onnx)).toBe(
      "1 Sub, 1 Mul, 1 BatchNormalization, 1 Relu, 1 Conv, 1 GlobalAveragePool, 1 Flatten, 1 Gemm, 1 Softmax",
    );
    const [norm] = onnx.graph.nodes.filter(({ operator }) => operator === "BatchNormalization");
    expect(norm.attributes.epsilon.value).toBe(0.01);
    await expectSame(model, onnx);
  });

  test("deviations that are smaller than √epsilon stay what they are", async () => {
    const model = filledModel(sequential("small", image, [batchNorm({ epsilon: 0.01 }), globalAveragePool()]));
    const parameters = new Map(model.parameters);
    parameters.set("batchNorm1/moments", float32([100, 110, 120, 0.05, 0.5, 5], [2, 3]));
    await expectSame({ ...model, parameters }, deployedOnnx({ ...model, parameters }));
  });

  test("fully connected layers before an image again stay convolutions", async () => {
    const network = dag("gated", { image }, [
      globalAveragePool({ name: "mean" }),
      conv(1, 2),
      relu(),
      conv(1, 3, { name: "gate" }),
      scale({ name: "gated", inputs: ["image", "gate"] }),
      conv([6, 5], 7, { name: "left", inputs: ["gated"] }),
      conv([6, 5], 7, { name: "right", inputs: ["gated"] }),
      conv([6, 5], 7, { name: "both", inputs: ["gated"] }),
      sum({ inputs: ["left", "right", "both"] }),
    ]);
    const model = filledModel(network, { normalization: { mean: [0, 0, 0], scale: 1 } });
    const onnx = deployedOnnx(model);
    expect(countsOf(onnx)).toBe("1 GlobalAveragePool, 2 Conv, 1 Relu, 1 Mul, 3 Flatten, 3 Gemm, 1 Sum, 1 Softmax");
    await expectSame(model, onnx);
  });

  test("parameters have the shapes in which they are read", async () => {
    const model = filledModel(sequential("channels", image, [layerNorm(), scale({ bias: true }), conv([6, 5], 4)]));
    const onnx = deployedOnnx(model);
    expect(countsOf(onnx)).not.toMatch("Reshape");
    expect(onnx.graph.initializers.get("layerNorm1/gain")?.shape).toEqual([1, 3, 1, 1]);
    await expectSame(model, onnx);
  });

  test("a network that makes a map takes images of any size", async () => {
    const model = filledModel(sequential("map", image, [conv(3, 4, { pad: 1 }), batchNorm()]));
    const onnx = deployedOnnx(model);
    expect(onnx.graph.inputs[0].shape).toEqual(["N", 3, "H", "W"]);
    const large = { image: randomTensor([1, 3, 9, 11], 3, 0, 255) };
    const [found, expected] = [await run(onnx, large), await run(modelGraph(model), large)];
    expect(found.scores.shape).toEqual([1, 4, 9, 11]);
    expect(differenceOf(found.scores, expected.scores)).toBeLessThan(1e-5);
  });

  test("a mean image stays", async () => {
    const mean = randomTensor([3, 6, 5], 9, 0, 255).data;
    const model = filledModel(sequential("mean", image, [conv([6, 5], 2)]), {
      normalization: { mean: [...mean], scale: 0.5 },
    });
    await expectSame(model, deployedOnnx(model));
    expect(fromOnnx(writeOnnx(model)).normalization.mean[7]).toBe(mean[7]);
  });
});

/** What ONNX's checker wants: nodes read what stands before them, and outputs have shapes. */
function expectWellFormed({ graph: { inputs, initializers, nodes, outputs } }: Model): void {
  const there = new Set(["", ...inputs.map(({ name }) => name), ...initializers.keys()]);
  for (const node of nodes) {
    for (const input of node.inputs) expect(there).toContain(input);
    for (const output of node.outputs) there.add(output);
  }
  for (const { name, shape } of outputs) expect([there.has(name), shape?.length ?? 0], name).not.toContain(0);
}

/** The network of a case's layer. */
function modelOfCase(it: Case): TrainedModel {
  const shapes = it.inputs.map(
    ({ shape: [, channels, height, width] }, i) => [`x${i}`, { channels, height, width }] as const,
  );
  const network = dag("one", Object.fromEntries(shapes), [{ ...layerOf(it), inputs: shapes.map(([name]) => name) }]);
  const names = parameterNames(network.layers[0]);
  const zero = { mean: new Array<number>(shapes[0][1].channels).fill(0), scale: 1 };
  const model = filledModel(network, { normalization: zero });
  return {
    ...model,
    parameters: new Map(
      names.map(([within, full]) => [full, float32(it.parameters[within].data, it.parameters[within].shape)]),
    ),
  };
}

/** A loss is not written; sounds come as samples, of which there are tests of their own. */
const LEFT_OUT: ReadonlySet<string> = new Set(["loss", "samples"]);

describe.each(FAMILIES.filter(([family]) => family !== "loss"))("%s, in PyTorch's numbers", (_, cases) => {
  const used = cases.filter(({ mode, layer }) => mode === "use" && !LEFT_OUT.has(layer.type));
  test.each(used.map((it) => [it.name, it] as const))("%s", async (_, it) => {
    const onnx = deployedOnnx(modelOfCase(it));
    expectWellFormed(onnx);
    // GridSample came with 16
    expect(onnx.opsets[""]).toBe(onnx.graph.nodes.some(({ operator }) => operator === "GridSample") ? 16 : 13);
    const feeds = Object.fromEntries(it.inputs.map((x, i) => [i === 0 ? "image" : `x${i}`, tensorOf(x)]));
    const { scores, probabilities } = await run(onnx, feeds);
    const y = ["softmax", "sigmoid"].includes(it.layer.type) ? probabilities : scores;
    expectClose({ ...y, shape: it.y.shape }, it.y, 2e-5, "y", 0.01);
  });
});
