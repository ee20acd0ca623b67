/** The rule of batch normalisation, an operator of our own: ONNX's has no gradient, and in training no runtime has it either. */

import { COMPOSITE } from "../../graph/types.js";
import { DifferentiationError, type Rule } from "../rule.js";

/**
 * `BatchNormalization` of x (N×C×H×W), gain and bias (C), channel by channel over the M = N·H·W pixels:
 *
 *     μ = Σ x / M,   σ = √(Σ (x − μ)² / M + epsilon),   y = gain·(x − μ)/σ + bias
 *
 * (Ioffe and Szegedy 2015; epsilon and σ as in MatConvNet). Its outputs are y, μ and σ (C each); the last two are statistics, of
 * which there is no gradient. `BatchNormalizationGradient` of dy, x, gain and σ gives
 *
 *     dbias = Σ dy,   dgain = Σ dy·(x − μ)/σ,   dx = gain/σ · (dy − dbias/M − (x − μ)/σ · dgain/M)
 *
 * @throws DifferentiationError when the objective depends on the statistics
 */
export const batchNormalization: Rule = ({ g, node, dy, gradientOf }) => {
  if (gradientOf(1) !== undefined || gradientOf(2) !== undefined) {
    throw new DifferentiationError(
      `${node.operator} '${node.name}': its mean and deviation are statistics that no gradient goes through; the objective must not depend on them.`,
    );
  }
  const [x, gain] = node.inputs;
  const deviation = node.outputs[2];
  return g.ops("BatchNormalizationGradient", [dy, x, gain, deviation], 3, {}, COMPOSITE);
};
