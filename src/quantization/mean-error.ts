import { intOf } from "../graph/attributes.js";
import { elementCount } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import type { EightBitWeights } from "./eight-bit.js";
import type { WeightedNode } from "./plan.js";

/**
 * What rounded weights w' add to each channel of a node's output in the mean, Σ (w' − w) · E[x], with the mean of each channel of the input. Zeros around an
 * image are not taken account of.
 *
 * @param means of the channels of the input
 */
export function meanError(
  { node, axis }: WeightedNode,
  weights: Tensor<"float32">,
  { values, scales }: EightBitWeights,
  means: ArrayLike<number>,
): Float64Array {
  const { shape, data } = weights;
  const errors = new Float64Array(shape[axis]);
  const isConv = node.operator === "Conv";
  const groups = isConv ? intOf(node, "group", 1) : 1;
  const taps = isConv ? elementCount(shape.slice(2)) : 1;
  const [rows, columns] = shape;
  for (let i = 0; i < data.length; i++) {
    const first = Math.floor(i / (columns * taps));
    const second = Math.floor(i / taps) % columns;
    const [k, within] = axis === 0 ? [first, second] : [second, first];
    const channel = isConv ? Math.floor(k / (rows / groups)) * columns + within : within;
    errors[k] += (values.data[i] * scales[k] - data[i]) * (means[channel] ?? 0);
  }
  return errors;
}
