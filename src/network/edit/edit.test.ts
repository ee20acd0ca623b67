import { describe, expect, test } from "vitest";
import { relu, softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { binaryError } from "../../blocks/loss/attribute-losses.js";
import { classError, softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { initialize } from "../../training/step/initialize.js";
import { descriptionOf, networkFrom } from "../description.js";
import { fromOnnx, type TrainedModel, toOnnx } from "../model/model.js";
import { dag, type Network, outputOf, outputsOf, parametersOf, sequential } from "../network.js";
import { ocr } from "../zoo/index.js";
import {
  addLayers,
  freezeLayers,
  removeLayer,
  replaceLayer,
  rewireLayer,
  truncateModel,
  truncateNetwork,
  unfreezeLayers,
} from "./edit.js";
import { renameModel, renameNetwork } from "./rename.js";

const image = { channels: 4, height: 8, width: 8 };

/** Two convolutions that share their filters, each on an input of its own. */
const siamese = (): Network =>
  dag("siamese", { image, other: image }, [
    conv(3, 6, { name: "left" }),
    conv(3, 6, {
      name: "right",
      inputs: ["other"],
      parameters: { filters: "left/filters", biases: "bias of the right" },
    }),
    softmaxLogLoss({ name: "loss", inputs: ["left"] }),
  ]);

/** "conv1(image) relu1(conv1)": the layers in order, each with what it reads. */
const wiring = ({ layers }: Network): string =>
  layers.map(({ name, inputs }) => `${name}(${inputs.map((variable) => variable.name).join()})`).join(" ");

const names = (network: Network): string[] => parametersOf(network).map(({ name }) => name);

const thereAndBack = (network: Network): Network => networkFrom(JSON.parse(JSON.stringify(descriptionOf(network))));

const modelOf = (network: Network): TrainedModel => ({
  network,
  parameters: initialize(network, 3),
  classes: Array.from({ length: outputOf(network).channels }, (_, i) => `${i}`),
  normalization: { mean: [128, 128, 128, 128], scale: 1 },
  history: null,
});

describe("layers added", () => {
  test("read what the last layer makes, a loss aside, and each other", () => {
    const network = addLayers(ocr(), [relu(), conv(1, 3)]);
    expect(wiring(network)).toBe(
      "conv1(image) pool1(conv1) conv2(pool1) pool2(conv2) conv3(pool2) relu1(conv3) conv4(relu1) loss1(conv4) relu2(conv4) conv5(relu2)",
    );
    expect(thereAndBack(network)).toEqual(network);
  });

  test("have names that are free", () => {
    const shortened = removeLayer(ocr(), "pool1", { bridge: true });
    expect(
      addLayers(shortened, [maxPool(1), maxPool(1)])
        .layers.map(({ name }) => name)
        .slice(-2),
    ).toEqual(["pool1", "pool3"]);
  });

  test("come between two others when the second is led to them", () => {
    const added = addLayers(ocr(), [relu({ name: "between", inputs: ["pool1"] })]);
    const network = rewireLayer(added, "conv2", ["between"]);
    expect(wiring(network).startsWith("conv1(image) pool1(conv1) between(pool1) conv2(between) pool2(conv2)")).toBe(
      true,
    );
    expect(thereAndBack(network)).toEqual(network);
  });

  test("must fit", () => {
    expect(() => addLayers(ocr(), [conv(2, 3)])).toThrow(
      new ShapeError("layer 9 'conv5': support 2×2 does not fit its 1×1 input"),
    );
    expect(() => addLayers(ocr(), [relu({ name: "conv1" })])).toThrow("another layer has the same name");
  });
});

describe("a layer taken out", () => {
  test("that others read is an error which names them, unless they are led past it", () => {
    const network = addLayers(ocr(), [classError({ inputs: ["conv4"] })]);
    expect(() => removeLayer(network, "conv4")).toThrow(
      new ShapeError("layer 'conv4' cannot be taken out: layers 'loss1', 'loss2' read its output 'conv4'"),
    );
    expect(() => removeLayer(network, "relu1")).toThrow("layer 'conv4' reads its output 'relu1'");
    expect(wiring(removeLayer(network, "relu1", { bridge: true }))).toContain("conv3(pool2) conv4(conv3) loss1(conv4)");
  });

  test("that nobody reads leaves the rest as it was", () => {
    expect(removeLayer(addLayers(ocr(), [classError()]), "loss2")).toEqual(ocr());
    expect(removeLayer(ocr(), "loss1").layers.map(({ name }) => name)).toEqual(
      ocr()
        .layers.slice(0, 7)
        .map(({ name }) => name),
    );
  });

  test("leaves the others their names, and the parameters that they shared with it", () => {
    expect(removeLayer(ocr(), "conv3", { bridge: true }).layers.map(({ name }) => name)[4]).toBe("relu1");
    const network = rewireLayer(siamese(), "loss", ["right"]);
    expect(names(removeLayer(network, "left"))).toEqual(["left/filters", "bias of the right"]);
  });

  test("must be there", () => {
    expect(() => removeLayer(siamese(), "middle")).toThrow(
      new RangeError("Network 'siamese' has no layer 'middle'; it has left, right, loss."),
    );
  });
});

describe("a layer replaced", () => {
  test("keeps name, inputs and readers", () => {
    const network = replaceLayer(ocr(), "conv4", conv(2, 10));
    expect(wiring(network)).toBe(wiring(ocr()));
    expect(parametersOf(network).at(-1)).toMatchObject({ name: "conv4/biases", shape: [10] });
    expect(replaceLayer(network, "conv4", conv(2, 26))).toEqual(ocr());
  });

  test("may bring a name, which its readers then read", () => {
    expect(wiring(replaceLayer(ocr(), "relu1", softmax({ name: "soft" })))).toContain("soft(conv3) conv4(soft)");
  });

  test("makes the same variable where that had a name of its own", () => {
    const network = sequential("n", image, [conv(3, 4, { output: "features" }), relu()]);
    expect(wiring(replaceLayer(network, "conv1", conv(5, 4, { name: "wide" })))).toBe("wide(image) relu1(features)");
  });
});

test("a layer that is led in a circle is refused", () => {
  expect(() => rewireLayer(ocr(), "conv1", ["relu1"])).toThrow(ShapeError);
  expect(() => rewireLayer(ocr(), "conv2", ["nothing"])).toThrow(
    "it reads 'nothing', which neither an input nor a layer makes",
  );
});

describe("new names", () => {
  test("of a layer: its variable, its parameters and all references follow", () => {
    const network = renameNetwork(siamese(), { layers: { left: "first" } });
    expect(wiring(network)).toBe("first(image) right(other) loss(first)");
    expect(names(network)).toEqual(["first/filters", "first/biases", "bias of the right"]);
    expect(parametersOf(network)[0]).toEqual({ ...parametersOf(siamese())[0], name: "first/filters" });
    expect(thereAndBack(network)).toEqual(network);
    expect(renameNetwork(network, { layers: { first: "left" } })).toEqual(siamese());
  });

  test("of a layer leave the names that were given", () => {
    const network = renameNetwork(siamese(), { layers: { right: "second" } });
    expect(names(network)).toEqual(["left/filters", "left/biases", "bias of the right"]);
  });

  test("of two layers may be each other's", () => {
    const network = renameNetwork(siamese(), { layers: { left: "right", right: "left" } });
    expect(wiring(network)).toBe("right(image) left(other) loss(right)");
    expect(names(network)).toEqual(["right/filters", "right/biases", "bias of the right"]);
  });

  test("of variables, also of inputs", () => {
    const network = renameNetwork(siamese(), { variables: { image: "picture", left: "features" } });
    expect(wiring(network)).toBe("left(picture) right(other) loss(features)");
    expect(network.inputs.map(({ name }) => name)).toEqual(["picture", "other"]);
    expect(names(network)).toEqual(names(siamese()));
    expect(renameNetwork(network, { variables: { picture: "image", features: "left" } })).toEqual(siamese());
  });

  test("of parameters, wherever they are shared", () => {
    const network = renameNetwork(siamese(), {
      parameters: { "left/filters": "shared", "left/biases": "bias of the left" },
    });
    expect(names(network)).toEqual(["shared", "bias of the left", "bias of the right"]);
    expect(network.layers[1].parameters.map(({ name }) => name)).toEqual(["shared", "bias of the right"]);
    expect(thereAndBack(network)).toEqual(network);
  });

  test.each<[string, Parameters<typeof renameNetwork>[1]]>([
    ["Network 'siamese' has no layer 'l'; it has left, right, loss.", { layers: { l: "m" } }],
    ["Network 'siamese' has no variable 'v'; it has image, other, left, right, loss.", { variables: { v: "w" } }],
    [
      "Network 'siamese' has no parameter 'p'; it has left/filters, left/biases, bias of the right.",
      { parameters: { p: "q" } },
    ],
    [
      "Two parameters of network 'siamese' would be called 'left/biases', and layers would share it.",
      { parameters: { "bias of the right": "left/biases" } },
    ],
    ["network 'siamese' would have two inputs 'image'", { variables: { other: "image" } }],
    ["layer 2 'left': another layer has the same name", { layers: { right: "left" } }],
  ])("%s", (message, renaming) => {
    expect(() => renameNetwork(siamese(), renaming)).toThrow(message);
  });

  test("of a trained model: the values are found under the new names, and in its file", () => {
    const before = modelOf(siamese());
    const after = renameModel(before, { layers: { left: "first" }, parameters: { "bias of the right": "b" } });
    expect([...after.parameters.keys()].sort()).toEqual(["b", "first/biases", "first/filters"]);
    expect(after.parameters.get("first/filters")).toBe(before.parameters.get("left/filters"));
    const read = fromOnnx(toOnnx(after));
    expect(read.network).toEqual(after.network);
    expect(read.parameters.get("first/filters")?.data).toEqual(before.parameters.get("left/filters")?.data);
  });
});

describe("frozen layers", () => {
  const rates = (network: Network): number[] => parametersOf(network).map(({ learningRate }) => learningRate);

  test("by name or property have a learning rate of zero, until they are unfrozen", () => {
    expect(rates(freezeLayers(ocr(), ["conv1", "conv2"]))).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    const last = freezeLayers(ocr(), ({ number }) => number < 7);
    expect(rates(last)).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
    expect(thereAndBack(last)).toEqual(last);
    expect(unfreezeLayers(last, () => true)).toEqual(ocr());
  });

  test("share no parameter with one that learns", () => {
    expect(() => freezeLayers(siamese(), ["right"])).toThrow(
      new RangeError("Layers 'left' and 'right' share the parameter 'left/filters': freeze both or neither."),
    );
    expect(rates(freezeLayers(siamese(), ["left", "right"]))).toEqual([0, 0, 0]);
  });

  test("must be there", () => {
    expect(() => freezeLayers(siamese(), ["middle"])).toThrow(RangeError);
  });
});

describe("the layers up to a variable", () => {
  test("are those that it depends on, with the inputs that they need", () => {
    expect(truncateNetwork(ocr(), "conv2").layers).toEqual(ocr().layers.slice(0, 3));
    expect(truncateNetwork(siamese(), "left").inputs.map(({ name }) => name)).toEqual(["image"]);
    expect(wiring(truncateNetwork(siamese(), "right"))).toBe("right(other)");
    expect(truncateNetwork(ocr(), "image").layers).toEqual([]);
    expect(() => truncateNetwork(ocr(), "conv9")).toThrow(
      "Network 'ocr' has no variable 'conv9'; it has image, conv1,",
    );
  });

  test("give a model of features, with their parameters only", () => {
    const features = truncateModel(modelOf(siamese()), "left");
    expect([...features.parameters.keys()]).toEqual(["left/filters", "left/biases"]);
    expect(features.classes).toEqual(["left 1", "left 2", "left 3", "left 4", "left 5", "left 6"]);
    expect(fromOnnx(toOnnx(features)).network).toEqual(features.network);
  });
});

test("what no layer reads is what the network gives", () => {
  const network = addLayers(siamese(), [binaryError(0, { inputs: ["right"], target: "attributes" })]);
  expect(outputsOf(network).map(({ name }) => name)).toEqual(["loss", "loss1"]);
});
