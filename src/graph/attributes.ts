import { ShapeError } from "./shape-error.js";
import type { Attribute, Attributes, Node, Tensor } from "./types.js";

/** What a builder accepts as an attribute: whole numbers stand for ints, text for strings; a float says so with `float`. */
export type AttributeInput = Attribute | number | string | readonly number[];

/**
 * A floating-point attribute. A bare number is an integer one.
 *
 * @example
 * float(0.01); // {"type": "float", "value": 0.01}
 */
export const float = (value: number): Attribute => ({ type: "float", value });

/**
 * An attribute that holds a tensor.
 *
 * @example
 * tensorAttribute(float32([2])).type; // "tensor"
 */
export const tensorAttribute = (value: Tensor): Attribute => ({ type: "tensor", value });

/**
 * Turns a builder's shorthand into attributes; `undefined` ones are left out.
 *
 * @example
 * attributes({ axis: 1, pads: undefined }); // {"axis": {"type": "int", "value": 1}}
 */
export function attributes(input: Readonly<Record<string, AttributeInput | undefined>>): Attributes {
  const result: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue;
    if (typeof value === "number") result[name] = { type: "int", value };
    else if (typeof value === "string") result[name] = { type: "string", value };
    else if ("type" in value) result[name] = value;
    else result[name] = { type: "ints", value };
  }
  return result;
}

const wrong = (node: Node, name: string, expected: string, got: Attribute): ShapeError =>
  new ShapeError(`${node.operator} '${node.name}': attribute '${name}' should be ${expected}, got ${got.type}.`);

/** An integer attribute, or its default. */
export function intOf(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  if (attribute === undefined) return otherwise;
  if (attribute.type !== "int") throw wrong(node, name, "an int", attribute);
  return Number(attribute.value);
}

/** A list of integers, or undefined where the node has none of that name. */
export function intsOf(node: Node, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  if (attribute === undefined) return undefined;
  if (attribute.type !== "ints") throw wrong(node, name, "a list of ints", attribute);
  return attribute.value.map(Number);
}

/** A list of floating-point numbers, or undefined where the node has none of that name. */
export function floatsOf(node: Node, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  if (attribute === undefined) return undefined;
  if (attribute.type !== "floats") throw wrong(node, name, "a list of floats", attribute);
  return attribute.value;
}

/** A floating-point attribute, or its default. */
export function floatOf(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  if (attribute === undefined) return otherwise;
  if (attribute.type !== "float") throw wrong(node, name, "a float", attribute);
  return attribute.value;
}

/** A text attribute, or its default. */
export function stringOf(node: Node, name: string, otherwise: string): string {
  const attribute = node.attributes[name];
  if (attribute === undefined) return otherwise;
  if (attribute.type !== "string" || typeof attribute.value !== "string")
    throw wrong(node, name, "a string", attribute);
  return attribute.value;
}
