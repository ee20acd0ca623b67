import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cpu, runOn } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { conv, softmaxLogLoss } from "../../blocks/index.js";
import { classTarget } from "../../data/target.js";
import { attributes } from "../../graph/attributes.js";
import { GraphBuilder } from "../../graph/builder.js";
import { decodeModel } from "../../graph/codec/codec.js";
import { type Model, modelOf } from "../../graph/model.js";
import { float32, tensor } from "../../graph/tensor.js";
import type { Node, Tensor, Value } from "../../graph/types.js";
import { train } from "../../training/train.js";
import { buildNetwork } from "../build-network.js";
import { addLayers, freezeLayers, replaceLayer } from "../edit/edit.js";
import { fromOnnx, toOnnx } from "../model/model.js";
import { type Network, parametersOf, scoresOf } from "../network.js";
import { type ImportedNetwork, importGraph } from "./import-graph.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");

interface Told {
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
}

const told: Readonly<Record<string, Told>> = JSON.parse(readFileSync(join(FIXTURES, "onnx-import.json"), "utf8"));

const fixture = (name: string): Model => decodeModel(readFileSync(join(FIXTURES, `${name}.onnx`)));

const imported = (name: string): Promise<ImportedNetwork> => importGraph(fixture(name), cpu.engine);

/** The scores of a network for images. */
async function scores(
  { network, parameters }: Pick<ImportedNetwork, "network" | "parameters">,
  feeds: readonly Tensor[],
): Promise<Tensor> {
  const g = new GraphBuilder("scores");
  for (const { name } of parametersOf(network)) g.initializer(name, parameters.get(name) ?? float32([]));
  const inputs = network.inputs.map(({ name }, i) => [name, g.input(`input ${i}`, "float32", feeds[i].shape)] as const);
  const values = buildNetwork(g, network, Object.fromEntries(inputs));
  g.output("y", values.get(scoresOf(network).name) ?? "");
  const { y } = await runOn(cpu, g.build(), Object.fromEntries(feeds.map((feed, i) => [`input ${i}`, feed])));
  return y;
}

const types = (network: Network): string => network.layers.map(({ layer }) => layer.type).join(" ");

function expectClose(got: ArrayLike<number | bigint>, expected: readonly number[], digits = 5): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Number(got[i])).toBeCloseTo(value, digits);
  });
}

describe("files of PyTorch's exporter compute what PyTorch computed, for two images at once", () => {
  test.each(["onnx-residual", "onnx-residual-11", "onnx-transformer", "onnx-enlarging"])("%s", async (name) => {
    const { x, shape, y } = told[name];
    const result = await imported(name);
    expect(result.notes).toEqual([]);
    expectClose((await scores(result, [float32(x, shape)])).data, y);
  });

  test("a file that was made for one image takes more: its token is repeated", async () => {
    const { x, shape, y } = told["onnx-transformer-one"];
    const result = await imported("onnx-transformer-one");
    expect(result.notes).toEqual([]);
    expectClose((await scores(result, [float32(x, shape)])).data, y);
  });
});

const node = (operator: string, inputs: readonly string[], outputs: readonly string[], more = {}): Node => ({
  operator,
  domain: "",
  name: outputs[0],
  inputs,
  outputs,
  attributes: attributes(more),
});

const floats = (name: string, ...shape: (number | string)[]): Value => ({ name, type: "float32", shape });

test("what is no network, or of no known size, is refused by name", async () => {
  const model = (inputs: readonly Value[], nodes: readonly Node[]): Model =>
    modelOf({ name: "m", inputs, outputs: [floats("y", "N", 1)], initializers: new Map(), nodes });
  const refused = (given: Model): Promise<unknown> => importGraph(given, cpu.engine);
  const open = model([floats("x", "N", 3, "H", "W")], [node("Relu", ["x"], ["y"])]);
  await expect(refused(open)).rejects.toThrow("The input 'x' is N×3×H×W: give the size of its images");
  const two = model([floats("x", 4, 3), floats("z", 3)], [node("Add", ["x", "z"], ["y"])]);
  await expect(refused(two)).rejects.toThrow("Expected inputs whose first axis is the batch, got 'x' 4×3, 'z' 3;");
  const whole = model([floats("x", "N", 3)], [node("ReduceSum", ["x"], ["y"], { keepdims: 0 })]);
  await expect(refused(whole)).rejects.toThrow("Expected an output of float32 numbers for each image, got 'y'");
});

test("of several outputs, the one that is taken for the scores is named", async () => {
  const nodes = [node("Relu", ["x"], ["a"]), node("Neg", ["a"], ["b"]), node("Identity", ["a"], ["again"])];
  const outputs = ["a", "b", "again"].map((name) => floats(name, "N", 3));
  const graph = { name: "m", inputs: [floats("x", "N", 3)], outputs, initializers: new Map(), nodes };
  // 'a' is read by what makes 'b', and 'again' is 'a'
  const { network, notes } = await importGraph(modelOf(graph), cpu.engine);
  expect(notes).toEqual(["The model has 2 outputs, 'a' (3), 'b' (3): 'b' is taken for its scores."]);
  expect(network.layers.at(-1)?.output.name).toBe("b");
  const softmax = { ...graph, nodes: [nodes[0], node("Softmax", ["a"], ["b"]), nodes[2]] };
  expect((await importGraph(modelOf(softmax), cpu.engine)).notes).toEqual([]);
});

test.each([
  ["Model from PaddlePaddle.", "Model from PaddlePaddle"],
  ["resnet18.v1", "resnet18.v1"],
  [" . ", "imported"],
])("a file that is called '%s' is the network '%s'", async (name, expected) => {
  const graph = { name, inputs: [floats("x", "N", 3, 4, 4)], outputs: [floats("y", "N", 3, 4, 4)] };
  const model = modelOf({ ...graph, initializers: new Map(), nodes: [node("Relu", ["x"], ["y"])] });
  expect((await importGraph(model, cpu.engine)).network.name).toBe(expected);
});

test("a piece without a gradient is frozen with what is before it, and named", async () => {
  const filters = (name: string, count: number, channels: number): [string, Tensor] => [
    name,
    float32(new Float32Array(count * channels).fill(0.5), [count, channels, 1, 1]),
  ];
  const nodes = [
    node("Conv", ["x", "a"], ["u"]),
    node("Dropout", ["u", "share", "training"], ["v"]),
    node("Conv", ["v", "b"], ["y"]),
  ];
  const initializers = new Map<string, Tensor>([
    filters("a", 2, 3),
    filters("b", 4, 2),
    ["share", float32([0.5])],
    ["training", tensor("bool", [], Uint8Array.of(1))],
  ]);
  const graph = {
    name: "m",
    inputs: [floats("x", 1, 3, 4, 4)],
    outputs: [floats("y", 1, 4, 4, 4)],
    initializers,
    nodes,
  };
  const { network, notes } = await importGraph(modelOf(graph), cpu.engine);
  expect(network.layers.map(({ name, layer }) => [name, layer.frozen ?? false])).toEqual([
    ["u", true],
    ["v", true],
    ["y", false],
  ]);
  expect(notes.at(-2)).toMatch(/^Layer 'v' cannot be trained through: Dropout .*gradients are known in use/);
  expect(notes.at(-1)).toMatch(/^2 layers are frozen, .*; 1 layer with parameters can still be trained: y\.$/);
});

describe("what a derivative comes to only through jumps is frozen, and named", () => {
  /** A convolution `a`, what `between` makes of it, and a convolution `y`. */
  const network = (between: readonly Node[], more: readonly (readonly [string, Tensor])[] = []) => {
    const filters = (count: number): Tensor => float32(new Float32Array(count * 3).fill(0.5), [count, 3, 1, 1]);
    const nodes = [node("Conv", ["x", "u"], ["a"]), ...between, node("Conv", ["b", "v"], ["y"])];
    const initializers = new Map<string, Tensor>([["u", filters(3)], ["v", filters(2)], ...more]);
    const graph = { name: "m", inputs: [floats("x", "N", 3, 4, 4)], outputs: [floats("y", "N", 2, 4, 4)] };
    return importGraph(modelOf({ ...graph, initializers, nodes }), cpu.engine);
  };
  const frozen = ({ network: { layers } }: ImportedNetwork): string[] =>
    layers.flatMap(({ name, layer, parameters }) => (layer.frozen && parameters.length > 0 ? name : []));
  const one = ["zero", float32([0])] as const;
  const step = [
    ["scale", float32([0.1])],
    ["zero", tensor("uint8", [], Uint8Array.of(0))],
  ] as const;

  test.each<[string, readonly Node[], readonly (readonly [string, Tensor])[]]>([
    ["Round", [node("Round", ["a"], ["b"])], []],
    ["Sign", [node("Sign", ["a"], ["b"])], []],
    ["Floor", [node("Floor", ["a"], ["c"]), node("Sqrt", ["c"], ["b"])], []],
    ["Greater", [node("Greater", ["a", "zero"], ["c"]), node("Cast", ["c"], ["b"], { to: 1 })], [one]],
    ["Cast", [node("Cast", ["a"], ["c"], { to: 7 }), node("Cast", ["c"], ["b"], { to: 1 })], []],
    [
      "QuantizeLinear",
      [node("QuantizeLinear", ["a", "scale", "zero"], ["c"]), node("DequantizeLinear", ["c", "scale", "zero"], ["b"])],
      step,
    ],
  ])("%s", async (operator, between, more) => {
    const made = await network(between, more);
    expect(frozen(made)).toEqual(["a"]);
    expect(made.notes.at(-2)).toMatch(
      new RegExp(`^Layer '\\w+' cannot be trained through: ${operator} changes in jumps only, with no slope`),
    );
    expect(made.notes.at(-1)).toMatch(
      /^\d layers? (is|are) frozen, .*; 1 layer with parameters can still be trained: y\.$/,
    );
  });

  test("nothing that learns by another way", async () => {
    const beside = await network([node("Round", ["a"], ["c"]), node("Add", ["a", "c"], ["b"])]);
    expect([frozen(beside), beside.notes]).toEqual([[], []]);
    // a step of 1 where a is larger than 0, times a, as ReLU is written out
    const gate = [
      node("Greater", ["a", "zero"], ["c"]),
      node("Cast", ["c"], ["d"], { to: 1 }),
      node("Mul", ["a", "d"], ["b"]),
    ];
    const gated = await network(gate, [one]);
    expect([frozen(gated), gated.notes]).toEqual([[], []]);
  });

  test("a parameter in a piece that learns otherwise", async () => {
    const made = await network(
      [node("Round", ["w"], ["c"]), node("Mul", ["a", "c"], ["d"]), node("PRelu", ["d", "s"], ["b"])],
      [
        ["w", float32([1, 2, 3], [3, 1, 1])],
        ["s", float32([0.5, 0.5, 0.5], [3, 1, 1])],
      ],
    );
    expect(frozen(made)).toEqual([]);
    const rates = new Map(
      parametersOf(made.network).map(({ name, learningRate }) => [name.split("/").at(-1), learningRate]),
    );
    expect([rates.get("u") ?? rates.get("filters"), rates.get("s")]).toEqual([1, 1]);
    expect(rates.get("w") ?? 0).toBe(0);
  });

  test("nothing at the end, where a new head takes its place, and nothing before the first layer that learns", async () => {
    const nodes = [
      node("Round", ["x"], ["r"]),
      node("Conv", ["r", "u"], ["a"]),
      node("ArgMax", ["a"], ["k"], { axis: 1 }),
      node("Cast", ["k"], ["y"], { to: 1 }),
    ];
    const initializers = new Map<string, Tensor>([["u", float32(new Float32Array(6).fill(0.5), [2, 3, 1, 1])]]);
    const graph = { name: "m", inputs: [floats("x", "N", 3, 4, 4)], outputs: [floats("y", "N", 1, 4, 4)] };
    const made = await importGraph(modelOf({ ...graph, initializers, nodes }), cpu.engine);
    expect([frozen(made), made.notes]).toEqual([[], []]);
  });
});

test("the layers of a mobile network: what the exporter wrote out is put together again", async () => {
  const expected =
    "conv hardSwish conv clip globalPool conv relu conv hardSigmoid scale conv sum batchNorm silu pool conv gelu conv softmax";
  const { network, parameters } = await imported("onnx-residual");
  expect(types(network)).toBe(expected);
  expect(types((await imported("onnx-residual-11")).network)).toBe(expected);
  // 6·3·9 + 6 (the exporter has folded the first normalisation), 6·9 + 6, the gate's 2·6 + 2 and 6·2 + 6, 6·6 + 6, 4·6, 8·24 + 8, 4·8 + 4
  const count = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  expect(count).toBe(168 + 60 + 14 + 18 + 42 + 24 + 200 + 36);
  const linear = network.layers.find(({ parameters: [spec] }) => spec?.shape.join() === "8,6,2,2");
  expect(linear?.layer).toMatchObject({ type: "conv", support: [2, 2] });
});

test("what no layer computes is one piece of graph, with its weights by their names", async () => {
  const { network, parameters } = await imported("onnx-transformer");
  expect(types(network)).toBe("conv graph conv");
  const names = [...parameters.keys()];
  expect(names).toContain(`${network.layers[1].name}/token`);
  expect(names).toContain(`${network.layers[1].name}/places`);
});

test("a network with pieces of graph survives its file", async () => {
  const { network, parameters } = await imported("onnx-transformer");
  const model = {
    network,
    parameters,
    classes: ["a", "b", "c"],
    normalization: { mean: [0, 0, 0], scale: 1 },
    history: null,
  };
  const read = fromOnnx(toOnnx(model));
  expect(read.network).toEqual(network);
  const { x, shape, y } = told["onnx-transformer"];
  expectClose((await scores(read, [float32(x, shape)])).data, y);
});

test.each(["onnx-residual", "onnx-transformer", "onnx-enlarging"])(
  "the slope of %s is that of differences",
  async (name) => {
    const { network, parameters } = await imported(name);
    const { x, shape } = told[name];
    const g = new GraphBuilder("slope");
    for (const spec of parametersOf(network)) g.input(spec.name, "float32", spec.shape);
    const values = buildNetwork(g, network, { [network.inputs[0].name]: g.constant(float32(x, shape)) });
    const made = values.get(scoresOf(network).name) ?? "";
    const share = float32(
      Array.from({ length: told[name].y.length }, (_, i) => Math.sin(1 + i)),
      g.shape(made),
    );
    const f = g.op("ReduceSum", [g.op("Mul", [made, g.constant(share)])], { keepdims: 0 });
    g.output("f", f);
    const learned = parametersOf(network).filter(
      ({ learningRate, update }) => learningRate > 0 && update === "gradient",
    );
    for (const [value, gradient] of gradients(
      g,
      f,
      learned.map((spec) => spec.name),
    ))
      g.output(`d ${value}`, gradient);
    const program = await cpu.engine.load(g.build());
    const feeds = Object.fromEntries(parameters);
    const first = await program.run(feeds);
    const gradient = (value: string): Tensor => first[`d ${value}`];
    const square = learned.reduce(
      (sum, spec) => sum + [...gradient(spec.name).data].reduce<number>((s, d) => s + Number(d) ** 2, 0),
      0,
    );
    expect(square).toBeGreaterThan(1e-3);
    const along = async (step: number): Promise<number> => {
      const moved = learned.map(({ name: own }) => {
        const value = parameters.get(own) ?? float32([]);
        const d = gradient(own).data;
        return [
          own,
          float32(
            value.data.map((v, i) => v + step * Number(d[i])),
            value.shape,
          ),
        ] as const;
      });
      return Number((await program.run({ ...feeds, ...Object.fromEntries(moved) })).f.data[0]);
    };
    const h = 2e-3 / Math.sqrt(square);
    const difference = ((await along(h)) - (await along(-h))) / (2 * h);
    expect(difference / square).toBeCloseTo(1, 1.5);
    await program.close();
  },
);

/** Images of two classes, dark and bright, with a pattern in each. */
const shades = (channels: number, size: number) => ({
  count: 16,
  shape: { channels, height: size, width: size },
  target: classTarget(
    ["dark", "bright"],
    Uint8Array.from({ length: 16 }, (_, i) => i % 2),
  ),
  read(index: number, _epoch: number, into: Uint8Array, offset: number): void {
    for (let i = 0; i < channels * size * size; i++)
      into[offset + i] = (index % 2 === 0 ? 40 : 160) + ((i * 7 + index) % 50);
  },
});

test.each([
  ["onnx-residual", 10],
  ["onnx-transformer", 8],
])("%s learns with a new head, alone or as a whole", async (name, size) => {
  const { network, parameters } = await imported(name);
  const convs = network.layers.filter(({ layer }) => layer.type === "conv");
  const head = convs.at(-1)?.name ?? "";
  const bare = types(network).endsWith("softmax") ? { ...network, layers: network.layers.slice(0, -1) } : network;
  const renewed = replaceLayer(bare, head, conv(1, 2, { name: "head", initialization: { type: "xavier" } }));
  const whole = addLayers(renewed, [softmaxLogLoss({ inputs: ["head"] })]);
  for (const learner of [
    freezeLayers(whole, ({ name: layer }) => layer !== "head" && whole.layers.at(-1)?.name !== layer),
    whole,
  ]) {
    const errors: number[] = [];
    const events = train(cpu.engine, learner, {
      training: shades(3, size),
      normalization: { mean: [100, 100, 100], scale: 1 / 60 },
      start: new Map([...parameters].filter(([own]) => !own.startsWith(`${head}/`))),
      epochs: 6,
      batchSize: 8,
      learningRate: 0.02,
    });
    for await (const event of events) if (event.type === "epoch") errors.push(event.train.objective);
    expect(errors.at(-1)).toBeLessThan(errors[0]);
  }
});
