/** Graphs of one operator with random inputs and attributes, run by ONNX Runtime: none may take the process down. */

import type { Values } from "../../engine/engine.js";
import { nodeEngine } from "../../engine/node.js";
import { GraphBuilder } from "../../graph/builder.js";
import { ALONG_AN_AXIS, ELEMENTWISE, REDUCTIONS } from "../../graph/operator-families.js";
import { tensor } from "../../graph/tensor.js";
import type { Attribute, Tensor } from "../../graph/types.js";
import type { Stream } from "../../random/stream.js";
import { oneOf, type Target } from "../target.js";

const OPERATORS: readonly string[] = [
  ...Object.keys(ELEMENTWISE),
  ...REDUCTIONS,
  ...ALONG_AN_AXIS,
  ...["Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpPool", "MaxUnpool"],
  ...["Gemm", "MatMul", "Einsum", "Split", "Split", "Slice", "Pad", "Concat", "Reshape", "Transpose", "Expand", "Tile"],
  ...[
    "Gather",
    "GatherElements",
    "GatherND",
    "ScatterElements",
    "ScatterND",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Resize",
  ],
  ...["OneHot", "TopK", "CumSum", "ArgMax", "ArgMin", "NonZero", "Range", "ConstantOfShape", "EyeLike", "Trilu"],
  ...["BatchNormalization", "InstanceNormalization", "LayerNormalization", "LRN", "Dropout", "DepthToSpace"],
  ...["SpaceToDepth", "GridSample", "AffineGrid", "Col2Im", "RoiAlign", "MaxRoiPool", "NonMaxSuppression", "Compress"],
  ...["ReverseSequence", "Unique", "LSTM", "GRU", "RNN", "CenterCropPad", "QuantizeLinear", "DFT", "Shape", "Size"],
];

const WHOLE = [0, 1, 2, 3, -1, -2, 4, 64, 1e9, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53];
const LISTS = [
  "axes",
  "kernel_shape",
  "strides",
  "pads",
  "dilations",
  "perm",
  "output_shape",
  "output_padding",
  "shape",
];
const NUMBERS = [
  ...[
    "axis",
    "num_outputs",
    "group",
    "keepdims",
    "to",
    "ceil_mode",
    "p",
    "blocksize",
    "batch_dims",
    "size",
    "transA",
    "k",
  ],
  ...["hidden_size", "align_corners", "output_height", "sampling_ratio", "noop_with_empty_axes", "allowzero", "upper"],
];
const FLOATS = ["alpha", "beta", "epsilon", "spatial_scale", "bias"];
const TEXTS = [
  "constant",
  "reflect",
  "wrap",
  "linear",
  "nearest",
  "cubic",
  "SAME_UPPER",
  "add",
  "ij,jk->ik",
  "...i->",
  "",
];
const TEXT_NAMES = ["mode", "auto_pad", "equation", "reduction", "direction"];

function randomAttributes(random: Stream, operator: string): Record<string, Attribute> {
  const whole = (): number => oneOf(random, WHOLE);
  const list = (): Attribute => ({ type: "ints", value: Array.from({ length: random.integer(0, 6) }, whole) });
  const given: Record<string, Attribute> = {};
  for (let left = random.integer(0, 4); left > 0; left--) {
    const kind = random.integer(0, 3);
    if (kind === 0) given[oneOf(random, LISTS)] = list();
    else if (kind === 1) given[oneOf(random, NUMBERS)] = { type: "int", value: whole() };
    else if (kind === 2)
      given[oneOf(random, FLOATS)] = { type: "float", value: oneOf(random, [0, 1, -1, 1e30, Number.NaN]) };
    else given[oneOf(random, TEXT_NAMES)] = { type: "string", value: oneOf(random, TEXTS) };
  }
  if (/Pool|Conv/.test(operator))
    given.kernel_shape = { type: "ints", value: [oneOf(random, WHOLE), random.integer(1, 3)] };
  if (operator === "Split" && random.uniform() < 0.7) given.num_outputs = { type: "int", value: whole() };
  return given;
}

function randomTensor(random: Stream, shape: readonly number[]): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const whole = (): number => (random.uniform() < 0.8 ? random.integer(-3, 6) : oneOf(random, WHOLE));
  const kind = random.integer(0, 9);
  if (kind < 6)
    return tensor(
      "float32",
      shape,
      Float32Array.from({ length: count }, () => random.normal()),
    );
  if (kind < 8)
    return tensor(
      "int64",
      shape,
      BigInt64Array.from({ length: count }, () => BigInt(whole())),
    );
  if (kind === 8) return tensor("int32", shape, Int32Array.from({ length: count }, whole));
  return tensor(
    "bool",
    shape,
    Uint8Array.from({ length: count }, () => random.integer(0, 1)),
  );
}

/** Single operators. */
export const operators: Target = {
  about: "graphs of one operator with random inputs and attributes: loaded and run",
  seconds: 20,
  async run(random) {
    const randomShape = (): number[] =>
      Array.from({ length: random.integer(0, 5) }, () => oneOf(random, [0, 1, 1, 2, 2, 3, 4, 5, 8]));
    const operator = oneOf(random, OPERATORS);
    const g = new GraphBuilder(operator);
    const base = randomShape();
    const feeds: Record<string, Tensor> = {};
    const inputs = Array.from({ length: random.integer(0, 5) }, (_, k) => {
      const value = randomTensor(random, random.uniform() < 0.5 ? base : randomShape());
      const kind = random.uniform();
      if (kind < 0.1) return "";
      if (kind > 0.5) return g.constant(value);
      feeds[`x${k}`] = value;
      return g.input(`x${k}`, value.type, kind < 0.2 ? value.shape.map((_, axis) => `d${k}${axis}`) : value.shape);
    });
    const outputs = g.ops(operator, inputs, random.integer(1, 3), randomAttributes(random, operator));
    for (const [i, output] of outputs.entries()) g.output(`y${i}`, output);
    const program = await nodeEngine({ threads: 1 }).load(g.build());
    try {
      await program.run(feeds satisfies Values);
    } finally {
      await program.close();
    }
  },
};
