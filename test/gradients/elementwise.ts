/** Cases of the operators that work element by element. */

import { float } from "../../src/graph/attributes.js";
import { tensor } from "../../src/graph/tensor.js";
import { asFloat, binary, type Case, comparison, logical, unary, withAttributes } from "./case.js";

export const ELEMENTWISE: Readonly<Record<string, Case>> = {
  Abs: unary("Abs"),
  Add: binary("Add"),
  And: logical("And"),
  Cast: { ...unary("Cast"), build: (g, x) => asFloat(g, g.op("Exp", [g.op("Cast", [x], { to: 11 })])) },
  Ceil: unary("Ceil"),
  Clip: { ...unary("Clip"), build: (g, x) => g.op("Clip", [x, g.scalar(-0.2), g.scalar(0.15)]) },
  Div: binary("Div", 2),
  Elu: { ...unary("Elu"), build: (g, x) => g.op("Elu", [x], { alpha: float(0.7) }) },
  Equal: comparison("Equal"),
  Erf: unary("Erf"),
  Exp: unary("Exp"),
  Floor: unary("Floor"),
  Greater: comparison("Greater"),
  GreaterOrEqual: comparison("GreaterOrEqual"),
  Identity: unary("Identity"),
  LeakyRelu: { ...unary("LeakyRelu"), build: (g, x) => g.op("LeakyRelu", [x], { alpha: float(0.1) }) },
  Less: comparison("Less"),
  LessOrEqual: comparison("LessOrEqual"),
  Log: unary("Log", 1.5),
  LogSoftmax: { ...unary("LogSoftmax"), build: (g, x) => g.op("LogSoftmax", [x], { axis: 0 }) },
  Max: {
    shapes: [[2, 3], [3], [2, 1]],
    build: (g, a, b, c) => g.op("Max", [a, b, c]),
  },
  Min: binary("Min"),
  Mul: binary("Mul"),
  Neg: unary("Neg"),
  Not: logical("Not"),
  Or: logical("Or"),
  Pow: { ...binary("Pow", 1.5), shapes: [[2, 1, 3], [3]] },
  Reciprocal: unary("Reciprocal", 2),
  Relu: unary("Relu"),
  Round: unary("Round"),
  Sigmoid: unary("Sigmoid"),
  Sign: unary("Sign"),
  Softmax: { ...unary("Softmax"), build: (g, x) => g.op("Softmax", [x], { axis: 1 }) },
  Softplus: unary("Softplus"),
  Sqrt: unary("Sqrt", 2),
  Sub: binary("Sub"),
  Sum: { shapes: [[2, 3], [3], [2, 1]], build: (g, a, b, c) => g.op("Sum", [a, b, c]) },
  Tanh: unary("Tanh"),
  Where: {
    shapes: [[2, 3], [3], [2, 1]],
    build: (g, a, b, c) => g.op("Where", [g.op("Greater", [a, g.scalar(0)]), b, c]),
  },

  Acos: { ...unary("Acos"), shapes: [[3, 4]] },
  Acosh: unary("Acosh", 2),
  Asin: { ...unary("Asin"), shapes: [[3, 4]] },
  Asinh: unary("Asinh"),
  Atan: unary("Atan"),
  Atanh: { ...unary("Atanh"), shapes: [[3, 4]] },
  Celu: withAttributes("Celu", { alpha: float(0.7) }),
  "Clip, limits": {
    shapes: [[3, 5], [], []],
    build: (g, x, a, b) => g.op("Clip", [x, g.op("Sub", [a, g.scalar(0.3)]), g.op("Add", [b, g.scalar(0.3)])]),
  },
  Cos: unary("Cos"),
  Cosh: unary("Cosh"),
  Gelu: unary("Gelu"),
  "Gelu, by a tanh": withAttributes("Gelu", { approximate: "tanh" }),
  HardSigmoid: withAttributes("HardSigmoid", { alpha: float(2), beta: float(0.5) }, [4, 5]),
  "HardSigmoid, defaults": unary("HardSigmoid"),
  HardSwish: unary("HardSwish", 3),
  "HardSwish, below": unary("HardSwish", -3),
  Mean: { shapes: [[2, 3], [3], [2, 1]], build: (g, a, b, c) => g.op("Mean", [a, b, c]) },
  "Min, three": { shapes: [[2, 3], [3], [2, 1]], build: (g, a, b, c) => g.op("Min", [a, b, c]) },
  Mish: unary("Mish"),
  Mod: {
    shapes: [
      [2, 1, 3],
      [4, 1],
    ],
    build: (g, a, b) => g.op("Mod", [g.op("Mul", [a, g.scalar(5)]), g.op("Add", [b, g.scalar(2)])], { fmod: 1 }),
  },
  PRelu: {
    shapes: [
      [2, 3, 2, 2],
      [3, 1, 1],
    ],
    build: (g, x, slope) => g.op("PRelu", [x, slope]),
  },
  "Pow, a whole exponent": { ...unary("Pow", 2), build: (g, x) => g.op("Pow", [x, g.ints(3)]) },
  Selu: unary("Selu"),
  Shrink: withAttributes("Shrink", { lambd: float(0.2), bias: float(0.1) }),
  Sin: unary("Sin"),
  Sinh: unary("Sinh"),
  Softsign: unary("Softsign"),
  Tan: unary("Tan"),
  ThresholdedRelu: withAttributes("ThresholdedRelu", { alpha: float(0.15) }),

  CastLike: {
    ...unary("CastLike"),
    build: (g, x) => {
      const double = g.op("Cast", [x], { to: 11 });
      return g.op("CastLike", [g.op("Exp", [g.op("CastLike", [x, double])]), x]);
    },
  },
  DequantizeLinear: {
    shapes: [[3]],
    build: (g, scale) => {
      const x = g.constant(tensor("uint8", [2, 3], Uint8Array.of(1, 200, 3, 4, 50, 6)));
      const zero = g.constant(tensor("uint8", [3], Uint8Array.of(5, 100, 0)));
      return g.op("DequantizeLinear", [x, scale, zero], { axis: 1 });
    },
  },
};
