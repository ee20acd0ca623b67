/** Models of one node of another version of its operator. */

import { type AttributeInput, attributes } from "../../src/graph/attributes.js";
import type { Model } from "../../src/graph/model.js";
import { float32, int64 } from "../../src/graph/tensor.js";
import type { DataType, Graph, Tensor, Value } from "../../src/graph/types.js";

/** A node of an older or newer version: "Clip@6", its inputs (tensors that are fed, or constants), attributes, how many outputs. */
export interface Case {
  readonly node: `${string}@${number}`;
  /** a shape stands for random numbers; `constant` for an initializer; "" for an input left out */
  readonly inputs: readonly (readonly number[] | Tensor | { readonly constant: Tensor } | "")[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly outputs?: number;
  /** what the operators are then, where that is worth saying */
  readonly becomes?: readonly string[];
}

export const floats = (...values: number[]): AttributeInput => ({ type: "floats", value: values });
export const whole = (...values: number[]) => ({ constant: int64(values) });
export const numbers = (...values: number[]) => ({ constant: float32(values, [values.length]) });

/** Numbers between −2 and 2 that depend on their place alone. */
export function random(shape: readonly number[], seed: number): Tensor<"float32"> {
  let state = 97 * seed + 12345;
  const next = (): number => {
    state = (state * 16807) % 2147483647;
    return (4 * state) / 2147483647 - 2;
  };
  return float32(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next), shape);
}

export const positive = (...shape: number[]): Tensor => {
  const values = random(shape, 7);
  return float32(
    Array.from(values.data, (v) => Math.abs(Number(v)) + 0.1),
    shape,
  );
};

/** The model of a case, and what it is fed. */
export function modelOf({ node, inputs, attributes: given = {}, outputs = 1 }: Case): {
  model: Model;
  feeds: Record<string, Tensor>;
} {
  const [operator, version] = node.split("@");
  const feeds: Record<string, Tensor> = {};
  const initializers = new Map<string, Tensor>();
  const names = inputs.map((input, i) => {
    const name = `x${i}`;
    if (input === "") return "";
    if ("constant" in input) initializers.set(name, input.constant);
    else feeds[name] = "data" in input ? input : random(input, i + 1);
    return name;
  });
  const made = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const graph: Graph = {
    name: node,
    inputs: Object.entries(feeds).map(([name, { type, shape }]): Value => ({ name, type, shape })),
    outputs: made.map((name) => ({ name, type: "float32" as DataType, shape: undefined, opaque: true })),
    initializers,
    nodes: [{ operator, domain: "", name: "node", inputs: names, outputs: made, attributes: attributes(given) }],
  };
  return { model: { irVersion: Number(version) < 10 ? 4 : 9, opsets: { "": Number(version) }, graph }, feeds };
}

/** Two images of three channels. */
export const nchw = [2, 3, 5, 7] as const;
