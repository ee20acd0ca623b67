/** What is wrong with a node whatever the shapes of its inputs are. */

import { intOf } from "../attributes.js";
import { ShapeError } from "../shape-error.js";
import type { Node } from "../types.js";
import { subgraphs } from "../unused.js";

/** The operators that read any number of values, none of which may be left out. */
const VARIADIC: readonly string[] = ["Concat", "Max", "Mean", "Min", "Sum"];

/**
 * Expects a node, and the nodes of the graphs inside it, not to be what takes ONNX Runtime 1.30 down, with the process that it runs in: a Split
 * that says another number of parts than it has outputs, and one of several values left out.
 *
 * @throws ShapeError otherwise
 */
export function expectNode(node: Node): void {
  for (const { nodes } of subgraphs(node)) for (const inner of nodes) expectNode(inner);
  if (node.domain !== "") return;
  const { operator, name, inputs, outputs } = node;
  const called = `${operator} '${name || outputs[0]}'`;
  if (operator === "Split") {
    const parts = intOf(node, "num_outputs", outputs.length);
    if (parts !== outputs.length) {
      throw new ShapeError(`${called}: num_outputs is ${parts}, and it has ${outputs.length} outputs.`);
    }
  }
  const missing = VARIADIC.includes(operator) ? inputs.indexOf("") : -1;
  if (missing >= 0) throw new ShapeError(`${called}: input ${missing} of ${inputs.length} is left out.`);
}
