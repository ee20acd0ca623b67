/** What the changes of operators share. */

import { type AttributeInput, attributes } from "../attributes.js";
import { ShapeError } from "../shape-error.js";
import { float32, tensor } from "../tensor.js";
import type { Attribute, DataType, Dimension, Node, Tensor } from "../types.js";

/** A model, or a node of it, that has no equal in the operator set of this toolbox. */
export class UpgradeError extends ShapeError {
  override readonly name: string = "UpgradeError";
}

/** What a change may look at, and how it writes. */
export interface Rewriter {
  readonly node: Node;
  /** the element type of input i, where it is known */
  type(i: number): DataType | undefined;
  /** the shape of input i, where it is known */
  shape(i: number): readonly Dimension[] | undefined;
  /** the shape of output i, where it is known */
  shapeMade(i: number): readonly Dimension[] | undefined;
  /** the tensor behind input i, where it is a constant */
  constant(i: number): Tensor | undefined;
  /** whether output i is there and something reads it */
  isRead(i: number): boolean;
  /** Adds a constant and returns its name. */
  initializer(value: Tensor): string;
  /** Adds a number of the element type of input 0 and returns its name. */
  number(value: number): string;
  /** A name for a value that is about to be made. */
  value(what: string): string;
  /** Writes a node with one output and returns that output's name. */
  op(
    operator: string,
    inputs: readonly string[],
    attributeInputs?: Readonly<Record<string, AttributeInput | undefined>>,
  ): string;
  /** Writes a node, of the version that the change leads to, or of another. */
  write(node: Node, version?: number): void;
  /** Says that this node has no equal. */
  refuse(reason: string): never;
}

/**
 * Writes a node of one version in the words of the next, or of the one before where that is newer than ours. The node that is returned takes its place;
 * what it reads is written before, and so is all where nothing is returned.
 */
export type Change = (c: Rewriter) => Node | undefined;

/** The node without some attributes, and with others. */
export function withAttributes(
  node: Node,
  without: readonly string[],
  more: Readonly<Record<string, AttributeInput | undefined>> = {},
): Node {
  const kept = Object.entries(node.attributes).filter(([name]) => !without.includes(name));
  return { ...node, attributes: { ...Object.fromEntries(kept), ...attributes(more) } };
}

/** The node with a value in the place of input i; inputs before it that are not there are left out by name. */
export function withInput(node: Node, i: number, value: string): Node {
  const inputs = Array.from({ length: Math.max(node.inputs.length, i + 1) }, (_, at) => node.inputs[at] ?? "");
  return { ...node, inputs: inputs.with(i, value) };
}

/** A list of integers of an attribute as a tensor of int64, whole beyond 2⁵³, too. */
export function integersIn(attribute: Attribute | undefined): Tensor<"int64"> | undefined {
  if (attribute?.type !== "ints") return undefined;
  return tensor("int64", [attribute.value.length], BigInt64Array.from(attribute.value, BigInt));
}

/** A list of floats of an attribute as a tensor. */
export const floatsIn = (attribute: Attribute | undefined): Tensor | undefined =>
  attribute?.type === "floats" ? float32(attribute.value, [attribute.value.length]) : undefined;

/** Leaves out attributes that say nothing about the result. */
export const without =
  (...names: readonly string[]): Change =>
  ({ node }) =>
    withAttributes(node, names);

/** What has no equal. */
export const refused =
  (reason: string): Change =>
  ({ refuse }) =>
    refuse(reason);
