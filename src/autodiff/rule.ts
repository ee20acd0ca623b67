import type { AttributeInput } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { COMPOSITE, type Node } from "../graph/types.js";

/** Raised when an objective cannot be differentiated; names the operator and the node. */
export class DifferentiationError extends Error {
  override readonly name = "DifferentiationError";
}

/** What a rule sees of the node it differentiates. */
export interface RuleContext {
  readonly g: GraphBuilder;
  readonly node: Node;
  /** the derivative of the objective to output 0, of the output's shape */
  readonly dy: string;
  /** the same for output i; undefined where the objective does not depend on it */
  gradientOf(output: number): string | undefined;
  /** whether the gradient to input i is wanted */
  wants(input: number): boolean;
  /**
   * The gradients to values through nodes that `write` adds, all of operators that have rules.
   *
   * @param write writes the nodes and returns their outputs
   * @param outputGradients the derivative of the objective to each output; undefined where it does not depend on it
   * @param values what to differentiate by; undefined in the result for one that no gradient reaches
   */
  pullBack(
    write: () => readonly string[],
    outputGradients: readonly (string | undefined)[],
    values: readonly string[],
  ): (string | undefined)[];
}

/**
 * A vector-Jacobian product: from the derivative to the outputs, writes into the graph the derivative to each input.
 * `undefined` for an input that has none (or whose derivative is not wanted).
 */
export type Rule = (c: RuleContext) => readonly (string | undefined)[];

/** A rule for y = f(x): dx = dy · f′, where f′ is written from x and y. */
export const unary =
  (derivative: (g: GraphBuilder, x: string, y: string) => string): Rule =>
  ({ g, node, dy }) => [g.op("Mul", [dy, derivative(g, node.inputs[0], node.outputs[0])])];

/** Writes an operator by others, and returns the outputs that the node has. */
export type Define = (g: GraphBuilder, node: Node) => readonly string[];

/**
 * The rule of an operator that is defined by others: they are written once more, and differentiated in its place. The runtime computes the
 * operator itself by its own kernel, so that `define` has to be exactly what it means.
 *
 * @param define writes the operators, and returns the outputs that the node has
 */
export function byDefinition(define: Define): Rule & { readonly define: Define } {
  const rule: Rule = (c) => {
    const { g, node, gradientOf, pullBack, wants } = c;
    const wanted = [...new Set(node.inputs.filter((_, i) => wants(i)))];
    const outputGradients = node.outputs.map((_, i) => gradientOf(i));
    const gradients = pullBack(() => define(g, node), outputGradients, wanted);
    // An input that is read twice has one gradient, which is handed over once.
    return node.inputs.map((input, i) =>
      node.inputs.indexOf(input) === i ? gradients[wanted.indexOf(input)] : undefined,
    );
  };
  return Object.assign(rule, { define });
}

/** Writes a node; the operators of ONNX and, where `composite` says so, our own. */
export const composite = (
  g: GraphBuilder,
  operator: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeInput>>,
): string => g.op(operator, inputs, attributes, COMPOSITE);

/** The whole numbers in an input that must be a constant. @throws DifferentiationError when it is none */
export function constants(g: GraphBuilder, node: Node, i: number): number[] {
  const numbers = g.numbers(node.inputs[i] ?? "");
  if (!numbers)
    throw new DifferentiationError(`${node.operator} '${node.name}': its gradient needs input ${i} to be a constant.`);
  return [...numbers];
}

/** Sums a gradient over the axes along which its input was broadcast, so that it gets the input's shape back. */
export function reduceTo(g: GraphBuilder, gradient: string, shape: readonly number[]): string {
  const from = g.shape(gradient);
  const lead = from.length - shape.length;
  const axes = from.flatMap((size, axis) => (axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : []));
  if (axes.length === 0) return gradient;
  const summed = g.op("ReduceSum", [gradient, g.ints(...axes)], { keepdims: 1 });
  return lead === 0 ? summed : g.op("Reshape", [summed, g.ints(...shape)]);
}
