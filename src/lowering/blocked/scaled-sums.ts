/**
 * a·x + y and a·x − y, of which the rules of solvers are made, in one pass over the memory in the place of two: as a convolution that takes each of b
 * channels by itself, times a, and adds its result to y where y lies.
 */

import { isStatic } from "../../graph/dimension.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import type { Layouts } from "../layouts.js";
import type { Blocks } from "./blocks.js";

/** Of fewer numbers, which stay in the cache, two passes are as fast. */
const LEAST = 2 ** 15;

/** So many rows are work for all threads. */
const ROWS = 64;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** The value and the number that are multiplied, where a value is such a product. */
function factorsOf({ g }: Blocks, value: string): { readonly x: string; readonly factor: number } | undefined {
  const maker = g.nodes.findLast(({ outputs }) => outputs.includes(value));
  if (maker?.operator !== "Mul" || maker.domain !== "") return undefined;
  const [x, number] = maker.inputs;
  const constant = g.constantValue(number);
  return constant?.data.length === 1 ? { x, factor: Number(constant.data[0]) } : undefined;
}

/**
 * Writes such a sum, where a is a constant and nothing else reads y and the product.
 *
 * @returns whether it did
 */
export function writeScaledSum(layouts: Layouts, node: Node, readOnce: ReadonlySet<string>): boolean {
  const { blocks: b } = layouts;
  const { block, g } = b;
  const isSum = node.operator === "Add";
  if (block === 1 || node.domain !== "" || !(isSum || node.operator === "Sub")) return false;
  if (!node.inputs.every((input) => readOnce.has(input) && layouts.has(input, "batch-first"))) return false;
  const [first, second] = node.inputs.map((input) => layouts.get(input, "batch-first"));
  const [{ type, shape }, other] = [g.type(first), g.type(second)];
  if (type !== "float32" || !shape || !isStatic(shape) || shape.join() !== other.shape?.join()) return false;
  const count = elementCount(shape);
  if (count < LEAST || count % block > 0) return false;
  const [ofFirst, ofSecond] = [factorsOf(b, first), isSum ? factorsOf(b, second) : undefined];
  const [product, y] = ofFirst ? [ofFirst, second] : [ofSecond, first];
  if (!product) return false;
  const rows = greatestDivisor(count / block, ROWS);
  const image = [1, block, rows, count / (block * rows)];
  const factor = isSum ? product.factor : -product.factor;
  const filters = g.constant(float32(Array<number>(block).fill(factor), [block, 1, 1, 1]));
  const inputs = [b.reshape(product.x, image), filters, "", b.reshape(y, image)];
  const sum = b.reshape(b.conv(inputs, { kernel_shape: [1, 1], group: block }), shape);
  layouts.set(node.outputs[0], "batch-first", isSum ? sum : g.op("Neg", [sum]));
  return true;
}
