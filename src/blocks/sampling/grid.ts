/** The blocks that say where a bilinear sampler looks: grids made from a few numbers for each image. */

import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { whole } from "../../values/kind.js";
import { type RecordOf, required } from "../../values/record.js";
import { type Behaviour, declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";

const FIELDS = {
  /** how many points it has, vertically */
  height: required(whole(1)),
  /** how many points it has, horizontally */
  width: required(whole(1)),
};

/** The block of affine grids; the formula stands at {@link affineGrid}. */
export const affineGridBlock = declareBlock(
  "affineGrid",
  FIELDS,
  gridBehaviour((v, u) => [
    [v, u, 1, 0, 0, 0],
    [0, 0, 0, v, u, 1],
  ]),
);

/** The options of a grid. */
export type GridOptions = OptionsFrom<typeof affineGridBlock>;

/** A grid that is turned, stretched and moved. See {@link affineGrid}. */
export type AffineGrid = LayerFrom<typeof affineGridBlock>;

/**
 * The grid of an affine map (Jaderberg et al. 2015, "Spatial transformer networks"; MatConvNet's `DagNN.AffineGridGenerator`):
 * 6×1×1 → 2×H×W. With v and u from −1 (the first row, column) to 1 (the last), 0 where there is only one,
 *
 *     vertical   = a₀·v + a₁·u + a₂
 *     horizontal = a₃·v + a₄·u + a₅
 *
 * The six numbers are the 2×3 matrix row by row, and 1, 0, 0, 0, 1, 0 is the grid of the whole image. (MatConvNet has the same map, and
 * its numbers in the order a₀, a₁, a₃, a₄, a₂, a₅.) Backward: daₖ is the sum of dy times what aₖ multiplies.
 *
 * @throws RangeError when height or width is not a whole number of at least 1
 * @example
 * affineGrid({ height: 28, width: 28, inputs: ["pose"] });
 */
export const affineGrid = (options: GridOptions): AffineGrid => affineGridBlock.make(options);

/** The block of scaled grids; the formula stands at {@link scalingGrid}. */
export const scalingGridBlock = declareBlock(
  "scalingGrid",
  FIELDS,
  gridBehaviour((v, u) => [
    [v, 1, 0],
    [u, 0, 1],
  ]),
);

/** A grid that is made larger or smaller, and moved. See {@link scalingGrid}. */
export type ScalingGrid = LayerFrom<typeof scalingGridBlock>;

/**
 * The grid of a part of the image in its proportions (MatConvNet's `DagNN.UniformScalingGridGenerator`): 3×1×1 → 2×H×W. With v and u from −1
 * (the first row, column) to 1 (the last), 0 where there is only one,
 *
 *     vertical   = s·v + tᵥ
 *     horizontal = s·u + tᵤ
 *
 * The three numbers are s, tᵥ, tᵤ; 1, 0, 0 is the grid of the whole image. Backward: ds = Σ dy·(v, u), and dtᵥ, dtᵤ are the sums of dy.
 *
 * @throws RangeError when height or width is not a whole number of at least 1
 * @example
 * scalingGrid({ height: 28, width: 28, inputs: ["pose"] });
 */
export const scalingGrid = (options: GridOptions): ScalingGrid => scalingGridBlock.make(options);

/**
 * What a block computes whose grid depends linearly on its input.
 *
 * @param factors what the numbers of the input are multiplied by for the vertical and the horizontal coordinate, at (v, u)
 */
function gridBehaviour(
  factors: (v: number, u: number) => readonly [readonly number[], readonly number[]],
): Behaviour<RecordOf<typeof FIELDS>> {
  const needed: ImageShape = { channels: factors(0, 0)[0].length, height: 1, width: 1 };
  return {
    outputShape({ height, width }, input) {
      if (shapeText(input) === shapeText(needed)) return { channels: 2, height, width };
      throw new ShapeError(`a grid is made from ${shapeText(needed)}, not from ${shapeText(input)}`);
    },
    build: (g, { height, width }, [x]) => grid(g, x, needed.channels, height, width, factors),
  };
}

/** numbers (N×K×1×1) · factors (K × 2·H·W) */
function grid(
  g: GraphBuilder,
  x: string,
  count: number,
  height: number,
  width: number,
  factors: (v: number, u: number) => readonly [readonly number[], readonly number[]],
): string {
  const points = steps(height).flatMap((v) => steps(width).map((u) => factors(v, u)));
  const matrix = Array.from({ length: count }, (_, k) => [0, 1].flatMap((axis) => points.map((row) => row[axis][k])));
  const factorsOf = g.constant(float32(matrix.flat(), [count, 2 * height * width]));
  const product = g.op("MatMul", [g.op("Reshape", [x, g.ints(0, count)]), factorsOf]);
  return g.op("Reshape", [product, g.ints(0, 2, height, width)]);
}

/** Numbers from −1 to 1 at equal distances; one alone lies in the middle. */
const steps = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? 0 : (2 * i) / (count - 1) - 1));
