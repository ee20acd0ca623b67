import { describe, expect, it } from "vitest";
import { nodeEngine } from "../engine/node.js";
import { float } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { modelOf } from "../graph/model.js";
import { float32 } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { stream } from "../random/stream.js";
import { planEightBits } from "./plan.js";
import { quantize } from "./quantize.js";

const engine = nodeEngine({ threads: 1 });

function random(name: string, shape: readonly number[], scale = 1): Tensor<"float32"> {
  const numbers = stream(1, name);
  const count = shape.reduce((a, b) => a * b, 1);
  return float32(
    Array.from({ length: count }, () => scale * numbers.normal()),
    shape,
  );
}

/** Two convolutions with a residual sum, a pooling, a concatenation and a fully connected layer behind. */
function network(): Graph {
  const g = new GraphBuilder("small");
  const x = g.input("x", "float32", ["N", 3, 8, 8]);
  const constant = (name: string, shape: readonly number[], scale: number): string =>
    g.initializer(name, random(name, shape, scale));
  const conv = (input: string, name: string, shape: readonly number[], more = {}): string =>
    g.op("Conv", [input, constant(`${name}/w`, shape, 0.3), constant(`${name}/b`, [shape[0]], 0.1)], {
      pads: [1, 1, 1, 1],
      ...more,
    });
  const a = g.op("Relu", [conv(x, "first", [4, 3, 3, 3])]);
  const b = g.op("Add", [a, conv(a, "depthwise", [4, 1, 3, 3], { group: 4 })]);
  const c = g.op("Concat", [b, g.op("Clip", [conv(b, "second", [4, 4, 3, 3]), g.scalar(0), g.scalar(6)])], { axis: 1 });
  const p = g.op("MaxPool", [c], { kernel_shape: [2, 2], strides: [2, 2] });
  const flat = g.op("Flatten", [p]);
  g.output("y", g.op("Gemm", [flat, constant("fc/w", [5, 8 * 4 * 4], 0.1), constant("fc/b", [5], 0.1)], { transB: 1 }));
  return g.build();
}

async function run(graph: Graph, x: Tensor<"float32">): Promise<Float32Array> {
  const program = await engine.load(modelOf(graph));
  const { y } = await program.run({ x });
  await program.close();
  return y.data as Float32Array;
}

describe("a quantised graph", () => {
  const graph = network();
  const x = random("x", [16, 3, 8, 8]);

  it("computes with 8 bits all that has weights and what stands between, and no activation is left", () => {
    const { eightBit, absorbed, rounded } = planEightBits(graph);
    expect([...eightBit].map(({ operator }) => operator)).toEqual([
      "Conv",
      "Conv",
      "Add",
      "Conv",
      "Concat",
      "MaxPool",
      "Flatten",
      "Gemm",
    ]);
    expect([...absorbed.values()].map(({ operator }) => operator)).toEqual(["Relu", "Clip"]);
    // what is handed on has the step of what it is made of; the scores keep all digits
    expect([...rounded].filter(([value, source]) => value !== source)).toHaveLength(2);
    expect(rounded.has("y")).toBe(false);
  });

  it("gives nearly the same numbers, from a quarter of the bytes", async () => {
    const result = await quantize(engine, graph, () => [{ x }]);
    const [exact, rounded] = [await run(graph, x), await run(result.graph, x)];
    const [signal, noise] = [0, 1].map((which) =>
      exact.reduce((sum, value, i) => sum + (which === 0 ? value : value - rounded[i]) ** 2, 0),
    );
    const decibels = 10 * Math.log10(signal / noise);
    expect(result.decibels).toBeCloseTo(decibels, 6);
    // 8 bits of a range that holds all numbers leave some 40 dB, of which each of four layers takes a part
    expect(decibels).toBeGreaterThan(28);
    expect(
      [...result.graph.initializers].filter(([, { type, data }]) => type === "int8" && data.length > 30),
    ).toHaveLength(4);
    expect(result.values.map(({ decibels: each }) => each)).toEqual(
      result.values.map(({ decibels: each }) => each).sort((a, b) => a - b),
    );
  });

  it("leaves what is to be kept", async () => {
    const [first] = graph.nodes;
    const { count } = await quantize(engine, graph, () => [{ x }], { keep: [first.name] });
    expect(count).toBe(3);
  });

  it("refuses numbers that are none, no samples, and graphs without weights", async () => {
    const wrong = float32(new Float32Array(3 * 64).fill(Number.NaN), [1, 3, 8, 8]);
    await expect(quantize(engine, graph, () => [{ x: wrong }])).rejects.toThrow(
      "The value 'x' has NaN among its numbers: it cannot be rounded to 8 bits.",
    );
    await expect(quantize(engine, graph, () => [])).rejects.toThrow(
      "Expected at least one sample to find ranges on, got none.",
    );
    const g = new GraphBuilder("plain");
    g.output("y", g.op("Relu", [g.input("x", "float32", ["N", 3])]));
    await expect(quantize(engine, g.build(), () => [])).rejects.toThrow(
      /Nothing in 'plain' can be computed with 8 bits/,
    );
  });

  it("takes a graph of one layer", async () => {
    const g = new GraphBuilder("one");
    const w = g.initializer("w", float32([1, 2, 3, 4], [4, 1]));
    g.output("y", g.op("MatMul", [g.input("x", "float32", ["N", 4]), w]));
    const { graph: made, values } = await quantize(engine, g.build(), () => [{ x: float32([1, 2, 3, 4], [1, 4]) }]);
    expect(values.map(({ value }) => value)).toEqual([]);
    // 1·1 + 2·2 + 3·3 + 4·4, within half a step of each weight (7/127/2) and number (4/255/2)
    expect(Math.abs((await run(made, float32([1, 2, 3, 4], [1, 4])))[0] - 30)).toBeLessThan(
      10 * 0.028 + 10 * 0.008 + 0.01,
    );
  });

  it("computes a batch normalisation that stands before a convolution with 8 bits, too", async () => {
    const g = new GraphBuilder("normalised");
    const part = (name: string, numbers: readonly number[]): string => g.initializer(name, float32(numbers, [2]));
    const norm = g.op(
      "BatchNormalization",
      [
        g.input("x", "float32", ["N", 2, 2, 2]),
        part("gain", [2, -1]),
        part("bias", [1, 0]),
        part("mean", [0.5, 1]),
        part("variance", [4, 0.25]),
      ],
      { epsilon: float(0) },
    );
    g.output("y", g.op("Conv", [g.op("Relu", [norm]), g.initializer("w", float32([1, 1], [1, 2, 1, 1]))]));
    const image = float32([0, 1, 2, 3, 3, 2, 1, 0], [1, 2, 2, 2]);
    const { graph: made, count } = await quantize(engine, g.build(), () => [{ x: image }]);
    expect(count).toBe(2);
    expect(made.nodes.some(({ operator }) => operator === "BatchNormalization")).toBe(false);
    // (x − 0.5)/2·2 + 1 and −(x − 1)/0.5, each at least 0: 0.5 + 0, 1.5 + 0, 2.5 + 0, 3.5 + 2
    const y = await run(made, image);
    [0.5, 1.5, 2.5, 5.5].forEach((value, i) => void expect(Math.abs(y[i] - value)).toBeLessThan(0.08));
  });

  it("takes values that are always the same, and all zero", async () => {
    const zeros = float32(new Float32Array(3 * 64), [1, 3, 8, 8]);
    const { graph: made } = await quantize(engine, graph, () => [{ x: zeros }]);
    const [exact, rounded] = [await run(graph, zeros), await run(made, zeros)];
    exact.forEach((value, i) => void expect(rounded[i]).toBeCloseTo(value, 1));
  });
});
