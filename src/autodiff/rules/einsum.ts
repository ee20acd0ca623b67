/** The rule of Einsum. */

import { stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { readEinsum } from "../../graph/einsum.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import { type Rule, reduceTo } from "../rule.js";

/**
 * y = Σ of products over all letters that are not in the result. The gradient to an operand is the same sum with dy in its place, and the
 * operand's letters as the result: "ij,jk->ik" gives dA as "ik,jk->ij". Over a letter that nothing else has, it stays the same.
 */
export const einsum: Rule = ({ g, node, dy, wants }) => {
  const ranks = node.inputs.map((input) => g.shape(input).length);
  const { operands, result } = readEinsum(stringOf(node, "equation", ""), ranks);
  return node.inputs.map((input, i) => {
    if (!wants(i)) return undefined;
    const own = [...new Set(operands[i])];
    const letters = [result, ...operands.filter((_, k) => k !== i)];
    const found = own.filter((letter) => letters.some((others) => others.includes(letter)));
    const equation = `${letters.map((others) => others.join("")).join()}->${found.join("")}`;
    const sum = g.op("Einsum", [dy, ...node.inputs.filter((_, k) => k !== i)], { equation });
    return spread(g, sum, found, operands[i], g.shape(input));
  });
};

/** A value with some of an operand's letters as that operand: the same along the others, and on the diagonal only of a letter it has twice. */
function spread(
  g: GraphBuilder,
  value: string,
  letters: readonly string[],
  wanted: readonly string[],
  shape: readonly number[],
): string {
  const sizes = g.shape(value);
  const first = (axis: number): boolean => wanted.indexOf(wanted[axis]) === axis;
  const places = wanted.map((letter, axis) =>
    first(axis) && letters.includes(letter) ? sizes[letters.indexOf(letter)] : 1,
  );
  const placed = g.op("Reshape", [value, g.ints(...places)]);
  // A size of 1 that was broadcast gets the sum.
  const summed = reduceTo(
    g,
    placed,
    shape.map((size, axis) => (size === 1 ? 1 : places[axis])),
  );
  const whole = g.op("Expand", [summed, g.ints(...shape)]);
  if (wanted.every((_, axis) => first(axis))) return whole;
  const diagonal = Float32Array.from({ length: elementCount(shape) }, (_, k) => {
    const index = shape.map((size, axis) => Math.floor(k / elementCount(shape.slice(axis + 1))) % size);
    return index.every((at, axis) => at === index[wanted.indexOf(wanted[axis])]) ? 1 : 0;
  });
  return g.op("Mul", [whole, g.constant(float32(diagonal, shape))]);
}
