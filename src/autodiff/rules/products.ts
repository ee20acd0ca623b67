/** Rules of the operators that multiply matrices. */

import { float, floatOf, intOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { float32, int64 } from "../../graph/tensor.js";
import { byDefinition, type Rule, reduceTo } from "../rule.js";

/** The last two axes swapped. */
function swapped(g: GraphBuilder, x: string): string {
  const axes = g.shape(x).map((_, axis) => axis);
  return g.op("Transpose", [x], { perm: [...axes.slice(0, -2), axes.length - 1, axes.length - 2] });
}

/** A vector as the row on the left, or the column on the right, that it counts as. */
const matMulOfVectors = byDefinition((g, { inputs: [a, b], outputs: [y] }) => {
  const matrix = (value: string, axis: number): string =>
    g.shape(value).length === 1 ? g.op("Unsqueeze", [value, g.ints(axis)]) : value;
  return [g.op("Reshape", [g.op("MatMul", [matrix(a, 0), matrix(b, 1)]), g.ints(...g.shape(y))])];
});

/** Y = A·B: dA = dY·Bᵀ, dB = Aᵀ·dY */
export const matMul: Rule = (c) => {
  const { g, node, dy, wants } = c;
  const [a, b] = node.inputs;
  if (g.shape(a).length < 2 || g.shape(b).length < 2) return matMulOfVectors(c);
  return [
    wants(0) ? reduceTo(g, g.op("MatMul", [dy, swapped(g, b)]), g.shape(a)) : undefined,
    wants(1) ? reduceTo(g, g.op("MatMul", [swapped(g, a), dy]), g.shape(b)) : undefined,
  ];
};

/** Y = α·A′·B′ + β·C, where A′ is A or its transpose: dA′ = α·dY·B′ᵀ, dB′ = α·A′ᵀ·dY, dC = β·dY */
export const gemm: Rule = ({ g, node, dy, wants }) => {
  const [a, b, c] = node.inputs;
  const [transA, transB] = [intOf(node, "transA", 0), intOf(node, "transB", 0)];
  const alpha = float(floatOf(node, "alpha", 1));
  const beta = floatOf(node, "beta", 1);
  const product = (left: string, right: string, transLeft: number, transRight: number): string =>
    g.op("Gemm", [left, right], { alpha, transA: transLeft, transB: transRight });
  const da = transA ? () => product(b, dy, transB, 1) : () => product(dy, b, 0, 1 - transB);
  const db = transB ? () => product(dy, a, 1, transA) : () => product(a, dy, 1 - transA, 0);
  const dc = (): string => reduceTo(g, beta === 1 ? dy : g.op("Mul", [dy, g.scalar(beta)]), g.shape(c));
  return [wants(0) ? da() : undefined, wants(1) ? db() : undefined, c && wants(2) ? dc() : undefined];
};

/** y = det X: dX[i, j] = dy times its cofactor, (−1)^(i + j) times the determinant of X without row i and column j. */
export const determinant: Rule = ({ g, node, dy }) => {
  const [x] = node.inputs;
  const shape = g.shape(x);
  const lead = shape.slice(0, -2);
  const size = shape[shape.length - 1];
  const spread = g.op("Reshape", [dy, g.ints(...lead, 1, 1)]);
  if (size === 1) return [spread];
  const others = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size - 1 }, (_, k) => (k < i ? k : k + 1)),
  );
  const rows = g.op("Gather", [x, g.constant(int64(others.flat(), [size, size - 1]))], { axis: lead.length });
  const minors = g.op("Gather", [rows, g.constant(int64(others.flat(), [size, size - 1]))], { axis: lead.length + 2 });
  const axes = lead.map((_, axis) => axis);
  const [i, k, j, l] = [0, 1, 2, 3].map((axis) => lead.length + axis);
  const matrices = g.op("Transpose", [minors], { perm: [...axes, i, j, k, l] });
  const signs = float32(
    Array.from({ length: size ** 2 }, (_, n) => ((Math.floor(n / size) + (n % size)) % 2 === 0 ? 1 : -1)),
    [size, size],
  );
  return [g.op("Mul", [spread, g.op("Mul", [g.op("Det", [matrices]), g.constant(signs)])])];
};
