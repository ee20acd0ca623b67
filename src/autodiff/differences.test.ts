/** The gradient of each operator against central differences of its own values, on each device. */

import { expect, test } from "vitest";
import { describeDevices, difference, runOn } from "../../test/devices.js";
import type { Values } from "../engine/engine.js";
import { float } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32, tensor } from "../graph/tensor.js";
import { COMPOSITE } from "../graph/types.js";
import { permutation, stream } from "../random/stream.js";
import { gradients } from "./differentiate.js";
import { type Differentiable, RULES } from "./rules.js";

/**
 * Half the distance of the two values: a power of two, so that x ± STEP is hardly rounded. The formula's own error is of the
 * order STEP²·y‴/6 ≈ 4·10⁻⁵ y‴; rounding y to float32 (6·10⁻⁸) adds about 6·10⁻⁸ y/STEP ≈ 4·10⁻⁶ y. A wrong gradient is off by
 * about its own size.
 */
const STEP = 2 ** -6;
const TOLERANCE = 2e-3;

/** Inputs differ from each other by 0.05 at least, and from 0, ±½ and ±1 by half of that: no step crosses a kink or a tie. */
const SPACING = 0.05;

interface Case {
  readonly shapes: readonly (readonly number[])[];
  /** added to every number of every input; 0 unless said otherwise */
  readonly offset?: number;
  readonly build: (g: GraphBuilder, ...inputs: string[]) => string;
}

/** An operator of one float input, with nothing but attributes. */
const unary = (operator: string, offset = 0): Case => ({
  shapes: [[3, 5]],
  offset,
  build: (g, x) => g.op(operator, [x]),
});

/** An operator of two broadcast inputs. */
const binary = (operator: string, offset = 0): Case => ({
  shapes: [
    [2, 1, 3],
    [4, 1],
  ],
  offset,
  build: (g, a, b) => g.op(operator, [a, b]),
});

const asFloat = (g: GraphBuilder, value: string): string => g.op("Cast", [value], { to: 1 });

/** A comparison of two inputs as 0 or 1. */
const comparison = (operator: string): Case => ({
  ...binary(operator),
  build: (g, a, b) => asFloat(g, g.op(operator, [a, b])),
});

/** A logical operator on the signs of two inputs, as 0 or 1. */
const logical = (operator: string): Case => ({
  ...binary(operator),
  build: (g, a, b) => {
    const signs = [a, b].map((x) => g.op("Greater", [x, g.scalar(0)]));
    return asFloat(g, operator === "Not" ? g.op("Not", [signs[0]]) : g.op(operator, signs));
  },
});

const reduction = (operator: string): Case => ({
  shapes: [[2, 3, 4]],
  build: (g, x) => g.op(operator, [x, g.ints(0, -1)], { keepdims: 0 }),
});

const pooling = (operator: string): Case => ({
  shapes: [[2, 1, 5, 4]],
  build: (g, x) => g.op(operator, [x], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1] }),
});

const reshaped = (operator: string, ...numbers: number[]): Case => ({
  shapes: [[2, 1, 3]],
  build: (g, x) => g.op(operator, [x, g.ints(...numbers)]),
});

const CASES: Readonly<Record<Differentiable, Case>> = {
  Abs: unary("Abs"),
  Add: binary("Add"),
  And: logical("And"),
  ArgMax: { ...unary("ArgMax"), build: (g, x) => asFloat(g, g.op("ArgMax", [x], { axis: 1 })) },
  ArgMin: { ...unary("ArgMin"), build: (g, x) => asFloat(g, g.op("ArgMin", [x], { axis: 0, keepdims: 0 })) },
  AveragePool: pooling("AveragePool"),
  Cast: { ...unary("Cast"), build: (g, x) => asFloat(g, g.op("Exp", [g.op("Cast", [x], { to: 11 })])) },
  Ceil: unary("Ceil"),
  Clip: { ...unary("Clip"), build: (g, x) => g.op("Clip", [x, g.scalar(-0.2), g.scalar(0.15)]) },
  Concat: {
    shapes: [
      [2, 3, 2],
      [2, 1, 2],
    ],
    build: (g, a, b) => g.op("Concat", [a, b, a], { axis: -2 }),
  },
  Conv: {
    shapes: [[2, 2, 4, 3], [2, 1, 3, 2], [2]],
    build: (g, x, f, b) => g.op("Conv", [x, f, b], { strides: [2, 1], pads: [1, 0, 1, 1], group: 2 }),
  },
  ConvTranspose: {
    shapes: [[2, 2, 3, 2], [2, 2, 2, 3], [2]],
    build: (g, x, f, b) => g.op("ConvTranspose", [x, f, b], { strides: [2, 1], pads: [1, 0, 0, 1] }),
  },
  Div: binary("Div", 2),
  Elu: { ...unary("Elu"), build: (g, x) => g.op("Elu", [x], { alpha: float(0.7) }) },
  Equal: comparison("Equal"),
  Erf: unary("Erf"),
  Exp: unary("Exp"),
  Expand: reshaped("Expand", 4, 3),
  Flatten: { ...unary("Flatten"), shapes: [[2, 3, 2]] },
  Floor: unary("Floor"),
  Gather: { shapes: [[2, 4, 3]], build: (g, x) => g.op("Gather", [x, g.ints(3, 0, 3)], { axis: 1 }) },
  Gemm: {
    shapes: [
      [3, 2],
      [4, 3],
      [2, 1],
    ],
    build: (g, a, b, c) => g.op("Gemm", [a, b, c], { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) }),
  },
  GlobalAveragePool: { ...unary("GlobalAveragePool"), shapes: [[2, 2, 2, 3]] },
  GlobalMaxPool: { ...unary("GlobalMaxPool"), shapes: [[2, 2, 2, 3]] },
  Greater: comparison("Greater"),
  GreaterOrEqual: comparison("GreaterOrEqual"),
  GridSample: {
    shapes: [
      [2, 2, 3, 4],
      [2, 2, 3, 2],
    ],
    build: (g, x, grid) => g.op("GridSample", [x, grid], { align_corners: 1 }),
  },
  Identity: unary("Identity"),
  LeakyRelu: { ...unary("LeakyRelu"), build: (g, x) => g.op("LeakyRelu", [x], { alpha: float(0.1) }) },
  Less: comparison("Less"),
  LessOrEqual: comparison("LessOrEqual"),
  Log: unary("Log", 1.5),
  LogSoftmax: { ...unary("LogSoftmax"), build: (g, x) => g.op("LogSoftmax", [x], { axis: 0 }) },
  MatMul: {
    shapes: [
      [2, 2, 3],
      [3, 2],
    ],
    build: (g, a, b) => g.op("MatMul", [a, b]),
  },
  Max: {
    shapes: [[2, 3], [3], [2, 1]],
    build: (g, a, b, c) => g.op("Max", [a, b, c]),
  },
  MaxPool: pooling("MaxPool"),
  Min: binary("Min"),
  Mul: binary("Mul"),
  Neg: unary("Neg"),
  Not: logical("Not"),
  Or: logical("Or"),
  Pad: { shapes: [[2, 3]], build: (g, x) => g.op("Pad", [x, g.ints(1, 0, 2, 1), g.scalar(0.5)]) },
  Pow: { ...binary("Pow", 1.5), shapes: [[2, 1, 3], [3]] },
  Reciprocal: unary("Reciprocal", 2),
  ReduceMax: reduction("ReduceMax"),
  ReduceMean: reduction("ReduceMean"),
  ReduceSum: reduction("ReduceSum"),
  ReduceSumSquare: reduction("ReduceSumSquare"),
  Relu: unary("Relu"),
  Reshape: reshaped("Reshape", 3, -1),
  Round: unary("Round"),
  Shape: { ...unary("Shape"), build: (g, x) => asFloat(g, g.op("Shape", [x])) },
  Sigmoid: unary("Sigmoid"),
  Sign: unary("Sign"),
  Slice: {
    shapes: [[4, 5]],
    build: (g, x) => g.op("Slice", [x, g.ints(-3, 0), g.ints(99, 4), g.ints(0, 1), g.ints(1, 3)]),
  },
  Softmax: { ...unary("Softmax"), build: (g, x) => g.op("Softmax", [x], { axis: 1 }) },
  Softplus: unary("Softplus"),
  Split: {
    shapes: [[2, 6]],
    build: (g, x) => {
      const [first, , third] = g.ops("Split", [x, g.ints(2, 2, 2)], 3, { axis: 1 });
      return g.op("Mul", [first, third]);
    },
  },
  Sqrt: unary("Sqrt", 2),
  Squeeze: reshaped("Squeeze", 1),
  Sub: binary("Sub"),
  Sum: { shapes: [[2, 3], [3], [2, 1]], build: (g, a, b, c) => g.op("Sum", [a, b, c]) },
  Tanh: unary("Tanh"),
  Transpose: { shapes: [[2, 3, 2]], build: (g, x) => g.op("Transpose", [x], { perm: [2, 0, 1] }) },
  Unsqueeze: reshaped("Unsqueeze", 0, -1),
  Where: {
    shapes: [[2, 3], [3], [2, 1]],
    build: (g, a, b, c) => g.op("Where", [g.op("Greater", [a, g.scalar(0)]), b, c]),
  },
  "bellpepper.BatchNormalization": {
    shapes: [[3, 2, 2, 2], [2], [2]],
    build: (g, ...inputs) => g.ops("BatchNormalization", inputs, 3, { epsilon: float(0.1) }, COMPOSITE)[0],
  },
  "bellpepper.Dropout": {
    shapes: [[3, 2, 2, 2]],
    build: (g, x) => {
      const seed = g.constant(tensor("int32", [], Int32Array.of(7)));
      return g.ops("Dropout", [x, seed], 2, { rate: float(0.3), stream: 0 }, COMPOSITE)[0];
    },
  },
};

/** The numbers of all inputs: different from each other, in random order. */
function inputsOf(operator: string, { shapes, offset = 0 }: Case): Float32Array[] {
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  const count = sizes.reduce((a, b) => a + b, 0);
  const order = permutation(count, stream(1, operator));
  let taken = 0;
  return sizes.map((size) => {
    const part = order.subarray(taken, taken + size);
    taken += size;
    return Float32Array.from(part, (k) => (k - Math.floor(count / 2) + 0.5) * SPACING + offset);
  });
}

test("every rule has a case", () => expect(Object.keys(CASES).sort()).toEqual(Object.keys(RULES).sort()));

describeDevices("as by differences", (device) => {
  test.each(Object.entries(CASES))("%s", async (operator, it) => {
    const inputs = inputsOf(operator, it);
    const feeds = (): Values =>
      Object.fromEntries(inputs.map((data, i) => [`x${i}`, float32(Array.from(data), it.shapes[i])]));
    const value = new GraphBuilder(operator);
    value.output("y", it.build(value, ...it.shapes.map((shape, i) => value.input(`x${i}`, "float32", shape))));
    const program = await device.engine.load(value.build());
    const random = stream(2, operator);
    const weights = Float32Array.from({ length: (await program.run(feeds())).y.data.length }, () => random.normal());
    const objective = async (): Promise<number> => {
      const { y } = await program.run(feeds());
      return weights.reduce((sum, weight, i) => sum + weight * Number(y.data[i]), 0);
    };

    const g = new GraphBuilder(`gradient of ${operator}`);
    const values = it.shapes.map((shape, i) => g.input(`x${i}`, "float32", shape));
    const y = it.build(g, ...values);
    const projected = g.op("Mul", [y, g.constant(float32(weights, g.shape(y)))]);
    for (const [x, gradient] of gradients(g, g.op("ReduceSum", [projected], { keepdims: 0 }), values)) {
      g.output(`d${x}`, gradient);
    }
    const results = await runOn(device, g.build(), feeds());

    for (const [i, data] of inputs.entries()) {
      const expected = new Float64Array(data.length);
      for (let k = 0; k < data.length; k++) {
        const x = data[k];
        data[k] = x + STEP;
        const above = await objective();
        data[k] = x - STEP;
        const below = await objective();
        data[k] = x;
        expected[k] = (above - below) / (2 * STEP);
      }
      const gradient = results[`dx${i}`];
      expect(gradient.shape).toEqual(it.shapes[i]);
      expect(difference(gradient.data, expected), `input ${i}`).toBeLessThanOrEqual(TOLERANCE);
      if (RULES[operator as Differentiable] === RULES.Floor) expect(gradient.data.every((d) => d === 0)).toBe(true);
    }
    await program.close();
  });
});
