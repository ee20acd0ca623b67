/** What is wrong with a node whatever the shapes of its inputs are. */

import { intOf } from "../attributes.js";
import { ShapeError } from "../shape-error.js";
import { type Attribute, COMPOSITE, type Node } from "../types.js";
import { subgraphs } from "../unused.js";

/** The operators that read any number of values, none of which may be left out. */
const VARIADIC: readonly string[] = ["Concat", "Max", "Mean", "Min", "Sum"];

/** Attributes whose whole numbers are 1 or more, of every operator that has them: what slides a window, cuts or joins blocks, or sums over neighbours. */
const POSITIVE = ["blocksize", "dilations", "group", "kernel_shape", "num_groups", "pooled_shape", "size", "strides"];

/** The attributes that an operator cannot do without. */
const NEEDED: Readonly<Record<string, string>> = {
  Concat: "axis",
  DepthToSpace: "blocksize",
  LRN: "size",
  MaxRoiPool: "pooled_shape",
  SpaceToDepth: "blocksize",
};

/**
 * Expects a node, and the nodes of the graphs inside it, to have the attributes that it needs, windows that move and have pixels, and not to be
 * what takes ONNX Runtime 1.30 down, with the process that it runs in: a Split that says another number of parts than it has outputs, and one
 * of several values left out.
 *
 * @throws ShapeError otherwise
 */
export function expectNode(node: Node): void {
  for (const { nodes } of subgraphs(node)) for (const inner of nodes) expectNode(inner);
  if (node.domain !== "" && node.domain !== COMPOSITE) return;
  const { operator, name, inputs, outputs } = node;
  const called = `${operator} '${name || outputs[0]}'`;
  for (const attribute of POSITIVE) {
    const numbers = wholeNumbers(node.attributes[attribute]);
    if (numbers.some((number) => number < 1)) {
      throw new ShapeError(`${called}: expected ${attribute} of at least 1, got ${numbers.join("×")}.`);
    }
  }
  if (node.domain !== "") return;
  const needed = Object.hasOwn(NEEDED, operator) ? NEEDED[operator] : undefined;
  if (needed !== undefined && !node.attributes[needed]) {
    throw new ShapeError(`${called}: the attribute ${needed} is missing.`);
  }
  if (operator === "Split") {
    const parts = intOf(node, "num_outputs", outputs.length);
    if (parts !== outputs.length) {
      throw new ShapeError(`${called}: num_outputs is ${parts}, and it has ${outputs.length} outputs.`);
    }
  }
  const missing = VARIADIC.includes(operator) ? inputs.indexOf("") : -1;
  if (missing >= 0) throw new ShapeError(`${called}: input ${missing} of ${inputs.length} is left out.`);
}

/** The numbers of an attribute that holds one or several; none of another kind, which is told where it is read. */
function wholeNumbers(attribute: Attribute | undefined): readonly (number | bigint)[] {
  if (attribute?.type === "int") return [attribute.value];
  return attribute?.type === "ints" ? attribute.value : [];
}
