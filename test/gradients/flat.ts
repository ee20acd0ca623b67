/** Cases of operators that change in jumps only, or at random. */

import { float } from "../../src/graph/attributes.js";
import type { GraphBuilder } from "../../src/graph/builder.js";
import { codeOf, float32, tensor } from "../../src/graph/tensor.js";
import { COMPOSITE, type DataType } from "../../src/graph/types.js";
import { asFloat, type Case, logical, unary } from "./case.js";

/** What an operator makes of a float input, as floats. */
const flat = (operator: string, make: (g: GraphBuilder, x: string) => string): Case => ({
  ...unary(operator),
  build: (g, x) => asFloat(g, make(g, x)),
});

/** Something that is drawn again each time, of which only is seen that it is a number. */
const drawn = (operator: string, make: (g: GraphBuilder, x: string) => string): Case =>
  flat(operator, (g, x) => g.op("IsNaN", [make(g, x)]));

const as = (g: GraphBuilder, x: string, type: DataType): string => g.op("Cast", [x], { to: codeOf(type) });

/** An operator on bytes, which are the tenfold of the input. */
const onBytes = (operator: string, more: (g: GraphBuilder, bytes: string) => string[] = () => []): Case =>
  flat(operator, (g, x) => {
    const bytes = as(g, g.op("Mul", [x, g.scalar(10)]), "int32");
    const small = as(g, g.op("Abs", [bytes]), "uint8");
    return as(
      g,
      g.op(operator, [small, ...more(g, small)], operator === "BitShift" ? { direction: "LEFT" } : {}),
      "int32",
    );
  });

const same = (_g: GraphBuilder, bytes: string): string[] => [bytes];
const byte = (g: GraphBuilder, value: number, type: "uint8" | "int8" = "uint8"): string =>
  g.constant(type === "uint8" ? tensor(type, [], Uint8Array.of(value)) : tensor(type, [], Int8Array.of(value)));

/** The parts of a quantised product: x as 8-bit numbers with their scale and zero. */
const quantized = (g: GraphBuilder, x: string): string[] => [
  g.op("QuantizeLinear", [x, g.scalar(0.1), byte(g, 10)]),
  g.scalar(0.1),
  byte(g, 10),
];

export const FLAT: Readonly<Record<string, Case>> = {
  Bernoulli: drawn("Bernoulli", (g, x) => g.op("Bernoulli", [g.op("Sigmoid", [x])])),
  BitShift: onBytes("BitShift", same),
  BitwiseAnd: onBytes("BitwiseAnd", same),
  BitwiseNot: onBytes("BitwiseNot"),
  BitwiseOr: onBytes("BitwiseOr", same),
  BitwiseXor: onBytes("BitwiseXor", same),
  ConstantOfShape: flat("ConstantOfShape", (g, x) => g.op("ConstantOfShape", [g.op("Shape", [x])])),
  ConvInteger: {
    shapes: [[1, 1, 3, 3]],
    build: (g, x) => {
      const [image] = quantized(g, x);
      const [filter] = quantized(g, g.constant(float32([0.1, 0.5], [1, 1, 1, 2])));
      return asFloat(g, g.op("ConvInteger", [image, filter, byte(g, 10)]));
    },
  },
  DynamicQuantizeLinear: flat("DynamicQuantizeLinear", (g, x) =>
    g.op("Greater", [as(g, g.ops("DynamicQuantizeLinear", [x], 3)[0], "int32"), as(g, g.scalar(-1), "int32")]),
  ),
  EyeLike: unary("EyeLike"),
  Hardmax: unary("Hardmax"),
  IsInf: flat("IsInf", (g, x) => g.op("IsInf", [x])),
  IsNaN: flat("IsNaN", (g, x) => g.op("IsNaN", [x])),
  MatMulInteger: flat("MatMulInteger", (g, x) => {
    const [a] = quantized(g, x);
    return g.op("MatMulInteger", [a, g.op("Transpose", [a])]);
  }),
  Multinomial: drawn("Multinomial", (g, x) => asFloat(g, g.op("Multinomial", [x], { sample_size: 3 }))),
  "bellpepper.Normal": {
    shapes: [[3, 2, 2, 2]],
    build: (g, x) => g.op("Normal", [x, g.constant(tensor("int32", [], Int32Array.of(7)))], { stream: 0 }, COMPOSITE),
  },
  NonMaxSuppression: {
    shapes: [[1, 3, 4]],
    build: (g, x) => {
      const scores = g.op("ReduceSum", [x, g.ints(2)], { keepdims: 0 });
      const chosen = g.op("NonMaxSuppression", [x, g.op("Unsqueeze", [scores, g.ints(1)]), g.ints(1)]);
      return g.op("Reshape", [asFloat(g, chosen), g.ints(3)]);
    },
  },
  NonZero: { ...flat("NonZero", (g, x) => g.op("Reshape", [g.op("NonZero", [x]), g.ints(2, 15)])) },
  QLinearConv: {
    shapes: [[1, 1, 3, 3]],
    build: (g, x) => {
      const filter = quantized(g, g.constant(float32([0.1, 0.5], [1, 1, 1, 2])));
      const y = g.op("QLinearConv", [...quantized(g, x), ...filter, g.scalar(0.2), byte(g, 0)]);
      return asFloat(g, as(g, y, "int32"));
    },
  },
  QLinearMatMul: flat("QLinearMatMul", (g, x) => {
    const [a, scale, zero] = quantized(g, x);
    const parts = [a, scale, zero, g.op("Transpose", [a]), scale, zero];
    return as(g, g.op("QLinearMatMul", [...parts, g.scalar(0.2), zero]), "int32");
  }),
  QuantizeLinear: flat("QuantizeLinear", (g, x) => as(g, quantized(g, x)[0], "int32")),
  RandomNormalLike: drawn("RandomNormalLike", (g, x) => g.op("RandomNormalLike", [x], { scale: float(2) })),
  RandomUniformLike: drawn("RandomUniformLike", (g, x) => g.op("RandomUniformLike", [x])),
  Size: flat("Size", (g, x) => g.op("Size", [x])),
  Xor: logical("Xor"),
};
