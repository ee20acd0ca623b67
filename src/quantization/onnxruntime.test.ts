import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nodeEngine } from "../engine/node.js";
import { type AttributeInput, attributes } from "../graph/attributes.js";
import { modelOf } from "../graph/model.js";
import { float32 } from "../graph/tensor.js";
import type { Graph, Node, Tensor } from "../graph/types.js";
import { countValues } from "./calibrate.js";
import { eightBitWeights } from "./eight-bit.js";
import { planEightBits } from "./plan.js";
import { quantizeGraph, valuesToCount } from "./quantize-graph.js";

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** What ONNX Runtime's own quantiser makes of a small network; see make-quantized.py. */
const fixture: {
  readonly constants: Readonly<Record<string, Numbers>>;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly rounded: Numbers;
  readonly weights: Readonly<
    Record<string, { readonly values: readonly number[]; readonly scales: readonly number[] }>
  >;
  readonly activations: Readonly<Record<string, { readonly scale: number; readonly zero: number }>>;
} = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/fixtures/quantized.json"), "utf8"));

const tensorOf = ({ shape, data }: Numbers): Tensor<"float32"> => float32(data, shape);

const node = (
  operator: string,
  inputs: readonly string[],
  output: string,
  more: Readonly<Record<string, AttributeInput>> = {},
): Node => ({ operator, domain: "", name: output, inputs, outputs: [output], attributes: attributes(more) });

const graph: Graph = {
  name: "small",
  inputs: [{ name: "x", type: "float32", shape: ["N", 2, 5, 5] }],
  outputs: [{ name: "y", type: "float32", shape: ["N", 3] }],
  initializers: new Map(Object.entries(fixture.constants).map(([name, value]) => [name, tensorOf(value)])),
  nodes: [
    node("Conv", ["x", "w1", "b1"], "c1", { pads: [1, 1, 1, 1] }),
    node("Relu", ["c1"], "r1"),
    node("Conv", ["r1", "w2", "b2"], "c2"),
    node("Add", ["r1", "c2"], "s"),
    node("GlobalAveragePool", ["s"], "p"),
    node("Flatten", ["p"], "f"),
    node("Gemm", ["f", "w3", "b3"], "y", { transB: 1 }),
  ],
};

const x = tensorOf(fixture.x);
const engine = nodeEngine({ threads: 1 });

it("has the weights that ONNX Runtime's quantiser makes, where pairs of products need no room", () => {
  for (const [name, { values, scales }] of Object.entries(fixture.weights)) {
    const made = eightBitWeights(tensorOf(fixture.constants[name]), 0, { alone: true });
    expect(Array.from(made.values.data)).toEqual(values);
    scales.forEach((scale, k) => void expect(made.scales[k] / scale).toBeCloseTo(1, 6));
  }
  expect(Object.keys(fixture.weights)).toEqual(["w1", "w2", "w3"]);
});

it("finds the steps and zero points of its quantiser, and loses at most the bit more that room for pairs takes", async () => {
  const plan = planEightBits(graph);
  const statistics = await countValues(engine, graph, valuesToCount(graph, plan), () => [{ x }]);
  const made = quantizeGraph(graph, plan, statistics).graph;
  const values = ["x", "r1", "c2", "s", "p"];
  expect(valuesToCount(graph, plan).toSorted()).toEqual(values.toSorted());
  for (const value of values) {
    const { scale, zero } = fixture.activations[value];
    expect(made.initializers.get(`${value}/step`)?.data[0]).toBeCloseTo(scale, 7);
    expect(made.initializers.get(`${value}/zero`)?.data[0]).toBe(zero);
  }
  const program = await engine.load(modelOf(made));
  const { y } = await program.run({ x });
  await program.close();
  const errorOf = (numbers: ArrayLike<number | bigint>): number =>
    fixture.y.data.reduce((sum, exact, i) => sum + (Number(numbers[i]) - exact) ** 2, 0);
  // a step twice as large, four times the squares
  expect(errorOf(y.data)).toBeLessThan(4 * errorOf(fixture.rounded.data));
});
