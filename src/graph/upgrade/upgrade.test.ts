import { describe, expect, test } from "vitest";
import schemas from "../../../test/fixtures/onnx-operators.json" with { type: "json" };
import { sameNumbers } from "../../../test/support/onnx-models.js";
import { nodeEngine } from "../../engine/node.js";
import { type AttributeInput, attributes, float, tensorAttribute } from "../attributes.js";
import type { Model } from "../model.js";
import { strayAttribute } from "../operators.js";
import { float32, int64, tensor } from "../tensor.js";
import type { DataType, Graph, Node, Tensor, Value } from "../types.js";
import { CHANGES } from "./changes.js";
import { UpgradeError, upgradeModel } from "./upgrade.js";

const engine = nodeEngine({ threads: 1 });

/** A node of an older or newer version: "Clip@6", its inputs (tensors that are fed, or constants), attributes, how many outputs. */
interface Case {
  readonly node: `${string}@${number}`;
  /** a shape stands for random numbers; `constant` for an initializer; "" for an input left out */
  readonly inputs: readonly (readonly number[] | Tensor | { readonly constant: Tensor } | "")[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly outputs?: number;
  /** what the operators are then, where that is worth saying */
  readonly becomes?: readonly string[];
}

const floats = (...values: number[]): AttributeInput => ({ type: "floats", value: values });
const whole = (...values: number[]) => ({ constant: int64(values) });
const numbers = (...values: number[]) => ({ constant: float32(values, [values.length]) });

/** Numbers between −2 and 2 that depend on their place alone. */
function random(shape: readonly number[], seed: number): Tensor<"float32"> {
  let state = 97 * seed + 12345;
  const next = (): number => {
    state = (state * 16807) % 2147483647;
    return (4 * state) / 2147483647 - 2;
  };
  return float32(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next), shape);
}

const positive = (...shape: number[]): Tensor => {
  const values = random(shape, 7);
  return float32(
    Array.from(values.data, (v) => Math.abs(Number(v)) + 0.1),
    shape,
  );
};

function modelOf({ node, inputs, attributes: given = {}, outputs = 1 }: Case): {
  model: Model;
  feeds: Record<string, Tensor>;
} {
  const [operator, version] = node.split("@");
  const feeds: Record<string, Tensor> = {};
  const initializers = new Map<string, Tensor>();
  const names = inputs.map((input, i) => {
    const name = `x${i}`;
    if (input === "") return "";
    if ("constant" in input) initializers.set(name, input.constant);
    else feeds[name] = "data" in input ? input : random(input, i + 1);
    return name;
  });
  const made = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const graph: Graph = {
    name: node,
    inputs: Object.entries(feeds).map(([name, { type, shape }]): Value => ({ name, type, shape })),
    outputs: made.map((name) => ({ name, type: "float32" as DataType, shape: undefined, opaque: true })),
    initializers,
    nodes: [{ operator, domain: "", name: "node", inputs: names, outputs: made, attributes: attributes(given) }],
  };
  return { model: { irVersion: Number(version) < 10 ? 4 : 9, opsets: { "": Number(version) }, graph }, feeds };
}

async function run(source: Model | Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const program = await engine.load(source);
  const results = await program.run(feeds);
  await program.close();
  return results;
}

const operatorsOf = (nodes: readonly Node[]): readonly string[] => nodes.map(({ operator }) => operator);

const nchw = [2, 3, 5, 7] as const;

/** Each changed operator in the forms of its versions. */
const CASES: readonly Case[] = [
  { node: "Clip@7", inputs: [nchw], attributes: { min: float(-0.5), max: float(1) } },
  { node: "Clip@10", inputs: [nchw], attributes: { max: float(1) }, becomes: ["Clip"] },
  { node: "Clip@6", inputs: [nchw], attributes: { min: float(0) } },
  { node: "Dropout@7", inputs: [nchw], attributes: { ratio: float(0.3) }, becomes: ["Identity"] },
  { node: "Dropout@7", inputs: [nchw], outputs: 2 },
  { node: "Dropout@10", inputs: [nchw], outputs: 2 },
  { node: "Dropout@12", inputs: [nchw], outputs: 2 },
  { node: "Squeeze@7", inputs: [[2, 1, 3, 1]], attributes: { axes: [1] } },
  { node: "Squeeze@11", inputs: [[2, 1, 3, 1]], attributes: { axes: [-1, 1] } },
  { node: "Squeeze@11", inputs: [[2, 1, 3, 1]] },
  { node: "Unsqueeze@7", inputs: [[2, 3]], attributes: { axes: [0, 3] } },
  { node: "Unsqueeze@11", inputs: [[2, 3]], attributes: { axes: [-1] } },
  ...["L1", "L2", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"].flatMap((kind): Case[] => [
    { node: `Reduce${kind}@7`, inputs: [nchw], attributes: { axes: [1, 3], keepdims: 0 } },
    { node: `Reduce${kind}@12`, inputs: [nchw], attributes: { axes: [-1] } },
    { node: `Reduce${kind}@11`, inputs: [nchw] },
    { node: `Reduce${kind}@13`, inputs: kind === "Sum" ? [nchw, whole(1)] : [nchw] },
  ]),
  { node: "ReduceLogSum@11", inputs: [positive(2, 3)], attributes: { axes: [1] } },
  ...["Softmax", "LogSoftmax", "Hardmax"].flatMap((operator): Case[] => [
    { node: `${operator}@9`, inputs: [nchw], becomes: ["Flatten", operator, "Shape", "Reshape"] },
    { node: `${operator}@9`, inputs: [[2, 5, 1, 1]], becomes: [operator] },
    { node: `${operator}@7`, inputs: [[2, 5]], becomes: [operator] },
    { node: `${operator}@7`, inputs: [nchw], attributes: { axis: 0 } },
    { node: `${operator}@7`, inputs: [nchw], attributes: { axis: 3 }, becomes: [operator] },
    { node: `${operator}@11`, inputs: [nchw], attributes: { axis: 2 } },
    { node: `${operator}@11`, inputs: [nchw], attributes: { axis: -2 } },
    { node: `${operator}@12`, inputs: [nchw], attributes: { axis: -1 }, becomes: [operator] },
    { node: `${operator}@13`, inputs: [nchw] },
    { node: `${operator}@13`, inputs: [nchw], attributes: { axis: 1 } },
  ]),
  { node: "BatchNormalization@7", inputs: [nchw, [3], [3], [3], positive(3)], attributes: { epsilon: float(0.01) } },
  {
    node: "BatchNormalization@7",
    inputs: [nchw, [3], [3], [3], positive(3)],
    attributes: { spatial: 1, momentum: float(0.5) },
  },
  {
    node: "BatchNormalization@7",
    inputs: [nchw, [3, 5, 7], [3, 5, 7], [3, 5, 7], positive(3, 5, 7)],
    attributes: { spatial: 0 },
  },
  { node: "BatchNormalization@9", inputs: [nchw, [3], [3], [3], positive(3)] },
  { node: "BatchNormalization@14", inputs: [nchw, [3], [3], [3], positive(3)] },
  { node: "BatchNormalization@15", inputs: [nchw, [3], [3], [3], positive(3)], attributes: { epsilon: float(0.1) } },
  { node: "Pad@7", inputs: [[2, 3]], attributes: { pads: [1, 0, 0, 2] } },
  { node: "Pad@10", inputs: [[2, 3]], attributes: { pads: [1, 0, 0, 2], value: float(1.5) } },
  { node: "Pad@10", inputs: [[2, 3]], attributes: { pads: [1, 0, 0, 2], mode: "reflect" } },
  { node: "Pad@2", inputs: [[2, 3]], attributes: { pads: [0, -1, 0, 2], mode: "edge" } },
  { node: "Pad@11", inputs: [[2, 3], whole(1, 0, 0, 2)] },
  { node: "Pad@13", inputs: [[2, 3], whole(1, 0, 0, 2), { constant: float32([-1]) }] },
  { node: "Pad@18", inputs: [[2, 3], whole(1, 2), "", whole(-1)] },
  { node: "Slice@7", inputs: [nchw], attributes: { starts: [1, 0], ends: [3, -2], axes: [1, 3] } },
  { node: "Slice@9", inputs: [nchw], attributes: { starts: [-1], ends: [2 ** 31 - 1] } },
  {
    node: "Slice@9",
    inputs: [nchw],
    attributes: { starts: [1], ends: { type: "ints", value: [2n ** 63n - 1n] }, axes: [2] },
  },
  { node: "Slice@10", inputs: [nchw, whole(-1), whole(-6), whole(3), whole(-2)] },
  { node: "Split@7", inputs: [[2, 6]], attributes: { axis: 1, split: [1, 2, 3] }, outputs: 3 },
  { node: "Split@11", inputs: [[2, 6]], attributes: { axis: -1 }, outputs: 3 },
  { node: "Split@13", inputs: [[2, 6]], attributes: { axis: 1 }, outputs: 2 },
  { node: "Split@13", inputs: [[2, 6], whole(2, 4)], attributes: { axis: 1 }, outputs: 2 },
  { node: "Upsample@7", inputs: [nchw], attributes: { scales: floats(1, 1, 2, 3) }, becomes: ["Resize"] },
  { node: "Upsample@7", inputs: [nchw], attributes: { scales: floats(1, 1, 2, 1.5), mode: "linear" } },
  { node: "Upsample@9", inputs: [nchw, numbers(1, 1, 1.5, 2)] },
  { node: "Upsample@9", inputs: [nchw, numbers(1, 1, 2, 2)], attributes: { mode: "linear" } },
  { node: "Resize@10", inputs: [nchw, numbers(1, 1, 2, 1.5)], becomes: ["Resize"] },
  { node: "Resize@10", inputs: [nchw, numbers(1, 1, 0.6, 0.4)], becomes: ["Resize"] },
  { node: "Resize@10", inputs: [[1, 2, 9, 8], numbers(1, 1, 0.7, 1.7)], becomes: ["Resize", "Resize"] },
  { node: "Resize@10", inputs: [nchw, numbers(1, 1, 0.6, 1.7)], attributes: { mode: "linear" } },
  { node: "Resize@11", inputs: [nchw, numbers(), numbers(1, 1, 2, 1.5)], attributes: { mode: "cubic" } },
  { node: "Resize@11", inputs: [nchw, numbers(), numbers(), whole(2, 3, 4, 9)] },
  {
    node: "Resize@11",
    inputs: [nchw, numbers(), numbers(), whole(2, 3, 4, 9)],
    attributes: { mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel" },
  },
  ...["floor", "round_prefer_floor"].flatMap((nearest): Case[] => [
    {
      node: "Resize@11",
      inputs: [nchw, numbers(), numbers(1, 1, 1.7, 2)],
      attributes: { coordinate_transformation_mode: "tf_half_pixel_for_nn", nearest_mode: nearest },
    },
    {
      node: "Resize@12",
      inputs: [nchw, numbers(), numbers(), whole(2, 3, 2, 4)],
      attributes: { coordinate_transformation_mode: "tf_half_pixel_for_nn", nearest_mode: nearest },
    },
  ]),
  {
    node: "Resize@13",
    inputs: [nchw, "", numbers(1, 1, 0.5, 2)],
    attributes: { mode: "linear", coordinate_transformation_mode: "align_corners" },
  },
  {
    node: "Resize@18",
    inputs: [nchw, "", numbers(0.5, 2)],
    attributes: { mode: "linear", antialias: 1, axes: [2, 3] },
  },
  { node: "TopK@7", inputs: [[3, 6]], attributes: { k: 2 }, outputs: 2 },
  { node: "TopK@10", inputs: [[3, 6], whole(2)], attributes: { axis: 0 }, outputs: 2 },
  { node: "TopK@11", inputs: [[3, 6], whole(2)], attributes: { largest: 0 }, outputs: 2 },
  ...["bilinear", "bicubic", "nearest"].map(
    (mode): Case => ({
      node: "GridSample@16",
      inputs: [
        [1, 2, 4, 5],
        [1, 3, 3, 2],
      ],
      attributes: { mode, align_corners: 1 },
    }),
  ),
  {
    node: "GridSample@16",
    inputs: [
      [1, 2, 4, 5],
      [1, 3, 3, 2],
    ],
    attributes: { padding_mode: "border" },
  },
  { node: "InstanceNormalization@7", inputs: [nchw, [3], [3]] },
  { node: "LRN@7", inputs: [nchw], attributes: { size: 3, alpha: float(0.2), bias: float(2) } },
  { node: "MaxPool@7", inputs: [nchw], attributes: { kernel_shape: [3, 2], strides: [2, 1], auto_pad: "SAME_UPPER" } },
  { node: "MaxPool@8", inputs: [nchw], attributes: { kernel_shape: [3, 2], pads: [1, 0, 1, 1] }, outputs: 2 },
  { node: "MaxPool@10", inputs: [nchw], attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 } },
  { node: "MaxPool@11", inputs: [nchw], attributes: { kernel_shape: [3, 2], auto_pad: "SAME_LOWER", strides: [2, 2] } },
  { node: "AveragePool@7", inputs: [nchw], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
  {
    node: "AveragePool@7",
    inputs: [nchw],
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
  },
  { node: "AveragePool@10", inputs: [nchw], attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 } },
  {
    node: "AveragePool@11",
    inputs: [nchw],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
  },
  {
    node: "AveragePool@11",
    inputs: [nchw],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" },
  },
  { node: "LpPool@7", inputs: [nchw], attributes: { kernel_shape: [3, 3], strides: [2, 2], p: 2 } },
  { node: "GlobalLpPool@7", inputs: [nchw], attributes: { p: 3 } },
  { node: "Conv@7", inputs: [nchw, [4, 3, 3, 3], [4]], attributes: { auto_pad: "SAME_LOWER", strides: [2, 2] } },
  { node: "Conv@11", inputs: [nchw, [6, 1, 3, 3]], attributes: { group: 3, dilations: [2, 2], pads: [2, 1, 2, 1] } },
  { node: "ConvTranspose@7", inputs: [nchw, [3, 2, 3, 3]], attributes: { strides: [2, 2], auto_pad: "SAME_UPPER" } },
  { node: "ConvTranspose@7", inputs: [nchw, [3, 2, 3, 3]], attributes: { strides: [2, 2], output_shape: [10, 14] } },
  {
    node: "ConvTranspose@11",
    inputs: [nchw, [3, 2, 3, 3]],
    attributes: { strides: [2, 2], output_padding: [1, 1], pads: [1, 1, 1, 1] },
  },
  {
    node: "RNN@7",
    inputs: [
      [4, 2, 3],
      [1, 5, 3],
      [1, 5, 5],
      [1, 10],
    ],
    attributes: { hidden_size: 5 },
    outputs: 2,
  },
  {
    node: "GRU@7",
    inputs: [
      [4, 2, 3],
      [2, 15, 3],
      [2, 15, 5],
      [2, 30],
    ],
    attributes: { hidden_size: 5, direction: "bidirectional", linear_before_reset: 1 },
    outputs: 2,
  },
  {
    node: "LSTM@7",
    inputs: [
      [4, 2, 3],
      [1, 20, 3],
      [1, 20, 5],
      [1, 40],
    ],
    attributes: { hidden_size: 5, direction: "reverse" },
    outputs: 3,
  },
  {
    node: "Scatter@9",
    inputs: [[3, 4], { constant: int64([0, 2, 1, 1], [2, 2]) }, [2, 2]],
    attributes: { axis: 1 },
    becomes: ["ScatterElements"],
  },
  { node: "ScatterElements@11", inputs: [[3, 4], { constant: int64([0, -1, 1, 1], [2, 2]) }, [2, 2]] },
  { node: "ScatterND@11", inputs: [[3, 4], { constant: int64([2, 0], [2, 1]) }, [2, 4]] },
  {
    node: "QuantizeLinear@10",
    inputs: [nchw, { constant: float32([0.02]) }, { constant: tensor("uint8", [], Uint8Array.of(120)) }],
  },
  {
    node: "QuantizeLinear@13",
    inputs: [[2, 3], numbers(0.1, 0.2), { constant: tensor("int8", [2], Int8Array.of(3, -4)) }],
    attributes: { axis: 0 },
  },
  {
    node: "DequantizeLinear@10",
    inputs: [
      tensor("uint8", [3], Uint8Array.of(0, 100, 255)),
      { constant: float32([0.02]) },
      { constant: tensor("uint8", [], Uint8Array.of(120)) },
    ],
  },
  {
    node: "DequantizeLinear@13",
    inputs: [
      tensor("int8", [2, 3], Int8Array.of(0, 100, -100, 5, 7, 9)),
      numbers(0.1, 0.2),
      { constant: tensor("int8", [2], Int8Array.of(3, -4)) },
    ],
    attributes: { axis: 0 },
  },
  { node: "QuantizeLinear@21", inputs: [[2, 3], { constant: float32([0.02]) }], attributes: { output_dtype: 3 } },
  {
    node: "QuantizeLinear@23",
    inputs: [[2, 3], { constant: float32([0.02]) }, { constant: tensor("uint8", [], Uint8Array.of(120)) }],
    attributes: { output_dtype: 2, precision: 0 },
  },
  {
    node: "DequantizeLinear@21",
    inputs: [tensor("uint8", [3], Uint8Array.of(0, 100, 255)), { constant: float32([0.02]) }],
    attributes: { block_size: 0 },
  },
  { node: "Equal@7", inputs: [int64([1, 2, 3]), int64([1, 0, 3])] },
  { node: "Equal@11", inputs: [[3, 1], [2]] },
  { node: "Where@9", inputs: [tensor("bool", [3], Uint8Array.of(1, 0, 1)), [2, 3], [3]] },
  { node: "Greater@7", inputs: [[3, 1], [2]] },
  { node: "Pow@7", inputs: [positive(3), [3]] },
  { node: "Add@7", inputs: [nchw, [7]] },
  { node: "PRelu@7", inputs: [nchw, [3, 1, 1]] },
  { node: "Gemm@7", inputs: [[2, 3], [3, 4], [4]], attributes: { alpha: float(2) } },
  { node: "Gemm@9", inputs: [[2, 3], [4, 3], [4]], attributes: { transB: 1, beta: float(0.5) } },
  { node: "Cast@6", inputs: [nchw], attributes: { to: 7 } },
  { node: "Cast@9", inputs: [nchw], attributes: { to: 9 } },
  { node: "Cast@21", inputs: [nchw], attributes: { to: 6 } },
  {
    node: "Concat@7",
    inputs: [
      [2, 3],
      [2, 1],
    ],
    attributes: { axis: 1 },
  },
  { node: "Constant@9", inputs: [], attributes: { value: tensorAttribute(float32([1, 2], [2])) } },
  { node: "Constant@12", inputs: [], attributes: { value_ints: [3, 4] } },
  { node: "ConstantOfShape@9", inputs: [whole(2, 3)], attributes: { value: tensorAttribute(float32([2], [1])) } },
  { node: "Tile@7", inputs: [[2, 3], whole(2, 1)] },
  { node: "Reshape@7", inputs: [[2, 3, 4], whole(0, -1)] },
  { node: "Reshape@21", inputs: [[2, 3, 4], whole(0, -1)], attributes: { allowzero: 0 } },
  { node: "Transpose@21", inputs: [[2, 3, 4]] },
  { node: "ArgMax@7", inputs: [[3, 5]], attributes: { axis: 1 } },
  { node: "ArgMin@11", inputs: [[3, 5]], attributes: { axis: -1, keepdims: 0 } },
  { node: "Gather@7", inputs: [[3, 5], whole(2, 0)] },
  { node: "OneHot@9", inputs: [int64([0, 2, 1]), { constant: int64([3], []) }, { constant: float32([0, 5], [2]) }] },
  { node: "DFT@17", inputs: [[1, 8, 3, 1]] },
  { node: "DFT@17", inputs: [[1, 8, 3, 2]], attributes: { axis: 2, inverse: 1 } },
  {
    node: "RoiAlign@10",
    inputs: [[1, 2, 8, 8], { constant: float32([0, 0, 5, 6, 1, 2, 7, 7], [2, 4]) }, whole(0, 0)],
    attributes: { output_height: 3, output_width: 2, sampling_ratio: 2 },
  },
  { node: "DepthToSpace@7", inputs: [[1, 8, 2, 3]], attributes: { blocksize: 2 } },
  { node: "Flatten@7", inputs: [nchw], attributes: { axis: 2 } },
  { node: "NonZero@9", inputs: [[2, 3]] },
  { node: "Shape@7", inputs: [nchw] },
  { node: "Sum@7", inputs: [[3], [3], [3]] },
  { node: "Max@8", inputs: [[3, 1], [2]] },
  { node: "LeakyRelu@7", inputs: [nchw] },
  { node: "Selu@7", inputs: [nchw] },
  { node: "HardSigmoid@7", inputs: [nchw] },
  {
    node: "MatMul@7",
    inputs: [
      [2, 3],
      [3, 2],
    ],
  },
  { node: "Expand@8", inputs: [[3, 1], whole(2, 3, 4)] },
  {
    node: "GroupNormalization@21",
    inputs: [[2, 6, 3, 4], [6], [6]],
    attributes: { num_groups: 3, epsilon: float(0.01) },
  },
  { node: "RMSNormalization@23", inputs: [[2, 3, 8], [8]], attributes: { epsilon: float(0.01) } },
  {
    node: "RMSNormalization@23",
    inputs: [
      [2, 3, 8],
      [3, 8],
    ],
    attributes: { axis: 1 },
  },
  { node: "TopK@24", inputs: [[3, 6], whole(2)], outputs: 2 },
];

describe("a node computes in operator set 20 what it did in its own:", () => {
  const title = ({ node, attributes: given = {}, inputs }: Case, i: number): string =>
    `${i}. ${node} of ${inputs.length} ${Object.keys(given)}`;
  test.each(CASES.map((c, i) => [title(c, i), c] as const))("%s", async (_, c) => {
    const { model, feeds } = modelOf(c);
    const expected = await run(model, feeds);
    const upgraded = upgradeModel(model);
    expect(upgraded.opsets).toEqual({ "": 20 });
    expect(upgraded.graph.nodes.map(strayAttribute)).toEqual(upgraded.graph.nodes.map(() => undefined));
    if (c.becomes) expect(operatorsOf(upgraded.graph.nodes)).toEqual(c.becomes);
    for (const source of [upgraded, upgraded.graph]) {
      const got = await run(source, feeds);
      for (const [name, { type, shape, data }] of Object.entries(expected)) {
        expect([got[name].type, got[name].shape]).toEqual([type, shape]);
        expect(sameNumbers(got[name].data, data, 2e-6), `${name}: ${got[name].data}, not ${data}`).toBe(true);
      }
    }
  });
});

/** What ONNX Runtime has no kernels of: cases with numbers by hand. */
const BY_HAND: readonly (Case & { readonly expected: readonly number[] })[] = [
  {
    node: "Clip@10",
    inputs: [tensor("float64", [3], Float64Array.of(-1, 0.5, 2))],
    attributes: { min: float(0), max: float(1) },
    expected: [0, 0.5, 1],
  },
  {
    node: "Add@6",
    inputs: [float32([1, 2, 3, 4, 5, 6], [2, 3]), numbers(10, 20)],
    attributes: { broadcast: 1, axis: 0 },
    expected: [11, 12, 13, 24, 25, 26],
  },
  {
    node: "Mul@6",
    inputs: [float32([1, 2, 3, 4, 5, 6], [2, 3]), numbers(1, 10, 100)],
    attributes: { broadcast: 1 },
    expected: [1, 20, 300, 4, 50, 600],
  },
  {
    node: "PRelu@6",
    inputs: [float32([-1, -2, -3, -4], [1, 2, 1, 2]), numbers(0.5, 0.1)],
    expected: [-0.5, -1, -0.3, -0.4],
  },
  {
    node: "Gemm@6",
    inputs: [float32([1, 2], [1, 2]), float32([1, 0, 0, 1], [2, 2]), numbers(10, 20)],
    attributes: { broadcast: 1 },
    expected: [11, 22],
  },
  { node: "Cast@1", inputs: [float32([1.5, -2], [2])], attributes: { to: "INT32" }, expected: [1, -2] },
  { node: "Relu@1", inputs: [float32([1.5, -2], [2])], attributes: { consumed_inputs: [0] }, expected: [1.5, 0] },
  { node: "Concat@1", inputs: [float32([1, 2], [2, 1]), float32([3, 4], [2, 1])], expected: [1, 3, 2, 4] },
  { node: "Reshape@1", inputs: [float32([1, 2, 3, 4], [4])], attributes: { shape: [2, -1] }, expected: [1, 2, 3, 4] },
  { node: "Pad@1", inputs: [float32([1, 2], [2])], attributes: { paddings: [1, 1] }, expected: [0, 1, 2, 0] },
  {
    node: "Tile@1",
    inputs: [float32([1, 2], [1, 2]), { constant: int64([2], []) }, { constant: int64([1], []) }],
    expected: [1, 2, 1, 2],
  },
  {
    node: "Upsample@1",
    inputs: [float32([1, 2], [1, 1, 1, 2])],
    attributes: { height_scale: float(2), width_scale: float(2) },
    expected: [1, 1, 2, 2, 1, 1, 2, 2],
  },
  {
    node: "Split@1",
    inputs: [float32([1, 2, 3], [3]), whole(1, 2)],
    outputs: 2,
    expected: [1],
  },
  // 1.0507 and 1.0507 · 1.6732 · (e⁻¹ − 1), the numbers of the first version
  { node: "Selu@1", inputs: [float32([1, -1], [2])], expected: [1.0507, -1.1113] },
  // x · σ(2x) of 1 and −1
  {
    node: "Swish@24",
    inputs: [float32([1, -1], [2])],
    attributes: { alpha: float(2) },
    expected: [0.880797, -0.119203],
  },
];

test.each(BY_HAND.map((c) => [c.node, c] as const))("%s is what it was, by hand", async (_, c) => {
  const { model, feeds } = modelOf(c);
  const { y0 } = await run(upgradeModel(model), feeds);
  expect(sameNumbers(y0.data, c.expected, 1e-4), `${y0.data}, not ${c.expected}`).toBe(true);
});

test.each<[Case, string]>([
  [
    { node: "BatchNormalization@9", inputs: [nchw, [3], [3], [3], [3]], outputs: 3 },
    "BatchNormalization 'node' of operator set 9 cannot be written in 20: something reads the moments that it computes.",
  ],
  [
    { node: "Resize@10", inputs: [nchw, [4]] },
    "Resize 'node' of operator set 10 cannot be written in 20: its scales are computed, and it is not known whether they make axes smaller.",
  ],
  [
    { node: "AveragePool@6", inputs: [nchw], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    "AveragePool 'node' of operator set 6 cannot be written in 20: that version does not say whether a mean counts padding.",
  ],
  [
    { node: "Attention@23", inputs: [nchw, nchw, nchw] },
    "Attention 'node' of operator set 23 cannot be written in 20: no operators of version 20 say it in a few words.",
  ],
  [
    { node: "DequantizeLinear@21", inputs: [[4], [2]], attributes: { block_size: 2 } },
    "DequantizeLinear 'node' of operator set 21 cannot be written in 20: its block_size is 2.",
  ],
  [{ node: "Gelu@13", inputs: [nchw] }, "Gelu 'node' came with operator set 20, and its model is of 13."],
  [{ node: "Upsample@11", inputs: [nchw, [4]] }, "Upsample 'node' is no operator of set 11."],
  [{ node: "Convolve@11", inputs: [nchw] }, "Convolve 'node' is no operator of ONNX."],
  [
    { node: "Relu@27", inputs: [nchw] },
    "The graph 'Relu@27' is of operator set 27; the newest that is understood is 25.",
  ],
])("%o is refused by name", (c, message) => {
  expect(() => upgradeModel(modelOf(c).model)).toThrow(new UpgradeError(message));
});

test("every version of every operator of ONNX is decided on", () => {
  const versions = Object.fromEntries(
    Object.entries(CHANGES).map(([operator, list]) => [operator, list.map((v) => (typeof v === "number" ? v : v[0]))]),
  );
  expect(versions).toEqual(schemas.versions);
});
