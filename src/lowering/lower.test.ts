import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { difference } from "../../test/devices.js";
import { runGraph, type Values } from "../../test/support/run-graph.js";
import { gradients } from "../autodiff/differentiate.js";
import { GraphBuilder } from "../graph/builder.js";
import { ELEMENTWISE, REDUCTIONS } from "../graph/operator-families.js";
import { codeOf, float32 } from "../graph/tensor.js";
import type { Attribute, Graph } from "../graph/types.js";
import { stream } from "../random/stream.js";
import type { Layout } from "./layouts.js";
import { lower } from "./lower.js";

/** Random numbers for every input of a graph; sizes that are only named are looked up. */
function feedsOf(graph: Graph, seed: number, sizes: Readonly<Record<string, number>> = {}): Record<string, Values> {
  const random = stream(seed, graph.name);
  return Object.fromEntries(
    graph.inputs.map(({ name, shape = [] }) => {
      const fixed = shape.map((d) => (typeof d === "number" ? d : sizes[d]));
      const count = fixed.reduce((a, b) => a * b, 1);
      return [name, { shape: fixed, data: Array.from({ length: count }, () => Math.fround(random.normal())) }];
    }),
  );
}

/** Expects a graph to give the same in the batch-last layout as in the batch-first layout, and to be what it was. */
async function expectSame(graph: Graph, seed = 1, sizes: Readonly<Record<string, number>> = {}): Promise<Graph> {
  const feeds = feedsOf(graph, seed, sizes);
  const [image, batch] = [lower(graph, "batch-first"), lower(graph, "batch-last")];
  const [expected, actual] = [await runGraph(image, feeds), await runGraph(batch, feeds)];
  expect(batch.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name));
  for (const { name } of graph.outputs) {
    expect(actual[name].shape, name).toEqual(expected[name].shape);
    // Where a gradient is zero but for rounding (biases before a normalization), its size says nothing: others are 0.1 or more.
    expect(difference(actual[name].data, expected[name].data, 0.1), name).toBeLessThanOrEqual(1e-4);
  }
  return batch;
}

const operators = (graph: Graph): string[] => graph.nodes.map((node) => node.operator);
const square = { kernel_shape: [2, 2] };

/** A layer of a random network: from a value to a value; undefined where it does not fit. */
type Draw = (g: GraphBuilder, x: string, a: number, b: number) => string | undefined;

let parameters = 0;
const parameter = (g: GraphBuilder, ...shape: number[]): string => g.input(`w${parameters++}`, "float32", shape);

const LAYERS: Readonly<Record<string, Draw>> = {
  conv(g, x, a, b) {
    const [, channels, height, width] = g.shape(x);
    if (height < a || width < b) return undefined;
    const filters = parameter(g, 1 + ((a + b) % 4), channels, a, b);
    return g.op("Conv", [x, filters, parameter(g, g.shape(filters)[0])], {
      pads: [a - 1, 0, 0, b - 1],
      strides: [1, 2],
    });
  },
  depthwise(g, x, a) {
    const [, channels, height, width] = g.shape(x);
    if (height < a || width < a) return undefined;
    return g.op("Conv", [x, parameter(g, channels, 1, a, a)], { group: channels });
  },
  pool(g, x, a, b) {
    const [, , height, width] = g.shape(x);
    if (height < a || width < b) return undefined;
    return g.op(a === b ? "MaxPool" : "AveragePool", [x], { kernel_shape: [a, b], strides: [a, 1 + (b % 2)] });
  },
  relu: (g, x) => g.op("Relu", [x]),
  sigmoid: (g, x) => g.op("Sigmoid", [x]),
  residual: (g, x) => g.op("Add", [g.op("Tanh", [x]), x]),
  /** (x − mean) / deviation · γ + β, channel by channel, over the batch */
  normalize(g, x) {
    const centred = g.op("Sub", [x, g.op("ReduceMean", [x, g.ints(0, 2, 3)])]);
    const variance = g.op("ReduceMean", [g.op("Mul", [centred, centred]), g.ints(0, 2, 3)]);
    const normal = g.op("Div", [centred, g.op("Sqrt", [g.op("Add", [variance, g.scalar(0.1)])])]);
    const shape = [g.shape(x)[1], 1, 1];
    return g.op("Add", [g.op("Mul", [normal, parameter(g, ...shape)]), parameter(g, ...shape)]);
  },
  padded: (g, x, a, b) => g.op("Pad", [x, g.ints(0, a, b, 0, 0, 1, 0, 2), g.scalar(0.5)]),
  cut(g, x, a) {
    const width = g.shape(x)[3];
    return g.op("Slice", [x, g.ints(0, -1), g.ints(9, -width - 1), g.ints(2, 3), g.ints(a, -1)]);
  },
  spread(g, x) {
    const [batch, channels, height] = g.shape(x);
    return g.op("Expand", [g.op("GlobalAveragePool", [x]), g.ints(batch, channels, height, 2)]);
  },
  twice: (g, x) => g.op("Concat", [x, g.op("Neg", [x])], { axis: 1 }),
  flipped: (g, x) => g.op("Transpose", [x], { perm: [0, 1, 3, 2] }),
  softmax: (g, x, a) => g.op("Softmax", [x], { axis: 1 + (a % 3) }),
  broadcast: (g, x) =>
    g.op("Mul", [x, g.constant(float32([0.5, 2, -1, 3].slice(0, g.shape(x)[3]), [Math.min(4, g.shape(x)[3])]))]),
};

/** A network of random layers with a softmax log-loss, as a graph of its outputs and all gradients. */
function network(batch: number, layers: readonly (readonly [string, number, number])[]): Graph {
  parameters = 0;
  const g = new GraphBuilder("network");
  let value = g.input("x", "float32", [batch, 2, 5, 4]);
  layers.forEach(([name, a, b], i) => {
    if (name === "broadcast" && g.shape(value)[3] > 4) return;
    value = g.scope(`layer${i}`, () => LAYERS[name](g, value, a, b)) ?? value;
    if (i === 1) g.output("second", value);
  });
  const [, channels, height, width] = g.shape(value);
  const scores = g.op("Conv", [value, parameter(g, 3, channels, height, width)]);
  const labels = Float32Array.from({ length: batch * 3 }, (_, k) => (k % 4 === 0 ? -1 / batch : 0));
  const losses = g.op("Mul", [
    g.op("LogSoftmax", [scores], { axis: 1 }),
    g.constant(float32(labels, [batch, 3, 1, 1])),
  ]);
  const objective = g.op("ReduceSum", [losses], { keepdims: 0 });
  g.output("objective", objective);
  const weights = Array.from({ length: parameters }, (_, i) => `w${i}`);
  for (const [name, gradient] of gradients(g, objective, ["x", ...weights])) g.output(`d${name}`, gradient);
  return g.build();
}

describe("the batch-last layout gives what the batch-first layout gives", () => {
  test("for random networks and their gradients", async () => {
    const layer = fc.tuple(
      fc.constantFrom(...Object.keys(LAYERS)),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
    );
    const property = fc.asyncProperty(
      fc.constantFrom(3, 16, 21),
      fc.array(layer, { minLength: 2, maxLength: 6 }),
      fc.nat(),
      async (batch, layers, seed) => {
        await expectSame(network(batch, layers), seed);
      },
    );
    await fc.assert(property, { numRuns: 200, seed: 3 });
  });

  test("where names of the graph look like those that lowering makes", async () => {
    // The output is transposed back under a name that the lowered graph makes; the Transpose after it has one like that.
    const g = new GraphBuilder("names");
    const x = g.input("x", "float32", [16, 2, 3, 4]);
    g.output("y", g.op("Relu", [g.op("MaxPool", [x], square)]));
    for (let i = 0; i < 20; i++) g.output(`z${i}`, g.op("Transpose", [x], { perm: [3, 0, 1, 2] }));
    await expectSame(g.build());
  });

  test("where a value of five axes meets a batch", async () => {
    const g = new GraphBuilder("five axes");
    const x = g.op("MaxPool", [g.input("x", "float32", [16, 2, 3, 4])], square);
    g.output("y", g.op("Add", [x, g.input("z", "float32", [2, 1, 1, 1, 3])]));
    await expectSame(g.build());
  });

  test.each([
    ["GlobalMaxPool", []],
    ["GlobalAveragePool", []],
    ["Pad", [[1, 2, 0, 1], [], [1, -1]]],
    ["Slice", [[1], [2]]],
  ])("for %s with %j", async (operator, constants) => {
    const g = new GraphBuilder(operator);
    const x = g.op("MaxPool", [g.input("x", "float32", [16, 2, 5, 6])], square);
    const more = constants.map((list) => (list.length === 0 ? "" : g.ints(...list)));
    const y = g.op(operator, [x, ...more]);
    g.output("y", g.op("MaxPool", [y], { kernel_shape: [1, 1] }));
    await expectSame(g.build());
  });

  test.each(Object.entries(ELEMENTWISE))("for %s, without moving the data (%s)", async (operator, kind) => {
    const g = new GraphBuilder(operator);
    const pooled = g.op("MaxPool", [g.input("x", "float32", [16, 2, 3, 4])], square);
    // within what the operator is defined for
    const isShare = ["Acos", "Asin", "Atanh", "Log", "Pow", "Sqrt"].includes(operator);
    const x = isShare
      ? g.op("Sigmoid", [pooled])
      : operator === "Acosh"
        ? g.op("Exp", [g.op("Abs", [pooled])])
        : pooled;
    const w = g.input("w", "float32", [2, 1, 1]);
    const zero = g.scalar(0);
    const isLogical = ["And", "Not", "Or", "Xor"].includes(operator);
    const given = (value: string): string => {
      if (isLogical) return g.op("Greater", [value, zero]);
      return /^Bit/.test(operator) ? g.op("Cast", [g.op("Abs", [value])], { to: codeOf("uint32") }) : value;
    };
    const more: Readonly<Record<string, readonly string[]>> = { Clip: [zero, g.scalar(0.5)], PRelu: [w] };
    const inputs = {
      map: [given(x), ...(more[operator] ?? [])],
      broadcast: [given(x), given(w)],
      comparison: [given(x), given(w)],
      question: [x],
      cast: [x],
      choice: [g.op("Greater", [x, zero]), x, w],
    }[kind];
    const attributes = { BitShift: { direction: "LEFT" }, Cast: { to: codeOf("int64") }, Mod: { fmod: 1 } };
    const own = Object.entries(attributes).find(([name]) => name === operator)?.[1] ?? {};
    const y = g.op("Cast", [g.op(operator, inputs, own)], { to: codeOf("float32") });
    g.output("y", g.op("MaxPool", [y], square));
    const lowered = await expectSame(g.build());
    // to the batch-last layout, and back
    expect(operators(lowered).filter((name) => name === "Transpose")).toHaveLength(2);
  });

  test.each(REDUCTIONS)("for %s", async (operator) => {
    const g = new GraphBuilder(operator);
    const x = g.op("Exp", [g.op("MaxPool", [g.input("x", "float32", [16, 2, 3, 4])], square)]);
    g.output("y", g.op("MaxPool", [g.op(operator, [x, g.ints(1)])], { kernel_shape: [1, 1] }));
    await expectSame(g.build());
  });

  test("where a reduction without axes leaves its input as it is", async () => {
    const g = new GraphBuilder("no axes");
    const x = g.op("MaxPool", [g.input("x", "float32", [16, 2, 3, 4])], square);
    g.output("y", g.op("ReduceSum", [x], { noop_with_empty_axes: 1 }));
    await expectSame(g.build());
  });

  test.each([
    [[0, 2, 3], 0],
    [[1], 1],
    [[-1, 1], 1],
    [[0, 3], 0],
    [[], 0],
  ])("for a sum over axes %j, keepdims %i", async (axes, keepdims) => {
    const g = new GraphBuilder("sum");
    const x = g.op("MaxPool", [g.input("x", "float32", [16, 2, 3, 4])], square);
    g.output("y", g.op("ReduceSum", [x, ...(axes.length > 0 ? [g.ints(...axes)] : [])], { keepdims }));
    await expectSame(g.build());
  });

  test("for values that a graph outputs on the way, in the middle and twice", async () => {
    const g = new GraphBuilder("outputs");
    const x = g.input("x", "float32", [16, 2, 5, 4]);
    const pooled = g.op("MaxPool", [x], square);
    g.output("pooled", pooled);
    g.output("again", pooled);
    g.output("same", x);
    g.output("y", g.op("Relu", [g.op("Neg", [pooled])]));
    await expectSame(g.build());
  });
});

describe("lowering", () => {
  test("leaves an input that is also an output under its own name", async () => {
    const g = new GraphBuilder("through");
    const x = g.input("x", "float32", [16, 1, 2, 2]);
    g.output("y", g.op("MaxPool", [x], square));
    g.output("x", x);
    const lowered = await expectSame(g.build());
    expect(lowered.outputs.map(({ name }) => name)).toEqual(["y", "x"]);
  });

  test.each(["batch-first", "batch-last"] satisfies Layout[])("removes what no output needs, %s", (layout) => {
    const g = new GraphBuilder("unused");
    const x = g.input("x", "float32", [16, 1, 4, 4]);
    g.initializer("spare", float32([1]));
    g.op("Exp", [g.op("MaxPool", [x], square)]);
    g.output("y", g.op("Neg", [x]));
    const lowered = lower(g.build(), layout);
    expect(operators(lowered)).toEqual(["Neg"]);
    expect([...lowered.initializers.keys()]).toEqual([]);
    expect(lowered.inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  test("does not change the graph it is given", () => {
    const g = new GraphBuilder("given");
    g.output("y", g.op("MaxPool", [g.input("x", "float32", [16, 1, 4, 4])], square));
    const graph = g.build();
    const before = structuredClone(graph);
    lower(graph, "batch-last");
    expect(graph).toEqual(before);
  });

  test("moves data to the batch-last layout and back once for a chain of layers", () => {
    const g = new GraphBuilder("chain");
    const x = g.input("x", "float32", [16, 2, 6, 6]);
    const pooled = g.op("Relu", [g.op("MaxPool", [x], square)]);
    g.output("y", g.op("MaxPool", [pooled], square));
    expect(operators(lower(g.build(), "batch-last")).filter((operator) => operator === "Transpose")).toHaveLength(2);
  });

  test("leaves small batches and sizes that are only named in the batch-first layout", async () => {
    for (const shape of [
      [15, 2, 6, 6],
      ["N", 2, "H", "W"],
      [16, 2, "H", "W"],
    ]) {
      const g = new GraphBuilder("dynamic");
      const x = g.input("x", "float32", shape);
      const y = g.op("Conv", [x, g.input("w", "float32", [3, 2, 2, 2])]);
      g.output("y", g.op("Softmax", [g.op("Relu", [g.op("MaxPool", [y], square)])], { axis: 1 }));
      const lowered = await expectSame(g.build(), 1, { N: 17, H: 7, W: 5 });
      expect(operators(lowered)).toEqual(["Conv", "MaxPool", "Relu", "Softmax"]);
      expect(lowered.inputs[0].shape).toEqual(shape);
    }
  });

  test("keeps what only a branch reads", async () => {
    const g = new GraphBuilder("branch");
    const pooled = g.op("MaxPool", [g.input("x", "float32", [16, 2, 3, 4])], square);
    const value = { name: "inside", type: "float32", shape: undefined } as const;
    const branch = (operator: string): Attribute => {
      const node = { operator, domain: "", name: operator, inputs: [pooled], outputs: [value.name], attributes: {} };
      return {
        type: "graph",
        value: { name: operator, inputs: [], outputs: [value], initializers: new Map(), nodes: [node] },
      };
    };
    const positive = g.op("Greater", [g.op("ReduceSum", ["x"], { keepdims: 0 }), g.scalar(0)]);
    const chosen = g.op("If", [positive], { then_branch: branch("Neg"), else_branch: branch("Abs") });
    g.output("y", g.op("Cast", [chosen], { to: 1 }));
    const lowered = await expectSame(g.build());
    expect(operators(lowered)).toContain("MaxPool");
  });

  test("keeps an input of unknown shape unknown", () => {
    const g = new GraphBuilder("unknown");
    g.output("y", g.op("Relu", [g.input("x", "float32", undefined)]));
    expect(lower(g.build(), "batch-last").inputs[0].shape).toBeUndefined();
  });
});
