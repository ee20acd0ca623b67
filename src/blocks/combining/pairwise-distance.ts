import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { shapeText } from "../../values/image-shape.js";
import { flag, number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom, PIXEL } from "../block.js";
import { detached } from "../detached.js";

const FIELDS = {
  /** the exponent; 2 */
  p: defaulted(number({ above: 0 }), 2),
  /** whether the distance is left to the power of p; false */
  noRoot: defaulted(flag(), false),
  /** whether the distances of all pixels are added up, to one number for each image; false */
  aggregate: defaulted(flag(), false),
  /** the least number that the derivative divides by: the root has none at 0; 1e-6 */
  epsilon: defaulted(number({ above: 0 }), 1e-6),
};

/** The block of distances; the formulas stand at {@link pairwiseDistance}. */
export const pairwiseDistanceBlock = declareBlock("pairwiseDistance", FIELDS, {
  inputCount: [2, 2],
  outputShape({ aggregate }, first, second = first) {
    const one = { ...first, height: 1, width: 1 };
    if (![first, one].some((shape) => shapeText(shape) === shapeText(second))) {
      throw new ShapeError(`there is no distance from ${shapeText(first)} to ${shapeText(second)}`);
    }
    return aggregate ? { channels: 1, height: 1, width: 1 } : { ...first, channels: 1 };
  },
  window: ({ aggregate }, { height, width }) => (aggregate ? { ...PIXEL, support: [height, width] } : PIXEL),
  build(g, { p, noRoot, aggregate, epsilon }, [x, to]) {
    const difference = g.op("Sub", [x, to]);
    const sum = g.op("ReduceSum", [powers(g, difference, p, epsilon), g.ints(1)], { keepdims: 1 });
    const distance = noRoot || p === 1 ? sum : power(g, sum, 1 / p, epsilon);
    return aggregate ? g.op("ReduceSum", [distance, g.ints(2, 3)], { keepdims: 1 }) : distance;
  },
});

/** The distance of two variables at each pixel. See {@link pairwiseDistance}. */
export type PairwiseDistance = LayerFrom<typeof pairwiseDistanceBlock>;

/** The options of {@link pairwiseDistance}; every one has a default. */
export type PairwiseDistanceOptions = OptionsFrom<typeof pairwiseDistanceBlock>;

/**
 * The distance of two variables at each pixel, over the channels d (MatConvNet's `vl_nnpdist`), C×H×W → 1×H×W:
 *
 *     y = (Σ |x₁ − x₂|ᵖ)^(1/p);   with noRoot y = Σ |x₁ − x₂|ᵖ
 *
 * The second input has the shape of the first, or is C×1×1: one vector for the whole image. Backward, with δ = x₁ − x₂ and s = Σ |δ|ᵖ:
 *
 *     dx₁ = dy · max(s, epsilon)^((1−p)/p) · |δ|^(p−1) · sign δ;   with noRoot dx₁ = dy · p · |δ|^(p−1) · sign δ
 *
 * and dx₂ = −dx₁, summed over the pixels where it has only one. For p < 1 it is |δ| that is not less than epsilon, not s.
 *
 * @throws RangeError when p or epsilon is not a positive number
 * @example
 * pairwiseDistance({ noRoot: true, inputs: ["prediction", "truth"] }); // squared Euclidean distances
 */
export const pairwiseDistance = (options: PairwiseDistanceOptions = {}): PairwiseDistance =>
  pairwiseDistanceBlock.make(options);

/** |x|ᵖ; the square without a logarithm. */
function powers(g: GraphBuilder, x: string, p: number, epsilon: number): string {
  return p === 2 ? g.op("Mul", [x, x]) : power(g, g.op("Abs", [x]), p, epsilon);
}

/**
 * x^q for x ≥ 0. Its derivative is q·max(x, ε)^(q−1) where q < 1: what the value is made of passes no gradient on, and the slope k is
 * applied to x − x, which is 0.
 */
function power(g: GraphBuilder, x: string, q: number, epsilon: number): string {
  if (q === 1) return x;
  const raised = (base: string, exponent: number): string =>
    exponent === 0.5 ? g.op("Sqrt", [base]) : g.op("Pow", [base, g.scalar(exponent)]);
  if (q > 1) return raised(x, q);
  const slope = g.op("Mul", [raised(g.op("Max", [x, g.scalar(epsilon)]), q - 1), g.scalar(q)]);
  const zero = g.op("Sub", [x, detached(g, x)]);
  return g.op("Add", [detached(g, raised(x, q)), g.op("Mul", [detached(g, slope), zero])]);
}
