import { GraphBuilder } from "../graph/builder.js";
import { formatShape } from "../graph/dimension.js";
import { aboutNode } from "../graph/shape-error.js";
import { isFloat, zeros } from "../graph/tensor.js";
import type { Node } from "../graph/types.js";
import { list, text } from "../values/kind.js";
import { wrongKind } from "../values/place.js";
import { DifferentiationError, type Rule, type RuleContext } from "./rule.js";

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
 * @param options rules in the place of those of some operators, by their ONNX names
 * @returns the name of each gradient; it has the shape of its value, and is zero where the objective does not depend on it
 * @throws TypeError when it is not given these; DifferentiationError when an operator on the way has no rule, or none for its attributes; ShapeError when a shape is not known
 * @example
 * const g = new GraphBuilder("square");
 * const x = g.input("x", "float32", [3]);
 * const f = g.op("ReduceSum", [g.op("Mul", [x, x])]);
 * gradients(g, f, [x]).get(x); // computes 2x
 */
export function gradients(
  g: GraphBuilder,
  objective: string,
  values: readonly string[],
  options: GradientOptions = {},
): Map<string, string> {
  const found = reachedGradients(g, objective, values, options);
  return new Map(values.map((value) => [value, found.get(value) ?? g.constant(zeros("float32", g.shape(value)))]));
}

/** The {@link gradients} of those values that a derivative reaches: what the objective depends on in jumps only, or not at all, has none. */
export function reachedGradients(
  g: GraphBuilder,
  objective: string,
  values: readonly string[],
  { rules = {} }: GradientOptions = {},
): Map<string, string> {
  expectArguments(g, objective, values);
  const path = pathBetween(g, g.nodes, values, [objective]).map(({ node, rule }) => ({
    node,
    rule: node.domain === "" && Object.hasOwn(rules, node.operator) ? rules[node.operator] : rule,
  }));
  const found = pullBack(g, path, new Map([[objective, [seed(g, objective)]]]), values);
  return new Map(
    values.flatMap((value, i): [string, string][] => {
      const gradient = found[i];
      return gradient === undefined ? [] : [[value, gradient]];
    }),
  );
}

/** @throws TypeError for what plain JavaScript may give in the place of a builder and names */
function expectArguments(g: unknown, objective: unknown, values: unknown): void {
  if (!(g instanceof GraphBuilder)) throw wrongKind({ path: "g" }, "a GraphBuilder", g);
  text("the name of a value").take(objective, { path: "objective" });
  list(text("the name of a value")).take(values, { path: "values" });
}

/** How a derivative is taken. */
export interface GradientOptions {
  /** rules in the place of those of some operators, by their ONNX names: what goes back is then no derivative, but what they make it */
  readonly rules?: Readonly<Record<string, Rule>>;
}

/** A node with its rule. */
interface Step {
  readonly node: Node;
  readonly rule: Rule;
}

/**
 * The gradients to values, back through the nodes between.
 *
 * @param path the nodes, in order
 * @param collected the derivatives to what the nodes make; the others are added to it
 * @returns undefined for a value that no derivative reaches
 */
function pullBack(
  g: GraphBuilder,
  path: readonly Step[],
  collected: Map<string, readonly string[]>,
  values: readonly string[],
): (string | undefined)[] {
  const reached = new Set([...values, ...path.flatMap(({ node }) => node.outputs).filter((output) => output !== "")]);
  const gradientOf = (value: string): string | undefined => {
    const parts = collected.get(value);
    if (!parts) return undefined;
    const total = parts.length === 1 ? parts[0] : g.op("Sum", parts);
    collected.set(value, [total]);
    return total;
  };
  for (const { node, rule } of [...path].reverse()) {
    const outputGradients = node.outputs.map(gradientOf);
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const inputGradients = g.scope(`${node.name}/gradient`, () =>
      applied(g, rule, contextOf(g, node, outputGradients, reached)),
    );
    node.inputs.forEach((input, i) => {
      const gradient = inputGradients[i];
      if (gradient === undefined || !reached.has(input)) return;
      collected.set(input, [...(collected.get(input) ?? []), gradient]);
    });
  }
  return values.map(gradientOf);
}

/** What a rule gives. What goes wrong because the node is none is told of the node, unless the rule says it itself. */
function applied(g: GraphBuilder, rule: Rule, context: RuleContext): ReturnType<Rule> {
  const { node } = context;
  const shapes = (): string =>
    node.inputs.map((input) => formatShape(input === "" ? undefined : g.type(input).shape)).join(", ");
  const outcome = aboutNode(node, shapes, () => {
    try {
      return rule(context);
    } catch (error) {
      if (error instanceof DifferentiationError) return error;
      throw error;
    }
  });
  if (outcome instanceof DifferentiationError) throw outcome;
  return outcome;
}

/** What the rule of a node sees. */
function contextOf(
  g: GraphBuilder,
  node: Node,
  outputGradients: readonly (string | undefined)[],
  reached: ReadonlySet<string>,
): RuleContext {
  return {
    g,
    node,
    dy: outputGradients[0] ?? "",
    gradientOf: (i) => outputGradients[i],
    wants: (i) => reached.has(node.inputs[i]),
    pullBack(write, seeds, values) {
      const first = g.nodes.length;
      const collected = new Map<string, string[]>();
      write().forEach((output, i) => {
        const gradient = seeds[i];
        if (gradient !== undefined) collected.set(output, [...(collected.get(output) ?? []), gradient]);
      });
      return pullBack(g, pathBetween(g, g.nodes.slice(first), values, collected.keys()), collected, values);
    },
  };
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

/**
 * The nodes, in order, that depend on one of the values and that one of the results depends on, other than in jumps: what is whole numbers or
 * truth values has no gradient.
 */
function pathBetween(
  g: GraphBuilder,
  nodes: readonly Node[],
  values: readonly string[],
  results: Iterable<string>,
): Step[] {
  const after = new Set(values);
  const forward = nodes.filter((node) => {
    if (!node.inputs.some((input) => after.has(input)) || ruleOf(node) === flat) return false;
    for (const output of node.outputs) if (output !== "" && isFloat(g.type(output).type)) after.add(output);
    return true;
  });
  const before = new Set(results);
  const backward = forward.reverse().filter((node) => {
    if (!node.outputs.some((output) => before.has(output))) return false;
    for (const input of node.inputs) before.add(input);
    return true;
  });
  return backward.reverse().map((node) => ({ node, rule: expectRule(node) }));
}
