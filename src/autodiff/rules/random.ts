/** Rules of dropout: in training an operator of our own, as ONNX's leaves the random numbers to the runtime, so that no two give the same. */

import { DifferentiationError, type Rule } from "../rule.js";

/**
 * `Dropout` of x (N×C×H×W) and a seed (an int32 scalar) gives y = x·mask and the mask. Each number of the mask is 0 with probability
 * `rate` and else 1/(1 − rate), so that the mean of y is x (Srivastava et al. 2014, "inverted"). It follows from the seed, the attribute `stream`
 * and the place of the number in the tensor, in the same way on each device; see lowering/random.ts.
 *
 *     dx = dy·mask
 */
export const dropout: Rule = ({ g, node, dy }) => [g.op("Mul", [dy, node.outputs[1]]), undefined];

/**
 * ONNX's Dropout in use: y = x.
 *
 * @throws DifferentiationError in training: the runtime draws other numbers each time, so that no gradient fits
 */
export const noDropout: Rule = ({ g, node, dy }) => {
  const [, , training] = node.inputs;
  if (training && g.numbers(training)?.[0] !== 0) {
    throw new DifferentiationError(
      `${node.operator} '${node.name}': gradients are known in use, with training_mode a constant 0; the numbers of the runtime's dropout cannot be had again.`,
    );
  }
  return [dy];
};
