import { float } from "../../src/graph/attributes.js";
import { float32, int64, tensor } from "../../src/graph/tensor.js";
import { type Case, numbers, whole } from "./case.js";

/** What ONNX Runtime has no kernels of: cases with numbers by hand. */
export const BY_HAND: readonly (Case & { readonly expected: readonly number[] })[] = [
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
  {
    node: "Dropout@1",
    inputs: [float32([1, -2], [2])],
    attributes: { is_test: 1, consumed_inputs: [0] },
    expected: [1, -2],
  },
  { node: "Dropout@6", inputs: [float32([1, -2], [2])], attributes: { is_test: 1 }, expected: [1, -2] },
  {
    node: "BatchNormalization@6",
    inputs: [float32([1, 2], [1, 2]), numbers(2, 2), numbers(1, 0), numbers(0, 1), numbers(1, 4)],
    attributes: { is_test: 1, epsilon: float(0) },
    // 2·1 + 1 and 2·(2 − 1)/2
    expected: [3, 1],
  },
  {
    node: "BatchNormalization@1",
    inputs: [float32([1, 2], [1, 2]), numbers(2, 2), numbers(1, 0), numbers(0, 1), numbers(1, 4)],
    attributes: { is_test: 1, epsilon: float(0), consumed_inputs: [0, 0, 0, 1, 1] },
    expected: [3, 1],
  },
  // √(3² + 4²)
  { node: "GlobalLpPool@1", inputs: [float32([3, 4], [1, 1, 2])], attributes: { p: float(2) }, expected: [5] },
  {
    node: "LpPool@1",
    inputs: [float32([3, 4], [1, 1, 2])],
    attributes: { p: float(2), kernel_shape: [2] },
    expected: [5],
  },
  { node: "AveragePool@6", inputs: [float32([3, 4], [1, 1, 2])], attributes: { kernel_shape: [2] }, expected: [3.5] },
  {
    node: "CastLike@24",
    inputs: [float32([1.5], [1]), int64([0])],
    attributes: { round_mode: "up" },
    expected: [1],
  },
  // Weights of 0: h = tanh(0) = 0, or of a bias of 1 for the input alone: h = tanh(1)
  ...["RNN@1", "RNN@6"].map((node) => ({
    node: node as Case["node"],
    inputs: [float32([7], [1, 1, 1]), float32([0], [1, 1, 1]), float32([0], [1, 1, 1]), float32([1, 0], [1, 2])],
    attributes: { hidden_size: 1, output_sequence: 1 },
    expected: [0.761594],
  })),
  // z = σ(0) = ½, candidate tanh(1): h = ½·tanh(1)
  {
    node: "GRU@1",
    inputs: [
      float32([7], [1, 1, 1]),
      float32([0, 0, 0], [1, 3, 1]),
      float32([0, 0, 0], [1, 3, 1]),
      float32([0, 0, 1, 0, 0, 0], [1, 6]),
    ],
    attributes: { hidden_size: 1, output_sequence: 1, direction: "foward" },
    expected: [0.380797],
  },
  // i = o = f = σ(0) = ½, cell ½·tanh(1): h = ½·tanh(½·tanh(1))
  {
    node: "LSTM@1",
    inputs: [
      float32([7], [1, 1, 1]),
      float32([0, 0, 0, 0], [1, 4, 1]),
      float32([0, 0, 0, 0], [1, 4, 1]),
      float32([0, 0, 0, 1, 0, 0, 0, 0], [1, 8]),
    ],
    attributes: { hidden_size: 1, output_sequence: 1 },
    expected: [0.181697],
  },
  ...["And", "Or", "Xor"].map((operator, i) => ({
    node: `${operator}@1` as Case["node"],
    inputs: [tensor("bool", [2, 2], Uint8Array.of(0, 0, 1, 1)), tensor("bool", [2], Uint8Array.of(0, 1))],
    attributes: { broadcast: 1, axis: 1 },
    expected: [
      [0, 0, 0, 1],
      [0, 1, 1, 1],
      [0, 1, 1, 0],
    ][i],
  })),
  ...["Sub", "Div", "Pow", "Less", "Greater", "Equal"].map((operator, i) => ({
    node: `${operator}@6` as Case["node"],
    inputs: [
      operator === "Equal" ? int64([1, 4, 2, 2], [2, 2]) : float32([1, 4, 2, 2], [2, 2]),
      operator === "Equal" ? int64([1, 2]) : numbers(1, 2),
    ],
    attributes: { broadcast: 1, axis: 0 },
    expected: [
      [0, 3, 0, 0],
      [1, 4, 1, 1],
      [1, 4, 4, 4],
      [0, 0, 0, 0],
      [0, 1, 0, 0],
      [1, 0, 1, 1],
    ][i],
  })),
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
