/** Operators on the bits of whole numbers, which ONNX Runtime leaves to the processor on WebGPU, by arithmetic on numbers of 32 bits without a sign. */

import { stringOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { codeOf, tensor } from "../graph/tensor.js";
import type { DataType, Node } from "../graph/types.js";

const BITS = 32;

/** A uint32 scalar. */
const unsigned = (g: GraphBuilder, value: number): string => g.constant(tensor("uint32", [], Uint32Array.of(value)));

const cast = (g: GraphBuilder, x: string, type: DataType): string =>
  g.type(x).type === type ? x : g.op("Cast", [x], { to: codeOf(type) });

/** Whether arithmetic modulo 2³² is that of the type: its products and sums are then the same bits with a sign and without. */
const hasBits = (g: GraphBuilder, x: string): boolean => ["int32", "uint32"].includes(g.type(x).type);

/** x >>> k of a constant k: x / 2ᵏ */
export function bitShift(g: GraphBuilder, node: Node, [x, count]: readonly string[]): string | undefined {
  const k = g.constantValue(count)?.data ?? [];
  if (g.type(x).type !== "uint32" || k.length !== 1 || k[0] >= BITS) return undefined;
  const factor = unsigned(g, 2 ** Number(k[0]));
  return g.op(stringOf(node, "direction", "") === "RIGHT" ? "Div" : "Mul", [x, factor]);
}

/** a | b = a + b − (a & b) */
export function bitwiseOr(g: GraphBuilder, [a, b]: readonly string[]): string | undefined {
  return hasBits(g, a) ? g.op("Sub", [g.op("Add", [a, b]), bitwiseAnd(g, a, b)]) : undefined;
}

/** a ^ b = (a | b) − (a & b) = a + b − 2·(a & b) */
export function bitwiseXor(g: GraphBuilder, [a, b]: readonly string[]): string | undefined {
  if (!hasBits(g, a)) return undefined;
  const both = bitwiseAnd(g, a, b);
  return g.op("Sub", [g.op("Sub", [g.op("Add", [a, b]), both]), both]);
}

/** a & b = Σ 2ʲ·aⱼ·bⱼ over the bits, along an axis of their own */
function bitwiseAnd(g: GraphBuilder, a: string, b: string): string {
  const { type } = g.type(a);
  const powers = g.constant(
    tensor(
      "uint32",
      [BITS],
      Uint32Array.from({ length: BITS }, (_, j) => 2 ** j),
    ),
  );
  const [ofA, ofB] = [a, b].map((x) => bitsOf(g, x, powers));
  // sums of whole numbers with a sign alone have a kernel
  const parts = cast(g, g.op("Mul", [g.op("Mul", [ofA, ofB]), powers]), "int32");
  return cast(g, g.op("ReduceSum", [parts, g.ints(-1)], { keepdims: 0 }), type);
}

/** xⱼ = ⌊x/2ʲ⌋ mod 2, along a last axis of 32 */
function bitsOf(g: GraphBuilder, x: string, powers: string): string {
  const apart = g.op("Reshape", [cast(g, x, "uint32"), g.ints(...g.shape(x).map(Number), 1)]);
  const rest = g.op("Div", [apart, powers]);
  const two = unsigned(g, 2);
  return g.op("Sub", [rest, g.op("Mul", [g.op("Div", [rest, two]), two])]);
}
