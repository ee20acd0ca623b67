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
}

/**
 * A vector-Jacobian product: from the derivative to the outputs, writes into the graph the derivative to each input.
 * `undefined` for an input that has none (or whose derivative is not wanted).
 */
export type Rule = (c: RuleContext) => readonly (string | undefined)[];

/** Writes a node; the operators of ONNX and, where `composite` says so, our own. */
export const composite = (
  g: GraphBuilder,
  operator: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeInput>>,
): string => g.op(operator, inputs, attributes, COMPOSITE);

/** Sums a gradient over the axes along which its input was broadcast, so that it gets the input's shape back. */
export function reduceTo(g: GraphBuilder, gradient: string, shape: readonly number[]): string {
  const from = g.shape(gradient);
  const lead = from.length - shape.length;
  const axes = from.flatMap((size, axis) => (axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : []));
  if (axes.length === 0) return gradient;
  const summed = g.op("ReduceSum", [gradient, g.ints(...axes)], { keepdims: 1 });
  return lead === 0 ? summed : g.op("Reshape", [summed, g.ints(...shape)]);
}
