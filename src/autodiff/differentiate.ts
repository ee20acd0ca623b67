import type { GraphBuilder } from "../graph/builder.js";
import { zeros } from "../graph/tensor.js";
import type { Node } from "../graph/types.js";
import { DifferentiationError, type Rule } from "./rule.js";

export { DifferentiationError } from "./rule.js";

import { flat, qualified, ruleOf } from "./rules.js";

/**
 * Reverse-mode differentiation: appends to a graph the nodes that compute d objective / d value.
 *
 * The nodes are walked from last to first. Each one's rule turns the derivative to its outputs into the derivative to its
 * inputs (a vector-Jacobian product); where a value is read several times, the derivatives are added. All shapes must be known.
 *
 * @param g the graph; it must hold the objective, and gets the gradients
 * @param objective a value of one element
 * @param values what to differentiate by: inputs, initializers, or any value on the way
 * @returns the name of each gradient; it has the shape of its value, and is zero where the objective does not depend on it
 * @throws DifferentiationError when an operator on the way has no rule, or none for its attributes; ShapeError when a shape is not known
 * @example
 * const g = new GraphBuilder("square");
 * const x = g.input("x", "float32", [3]);
 * const f = g.op("ReduceSum", [g.op("Mul", [x, x])]);
 * gradients(g, f, [x]).get(x); // computes 2x
 */
export function gradients(g: GraphBuilder, objective: string, values: readonly string[]): Map<string, string> {
  const path = nodesBetween(g.nodes, values, objective).map((node) => ({ node, rule: expectRule(node) }));
  const reached = new Set([...values, ...path.flatMap(({ node }) => node.outputs)]);
  const collected = new Map<string, string[]>([[objective, [seed(g, objective)]]]);
  const gradientOf = (value: string): string | undefined => {
    const parts = collected.get(value);
    if (!parts) return undefined;
    const total = parts.length === 1 ? parts[0] : g.op("Sum", parts);
    collected.set(value, [total]);
    return total;
  };
  for (const { node, rule } of path.reverse()) {
    const outputGradients = node.outputs.map(gradientOf);
    const dy = outputGradients[0] ?? "";
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const wants = (i: number): boolean => reached.has(node.inputs[i]);
    const inputGradients = g.scope(`${node.name}/gradient`, () =>
      rule({ g, node, dy, gradientOf: (i) => outputGradients[i], wants }),
    );
    node.inputs.forEach((input, i) => {
      const gradient = inputGradients[i];
      if (gradient === undefined || !wants(i)) return;
      collected.set(input, [...(collected.get(input) ?? []), gradient]);
    });
  }
  return new Map(values.map((value) => [value, gradientOf(value) ?? g.constant(zeros("float32", g.shape(value)))]));
}

function expectRule(node: Node): Rule {
  const rule = ruleOf(node);
  if (rule) return rule;
  throw new DifferentiationError(`There is no rule to differentiate ${qualified(node)} (node '${node.name}').`);
}

/** The derivative of the objective to itself. */
function seed(g: GraphBuilder, objective: string): string {
  const shape = g.shape(objective);
  if (shape.some((size) => size !== 1)) {
    throw new DifferentiationError(`An objective is one number; '${objective}' has the shape ${shape.join("×")}.`);
  }
  return shape.length === 0 ? g.scalar(1) : g.op("Reshape", [g.scalar(1), g.ints(...shape)]);
}

/** The nodes, in order, that depend on one of the values and that the objective depends on, other than in jumps. */
function nodesBetween(nodes: readonly Node[], values: readonly string[], objective: string): Node[] {
  const after = new Set(values);
  const forward = nodes.filter((node) => {
    if (!node.inputs.some((input) => after.has(input)) || ruleOf(node) === flat) return false;
    for (const output of node.outputs) after.add(output);
    return true;
  });
  const before = new Set([objective]);
  const backward = forward.reverse().filter((node) => {
    if (!node.outputs.some((output) => before.has(output))) return false;
    for (const input of node.inputs) before.add(input);
    return true;
  });
  return backward.reverse();
}
