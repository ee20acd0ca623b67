/** What a case of a gradient is, and the short forms of common ones. */

import type { Device } from "../../src/engine/engine.js";
import { type AttributeInput, attributes } from "../../src/graph/attributes.js";
import type { GraphBuilder } from "../../src/graph/builder.js";
import { permutation, stream } from "../../src/random/stream.js";

/** Inputs differ from each other by 0.05 at least, and from 0, ±½ and ±1 by half of that: no step crosses a kink or a tie. */
const SPACING = 0.05;

/** An operator in a small graph. */
export interface Case {
  readonly shapes: readonly (readonly number[])[];
  /** added to every number of every input; 0 unless said otherwise */
  readonly offset?: number;
  /** where the runtime has no kernel for it */
  readonly refusedOn?: Device;
  readonly build: (g: GraphBuilder, ...inputs: string[]) => string;
}

/** An operator of one float input, with nothing but attributes. */
export const unary = (operator: string, offset = 0): Case => ({
  shapes: [[3, 5]],
  offset,
  build: (g, x) => g.op(operator, [x]),
});

/** An operator of two broadcast inputs. */
export const binary = (operator: string, offset = 0): Case => ({
  shapes: [
    [2, 1, 3],
    [4, 1],
  ],
  offset,
  build: (g, a, b) => g.op(operator, [a, b]),
});

export const asFloat = (g: GraphBuilder, value: string): string => g.op("Cast", [value], { to: 1 });

/** A comparison of two inputs as 0 or 1. */
export const comparison = (operator: string): Case => ({
  ...binary(operator),
  build: (g, a, b) => asFloat(g, g.op(operator, [a, b])),
});

/** A logical operator on the signs of two inputs, as 0 or 1. */
export const logical = (operator: string): Case => ({
  ...binary(operator),
  build: (g, a, b) => {
    const signs = [a, b].map((x) => g.op("Greater", [x, g.scalar(0)]));
    return asFloat(g, operator === "Not" ? g.op("Not", [signs[0]]) : g.op(operator, signs));
  },
});

export const reduction = (operator: string): Case => ({
  shapes: [[2, 3, 4]],
  build: (g, x) => g.op(operator, [x, g.ints(0, -1)], { keepdims: 0 }),
});

export const pooling = (operator: string): Case => ({
  shapes: [[2, 1, 5, 4]],
  build: (g, x) => g.op(operator, [x], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1] }),
});

export const reshaped = (operator: string, ...numbers: number[]): Case => ({
  shapes: [[2, 1, 3]],
  build: (g, x) => g.op(operator, [x, g.ints(...numbers)]),
});

/** An operator of one float input with attributes. */
export const withAttributes = (
  operator: string,
  given: Readonly<Record<string, AttributeInput>>,
  shape: readonly number[] = [3, 5],
  offset = 0,
): Case => ({ shapes: [shape], offset, build: (g, x) => g.op(operator, [x], attributes(given)) });

/** The numbers of all inputs: different from each other, in random order. */
export function inputsOf(operator: string, { shapes, offset = 0 }: Case): Float32Array[] {
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  const count = sizes.reduce((a, b) => a + b, 0);
  const order = permutation(count, stream(1, operator));
  let taken = 0;
  return sizes.map((size) => {
    const part = order.subarray(taken, taken + size);
    taken += size;
    return Float32Array.from(part, (k) => (k - Math.floor(count / 2) + 0.5) * SPACING + offset);
  });
}
