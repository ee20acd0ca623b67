import { describe, expect, test } from "vitest";
import { relu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { conv } from "../../blocks/convolution/conv.js";
import { graphLayer } from "../../blocks/graph/graph-layer.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { averagePool, maxPool } from "../../blocks/pooling/pool.js";
import { dag, inputOf, lossesOf, outputOf, parametersOf, sequential } from "../network.js";
import { ZOO } from "../zoo/index.js";
import { freezeLayers } from "./edit.js";
import { constantFront, cutNetwork, resizeNetwork, scaleRates, withNewHead } from "./head.js";

/** What torchvision's fine-tuning tutorial replaces (initialize_model), and the `num_classes` layer of its other networks; VGG has its authors' names. */
const HEADS = {
  alexnetSingle: "classifier.6",
  vgg16: "fc8",
  vgg16Norm: "fc8",
  googlenet: "fc",
  squeezenet11: "classifier.1",
  resnet18: "fc",
  densenet121: "classifier",
  mobilenetV2: "classifier.1",
  mobilenetV3Large: "classifier.3",
  efficientnetB0: "classifier.1",
  convnextTiny: "classifier.2",
} as const;

describe("a new head", () => {
  test.each(Object.entries(HEADS))("of %s takes the place of '%s'", (name, expected) => {
    expect(withNewHead(ZOO[name as keyof typeof HEADS](1000), 5).head).toBe(expected);
  });

  test.each(Object.keys(ZOO))("of %s tells other classes apart, and nothing else is changed", (name) => {
    const before = ZOO[name](1000);
    const { network, head } = withNewHead(before, 7);
    expect(outputOf(network)).toEqual({ channels: 7, height: 1, width: 1 });
    expect(lossesOf(network)).toHaveLength(1);
    const kept = new Map(parametersOf(before).map((spec) => [spec.name, spec]));
    for (const spec of parametersOf(network)) {
      if (spec.name.startsWith(`${head}/`)) expect(spec.shape[0]).toBe(7);
      else expect(kept.get(spec.name)).toEqual(spec);
    }
    // A head has biases, also where the old one had none.
    const own = parametersOf(network).filter((spec) => spec.name.startsWith(`${head}/`));
    expect(own.map((spec) => spec.name)).toEqual([`${head}/filters`, `${head}/biases`]);
    const others = [...kept.keys()].filter((spec) => !spec.startsWith(`${head}/`));
    expect(parametersOf(network)).toHaveLength(others.length + 2);
  });

  test("takes the mean of scores that are maps, as those of networks that mark pixels", () => {
    const image = { channels: 3, height: 8, width: 6 };
    const pixels = sequential("pixels", image, [conv(3, 4, { pad: 1 }), relu(), conv(1, 9, { name: "marks" })]);
    const { network, head, averaged } = withNewHead(pixels, 2);
    expect([head, outputOf(network)]).toEqual(["marks", { channels: 2, height: 1, width: 1 }]);
    // 8×6, padded to lose nothing
    expect(averaged).toEqual({ height: 8, width: 6 });
    expect(withNewHead(ZOO.squeezenet11(1000), 2).averaged).toBeUndefined();
  });

  test("has a name of its own where a piece of graph made the scores, such as a product and its softmax", () => {
    const image = { channels: 2, height: 1, width: 1 };
    const piece = graphLayer({
      ...{
        name: "Softmax.2",
        reads: [{ value: "x", shape: [2] }],
        makes: "p",
        weights: [{ value: "w", shape: [2, 5] }],
      },
      nodes: [
        { operator: "MatMul", inputs: ["x", "w"], outputs: ["s"] },
        { operator: "Softmax", inputs: ["s"], outputs: ["p"] },
      ],
    });
    const { network, head } = withNewHead(sequential("piece", image, [relu({ name: "head" }), piece]), 3);
    expect([head, network.layers.map(({ name }) => name)]).toEqual(["head2", ["head", "head2", "loss1"]]);
    expect(outputOf(network).channels).toBe(3);
  });

  test("is refused where the scores are made of several layers, or of none with weights", () => {
    const image = { channels: 3, height: 4, width: 4 };
    const two = dag("two", { image }, [
      conv(4, 5, { name: "a", inputs: ["image"] }),
      conv(4, 5, { name: "b", inputs: ["image"] }),
      sum({ inputs: ["a", "b"] }),
    ]);
    expect(() => withNewHead(two, 2)).toThrow("makes its scores of 'a' and 'b'");
    expect(() => withNewHead(sequential("none", image, [averagePool(4)]), 2)).toThrow("has no layer with weights");
  });
});

describe("another size", () => {
  test.each(["resnet18", "mobilenetV2", "squeezenet11", "densenet121", "efficientnetB0"] as const)(
    "%s takes it",
    (name) => {
      const before = ZOO[name](10);
      const after = resizeNetwork(before, { channels: 3, height: 128, width: 160 });
      expect(inputOf(after)).toEqual({ channels: 3, height: 128, width: 160 });
      expect(outputOf(after)).toEqual(outputOf(before));
      expect(parametersOf(after)).toEqual(parametersOf(before));
    },
  );

  test("is refused where weights depend on it, with their name and shapes", () => {
    const image = { channels: 1, height: 8, width: 8 };
    const network = sequential("fixed", image, [maxPool(2, { stride: 2 }), conv(4, 5, { name: "all" })]);
    // A window of 4 would slide over a larger map: its scores are no longer one pixel, but the weights are the same.
    expect(outputOf(resizeNetwork(network, { ...image, height: 16 })).height).toBe(5);
    expect(() => resizeNetwork(network, { ...image, height: 4 })).toThrow("all");
  });
});

test("rates are scaled, and moments follow the batches as before", () => {
  const image = { channels: 1, height: 4, width: 4 };
  const network = sequential("small", image, [
    conv(3, 2, { learningRate: [1, 2] }),
    batchNorm(),
    conv(2, 3, { name: "scores" }),
  ]);
  const scaled = scaleRates(network, ({ name }) => name !== "scores", 0.1);
  const rates = parametersOf(scaled).map(({ name, learningRate }) => [name, learningRate]);
  expect(rates).toEqual([
    ["conv1/filters", 0.1],
    ["conv1/biases", 0.2],
    ["batchNorm1/gain", 0.1],
    ["batchNorm1/bias", 0.1],
    ["batchNorm1/moments", 0.1],
    ["scores/filters", 1],
    ["scores/biases", 1],
  ]);
  expect(parametersOf(network).find(({ name }) => name === "batchNorm1/moments")?.learningRate).toBe(0.1);
});

test("a network is cut where frozen layers end, at each value that the rest reads", () => {
  const image = { channels: 1, height: 4, width: 4 };
  const network = dag("branches", { image }, [
    conv(1, 2, { name: "a" }),
    relu({ name: "b" }),
    conv(1, 2, { name: "c", inputs: ["b"] }),
    sum({ name: "d", inputs: ["c", "a"] }),
    conv(4, 2, { name: "e" }),
  ]);
  const front = constantFront(freezeLayers(network, ["a"]));
  expect([...front]).toEqual(["a", "b"]);
  const { rest, values } = cutNetwork(network, front);
  expect(values).toEqual(["a", "b"]);
  expect(rest.inputs.map(({ name }) => name)).toEqual(["image", "a", "b"]);
  expect(parametersOf(rest).map(({ name }) => name)).toEqual(["c/filters", "c/biases", "e/filters", "e/biases"]);
  expect(constantFront(network).size).toBe(0);
});
