/** What is said of blocks and losses of one's own that are wrong, or that nobody has defined. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeEngine } from "../src/engine/node.js";
import {
  addLayers,
  conv,
  dag,
  defineBlock,
  defineLoss,
  deployModel,
  descriptionOf,
  evaluationGraph,
  fromOnnx,
  initialize,
  type Layer,
  lectureTable,
  modelGraph,
  type Network,
  networkFrom,
  networkMermaid,
  networkTable,
  parametersOf,
  receptiveFields,
  relu,
  renameNetwork,
  replaceLayer,
  sequential,
  softmaxLogLoss,
  toOnnx,
  train,
} from "../src/index.js";
import { planNetwork } from "../src/jobs/pictures/network-plan-file.js";
import { readModel } from "../src/jobs/run/model-file.js";
import { defaulted, number, optional, required, whole } from "../src/values/index.js";
import { centre, NORMALIZATION, ownNetwork, ownSamples, SHAPE } from "./support/own-definitions.js";

/** What a call throws. */
function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

async function rejectionOf(call: () => Promise<unknown>): Promise<Error> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

const ADVICE = "before a network with it is made or read; to a command, give the module that does so with --define.";
const NO_BLOCK = `here is no block 'own-tset/centre' (did you mean 'own-test/centre'?): define it with defineBlock ${ADVICE}`;
const NO_LOSS = `here is no loss 'own-tset/focal' (did you mean 'own-test/focal'?): define it with defineLoss ${ADVICE}`;

/** A copy in which a block, or a loss, has a type that nobody has defined; as it comes from another thread. */
const foreign = <T>(value: T, what: "centre" | "focal"): T =>
  JSON.parse(JSON.stringify(value).replaceAll(`own-test/${what}`, `own-tset/${what}`));

describe.each([
  { what: "centre", message: NO_BLOCK },
  { what: "focal", message: NO_LOSS },
] as const)("where nobody has defined $what", ({ what, message }) => {
  const { name, inputs, layers } = foreign(descriptionOf(ownNetwork()), what);
  const [layer] = layers.filter(({ type }) => type === (what === "centre" ? "own-tset/centre" : "loss"));
  const number = what === "centre" ? 3 : 7;
  const model = {
    network: ownNetwork(),
    parameters: initialize(ownNetwork(), 1),
    classes: ["a", "b", "c"],
    normalization: NORMALIZATION,
    history: [],
  };
  const bytes = Buffer.from(
    Buffer.from(toOnnx(model)).toString("latin1").replaceAll(`own-test/${what}`, `own-tset/${what}`),
    "latin1",
  );

  test.each([
    ["a list of layers made by hand", () => sequential("by hand", SHAPE, layers), `layer ${number}: t`],
    ["a network made by hand", () => dag(name, inputs, layers), `layer ${number}: t`],
    ["a network from JSON", () => networkFrom({ name, inputs, layers }), `network: layer ${number}: t`],
    ["a layer that is added", () => addLayers(ownNetwork(), [layer]), "layer 8: t"],
    ["a layer that takes another's place", () => replaceLayer(ownNetwork(), "relu1", layer), "layer 4: t"],
    ["a model file", () => fromOnnx(bytes), `layer ${number}: t`],
  ])("%s says so, and what to do", (_, call, begin) => {
    expect(errorOf(call).message).toContain(`${begin}${message}`);
  });

  test("a file of layers, and a model file, say so with their names", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bellpepper-own-"));
    const [json, onnx] = [join(folder, "layers.json"), join(folder, "model.onnx")];
    await writeFile(json, JSON.stringify(layers));
    await writeFile(onnx, bytes);
    expect((await rejectionOf(() => planNetwork(json, 3))).message).toBe(`${json}: layer ${number}: t${message}`);
    expect((await rejectionOf(() => readModel(onnx))).message).toMatch(`${onnx}: `);
    expect((await rejectionOf(() => readModel(onnx))).message).toContain(`t${message}`);
    await rm(folder, { recursive: true });
  });

  // A network is plain data: another thread, or a copy of this package, may have made it.
  const copy: Network = foreign(ownNetwork(), what);
  const samples = ownSamples(8);
  const options = { training: samples, normalization: NORMALIZATION, epochs: 1 };
  test.each<[string, () => unknown]>([
    ["is trained", () => train(nodeEngine({ threads: 1 }), copy, options).next()],
    ["is measured", () => evaluationGraph(copy, NORMALIZATION, 4)],
    ["is renamed", () => renameNetwork(copy, { layers: { conv1: "first" } })],
    ["is deployed", () => deployModel({ ...model, network: copy })],
    ["is saved", () => toOnnx({ ...model, network: copy })],
  ])("a network that %s says so", async (_, call) => {
    const error = await rejectionOf(async () => call());
    expect(error.message).toContain(message);
  });

  // Losses are left out of these, or shown by their names.
  if (what === "focal") return;
  test("so do tables, drawings, fields of view, and the graph of a model", () => {
    for (const call of [
      () => networkTable(copy),
      () => networkMermaid(copy),
      () => lectureTable(copy),
      () => receptiveFields(copy),
      () => modelGraph({ ...model, network: copy }),
    ]) {
      expect(errorOf(call).message).toContain(message);
    }
  });
});

test("what is no layer at all is told by its place", () => {
  const with2 = (layer: unknown): (() => Network) => {
    const layers = [relu(), layer] as readonly Layer[];
    return () => sequential("by hand", SHAPE, layers);
  };
  expect(with2(undefined)).toThrow(new TypeError("layer 2: expected an object, got nothing."));
  expect(with2(relu)).toThrow(new TypeError("layer 2: expected an object, got a function."));
  expect(with2({ support: 3 })).toThrow(
    /^layer 2: type: expected one of conv, pool, .*own-test\/centre.*, got nothing\.$/,
  );
  expect(with2({ type: "convv" })).toThrow(
    /^layer 2: type: expected one of conv, .*, got "convv"\. Did you mean "conv"\?$/,
  );
  expect(with2({ type: "conv", support: 3, filters: 4, strides: 2 })).toThrow(
    /^layer 2: unknown field 'strides': did you mean 'stride'\? It has support, /,
  );
});

test("fields that are wrong are refused, with the nearest name", () => {
  const read = (fields: object): (() => Network) => {
    const layers = [{ type: "own-test/centre", ...fields }];
    return () => networkFrom({ name: "n", inputs: { image: SHAPE }, layers });
  };
  expect(read({ rats: 0.5 })).toThrow(
    new TypeError(
      "network: layer 1: unknown field 'rats': did you mean 'rate'? It has rate, share, of, edges, gain, power, name, inputs, output, parameters, frozen.",
    ),
  );
  expect(read({ rate: 1 })).toThrow(
    new RangeError("network: layer 1: rate: expected a number of at least 0 and below 1, got 1."),
  );
  expect(read({ of: "row" })).toThrow(new RangeError('network: layer 1: of: expected "channel" or "all", got "row".'));
  expect(read({ of: "all", power: 2 })).toThrow(
    new RangeError("network: layer 1: power: expected none of the mean of all, got 2."),
  );
  expect(() => centre({ share: 2 })).toThrow(
    new RangeError("Invalid value for share: expected a number of at least 0 and at most 1, got 2."),
  );
  const loss = { type: "loss", loss: "own-test/focal", gama: 1 };
  expect(() => networkFrom({ name: "n", inputs: { image: SHAPE }, layers: [loss] })).toThrow(
    "network: layer 1: unknown field 'gama': did you mean 'gamma'? It has weight, target, classWeights, ignoredLabel, gamma, name,",
  );
});

describe("a definition", () => {
  const identity = { build: (_g: unknown, _layer: unknown, [x]: readonly string[]) => x };
  const wrong =
    (type: string, fields: object = {}, behaviour: object = identity): (() => unknown) =>
    // as a program without types may call it
    () =>
      (defineBlock as (...given: readonly unknown[]) => unknown)(type, fields, behaviour);

  test("has a name with one slash that nobody else has", () => {
    expect(wrong("swish")).toThrow(
      new RangeError('Invalid value for type: expected a name with one slash, such as "mine/swish", got "swish".'),
    );
    expect(wrong("mine/")).toThrow(RangeError);
    expect(wrong("own-test/centre")).toThrow(new RangeError("The block 'own-test/centre' is defined already."));
    expect(() => defineLoss("own-test/focal", "classes", {}, { build: (_g, _layer, x) => x })).toThrow(
      new RangeError("The loss 'own-test/focal' is defined already."),
    );
  });

  test("has fields of its own, and says what it computes", () => {
    expect(wrong("own-test/fields", { beta: number() })).toThrow(
      /^Invalid value for fields\.beta: expected a field, such as defaulted\(number\(\), 1\), got /,
    );
    expect(wrong("own-test/fields", { name: defaulted(number(), 1) })).toThrow(
      new RangeError("Invalid value for fields.name: every such layer has 'name' already."),
    );
    expect(wrong("own-test/fields", {}, {})).toThrow(
      new TypeError("Invalid value for behaviour.build: expected a function, got nothing."),
    );
    expect(() => defineBlock("own-test/fields", { beta: defaulted(number({ least: 0 }), -1) }, identity)).toThrow(
      new RangeError("Invalid value for default: expected a number of at least 0, got -1."),
    );
  });

  test("makes layers by a function that must be given what has no default, and nothing else", () => {
    const needs = defineBlock("own-test/needs", { width: required(whole(1)), height: optional(whole(1)) }, identity);
    expect(needs({ width: 3, name: "wide" })).toEqual({ type: "own-test/needs", width: 3, name: "wide" });
    // @ts-expect-error: there must be a width
    expect(() => needs()).toThrow("Invalid value for width: expected a whole number of at least 1, got nothing.");
    // @ts-expect-error: there is no depth
    expect(() => needs({ width: 3, depth: 1 })).toThrow("Unknown option 'depth': it has width, height, name,");
    const measured = defineLoss("own-test/measured", "values", {}, { slope: false, build: (_g, _layer, x) => x });
    expect(measured()).toEqual({ type: "loss", loss: "own-test/measured", weight: 0, target: "labels" });
    expect(() => measured({ weight: 1 })).toThrow(
      "Invalid value for weight: expected 0 (a loss 'own-test/measured' has no slope)",
    );
  });

  test("must give parameters what they need", () => {
    const blurred = defineBlock(
      "own-test/blurred",
      {},
      {
        ...identity,
        parameters: () => [{ name: "width", shape: [0], initialization: { type: "zeros" } }],
      },
    );
    expect(() => sequential("n", SHAPE, [blurred()])).toThrow(
      new RangeError("block 'own-test/blurred': parameters[0].shape[0]: expected a whole number of at least 1, got 0."),
    );
    const plain = defineBlock(
      "own-test/plain",
      {},
      {
        ...identity,
        parameters: () => [{ name: "width", shape: [], initialization: { type: "constant", value: 2 } }],
      },
    );
    const [width] = parametersOf(sequential("n", SHAPE, [plain()]));
    expect(width).toEqual({
      name: "plain1/width",
      shape: [],
      initialization: { type: "constant", value: 2 },
      update: "gradient",
      learningRate: 1,
      weightDecay: 1,
    });
  });

  test("must make what it says", () => {
    const halved = defineBlock(
      "own-test/halved",
      {},
      {
        outputShape: (_, { channels, height, width }) => ({ channels, height: height / 2, width }),
        build: (g, _, [x]) => g.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] }),
      },
    );
    const network = sequential("n", SHAPE, [halved(), conv([3, 5], 3), softmaxLogLoss()]);
    expect(() => evaluationGraph(network, NORMALIZATION, 4)).toThrow(
      "layer 1 'halved1': its outputShape says 2×3×5, its build makes 2×3×2",
    );
  });

  test("must return a value of the graph", () => {
    const lost = defineBlock("own-test/lost", {}, { build: (g, _, [x]) => `${g.op("Relu", [x])} lost` });
    const network = sequential("n", SHAPE, [lost(), conv([4, 3], 3), softmaxLogLoss()]);
    expect(() => evaluationGraph(network, NORMALIZATION, 4)).toThrow(
      /^layer 1 'lost1': its build of type 'own-test\/lost' returned .* lost; expected the name of a value of the graph\.$/,
    );
  });

  test("must be made of what can be differentiated", async () => {
    const fast = defineBlock(
      "own-test/fast",
      {},
      {
        build: (g, _, [x]) => {
          const made = g.op("Cast", [g.op("FastGelu", [x], {}, "com.microsoft")], { to: 1 });
          return g.op("Reshape", [made, g.ints(...g.shape(x))]);
        },
      },
    );
    const network = sequential("n", SHAPE, [conv(3, 2), fast(), conv([4, 3], 3), softmaxLogLoss()]);
    const events = train(nodeEngine({ threads: 1 }), network, {
      training: ownSamples(8),
      normalization: NORMALIZATION,
      epochs: 1,
    });
    expect((await rejectionOf(() => events.next())).message).toMatch(
      /^There is no rule to differentiate com\.microsoft\.FastGelu \(node 'fast1\/FastGelu/,
    );
  });
});
