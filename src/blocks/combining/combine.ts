/** The blocks that make one variable of several. */

import { ShapeError } from "../../graph/infer/infer.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { word } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type LayerOptions } from "../block.js";

/** The sum block. */
export const sumBlock = declareBlock(
  "sum",
  {},
  {
    inputCount: [2, Number.POSITIVE_INFINITY],
    outputShape(_, first, ...others) {
      const misfit = others.find((other) => shapeText(other) !== shapeText(first));
      if (misfit) throw new ShapeError(`cannot add inputs of ${shapeText(first)} and ${shapeText(misfit)}`);
      return first;
    },
    build: (g, _, inputs) => inputs.reduce((a, b) => g.op("Add", [a, b])),
  },
);

/** The sum of several variables. See {@link sum}. */
export type Sum = LayerFrom<typeof sumBlock>;

/**
 * y = x₁ + x₂ + …, two variables of the same shape or more (MatConvNet's `DagNN.Sum`). Backward: each gets dy.
 *
 * @example
 * sum({ inputs: ["conv2", "image"] });
 */
export const sum = (options: LayerOptions = {}): Sum => sumBlock.make(options);

const AXES = ["channels", "height", "width"] as const;

/** The axis along which variables are joined. */
export type ConcatAxis = (typeof AXES)[number];

/** The concatenation block. */
export const concatBlock = declareBlock(
  "concat",
  { axis: defaulted(word(AXES), "channels") },
  {
    inputCount: [2, Number.POSITIVE_INFINITY],
    outputShape({ axis }, first, ...others) {
      const across = (shape: ImageShape): string => shapeText({ ...shape, [axis]: 0 });
      const misfit = others.find((other) => across(other) !== across(first));
      if (misfit)
        throw new ShapeError(`cannot join inputs of ${shapeText(first)} and ${shapeText(misfit)} along the ${axis}`);
      return { ...first, [axis]: others.reduce((size, other) => size + other[axis], first[axis]) };
    },
    build: (g, { axis }, inputs) => g.op("Concat", inputs, { axis: AXES.indexOf(axis) + 1 }),
  },
);

/** Variables side by side. See {@link concat}. */
export type Concat = LayerFrom<typeof concatBlock>;

/**
 * Joins two variables or more along an axis; along the others they are of the same size. Backward: each gets its part of dy.
 * (MatConvNet's `vl_nnconcat`: its dim 3 is "channels", 1 "height", 2 "width".)
 *
 * @param axis the axis along which they are joined; "channels"
 * @throws RangeError when it is none of the three
 * @example
 * concat("channels", { inputs: ["narrow", "wide"] });
 */
export const concat = (axis?: ConcatAxis, options: LayerOptions = {}): Concat => concatBlock.make({ ...options, axis });
