/** The blocks that make one variable of several. */

import { ShapeError } from "../../graph/infer/infer.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { type Block, type LayerBase, type LayerOptions, PIXEL, placed } from "../block.js";

/** The sum of several variables. See {@link sum}. */
export interface Sum extends LayerBase {
  readonly type: "sum";
}

/**
 * y = x₁ + x₂ + …, two variables of the same shape or more (MatConvNet's `DagNN.Sum`). Backward: each gets dy.
 *
 * @example
 * sum({ inputs: ["conv2", "image"] });
 */
export const sum = (options: LayerOptions = {}): Sum => ({ type: "sum", ...placed(options) });

/** The sum block. */
export const sumBlock: Block<Sum> = {
  inputCount: [2, Number.POSITIVE_INFINITY],
  outputShape(_, first, ...others) {
    const misfit = others.find((other) => shapeText(other) !== shapeText(first));
    if (misfit) throw new ShapeError(`cannot add inputs of ${shapeText(first)} and ${shapeText(misfit)}`);
    return first;
  },
  parameters: () => [],
  window: () => PIXEL,
  multiplyAdds: () => 0,
  build: (g, _, inputs) => inputs.reduce((a, b) => g.op("Add", [a, b])),
  read: (fields) => sum(fields.placed()),
};

/** The axis along which variables are joined. */
export type ConcatAxis = "channels" | "height" | "width";

const AXES = ["channels", "height", "width"] as const satisfies readonly ConcatAxis[];

/** Variables side by side. See {@link concat}. */
export interface Concat extends LayerBase {
  readonly type: "concat";
  readonly axis: ConcatAxis;
}

/**
 * Joins two variables or more along an axis; along the others they are of the same size. Backward: each gets its part of dy.
 * (MatConvNet's `vl_nnconcat`: its dim 3 is "channels", 1 "height", 2 "width".)
 *
 * @param axis the axis along which they are joined; "channels"
 * @throws RangeError when it is none of the three
 * @example
 * concat("channels", { inputs: ["narrow", "wide"] });
 */
export function concat(axis: ConcatAxis = "channels", options: LayerOptions = {}): Concat {
  if (!AXES.includes(axis)) {
    throw new RangeError(`Invalid value for axis: expected one of "${AXES.join('", "')}", got "${axis}".`);
  }
  return { type: "concat", axis, ...placed(options) };
}

/** The concatenation block. */
export const concatBlock: Block<Concat> = {
  inputCount: [2, Number.POSITIVE_INFINITY],
  outputShape({ axis }, first, ...others) {
    const across = (shape: ImageShape): string => shapeText({ ...shape, [axis]: 0 });
    const misfit = others.find((other) => across(other) !== across(first));
    if (misfit)
      throw new ShapeError(`cannot join inputs of ${shapeText(first)} and ${shapeText(misfit)} along the ${axis}`);
    return { ...first, [axis]: others.reduce((size, other) => size + other[axis], first[axis]) };
  },
  parameters: () => [],
  window: () => PIXEL,
  multiplyAdds: () => 0,
  build: (g, { axis }, inputs) => g.op("Concat", inputs, { axis: AXES.indexOf(axis) + 1 }),
  read: (fields) => concat(fields.word("axis", AXES), fields.placed()),
};
