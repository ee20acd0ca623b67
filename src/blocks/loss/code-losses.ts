/** Losses of codes: what an autoencoder asks of its code beside that the picture can be made from it. They are compared with nothing. */

import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import type { LayerFrom, OptionsFrom } from "../block.js";
import { declareLoss, PENALTY_FIELDS } from "./declare-loss.js";

/** The kind of {@link activityLoss}. */
export const activityKind = declareLoss("activity", "nothing", PENALTY_FIELDS, {
  build: (g, _, x) => g.op("Abs", [x]),
});

/**
 * The sum of a code's numbers without their signs, ℓ = Σ |x|: few of them are then other than 0. Backward: dx = dy·sign(x).
 *
 * @throws RangeError when the weight is below 0
 * @example
 * activityLoss({ weight: 0.001, inputs: ["code"] });
 */
export const activityLoss = (options: OptionsFrom<typeof activityKind> = {}): LayerFrom<typeof activityKind> =>
  activityKind.make(options);

/** The kind of {@link sparsityLoss}. */
export const sparsityKind = declareLoss(
  "sparsity",
  "nothing",
  { ...PENALTY_FIELDS, share: defaulted(number({ above: 0, below: 1 }), 0.05) },
  {
    build(g, { share }, x) {
      const [images = 1, , height = 1, width = 1] = g.shape(x);
      const mean = g.op("ReduceMean", [x, g.ints(0, 2, 3)], { keepdims: 1 });
      // A mean of exactly 0 or 1 has no logarithm.
      const inside = g.op("Clip", [mean, g.scalar(1e-6), g.scalar(1 - 1e-6)]);
      const times = (factor: number, value: string): string => g.op("Mul", [g.op("Log", [value]), g.scalar(factor)]);
      const other = g.op("Sub", [g.scalar(1), inside]);
      const entropy = share * Math.log(share) + (1 - share) * Math.log(1 - share);
      const each = g.op("Sub", [g.scalar(entropy), g.op("Add", [times(share, inside), times(1 - share, other)])]);
      // The loss is one of the batch: each pixel of each image has the same part of it.
      const part = g.op("Mul", [each, g.scalar(1 / (height * width))]);
      return g.op("Expand", [part, g.ints(images, 1, height, width)]);
    },
  },
);

/**
 * How far the units of a code are from being at work in a share ρ of the batch only: with m_k the mean of unit k over the images and pixels of the batch,
 *
 *     ℓ = Σ_k ρ·ln(ρ/m_k) + (1 − ρ)·ln((1 − ρ)/(1 − m_k))
 *
 * for each image (the Kullback–Leibler divergence of Lee et al. 2008 and of Ng's notes on sparse autoencoders). Numbers must lie between 0 and 1, as those of a
 * sigmoid; a mean counts as at least 10⁻⁶ and at most 1 − 10⁻⁶. Backward: dx = Σdy/n·((1 − ρ)/(1 − m) − ρ/m) for n numbers of a mean.
 *
 * @param share ρ; 0.05
 * @throws RangeError when the share is not between 0 and 1, or the weight below 0
 * @example
 * sparsityLoss(0.05, { weight: 3, inputs: ["code"] });
 */
export const sparsityLoss = (
  share?: number,
  options: Omit<OptionsFrom<typeof sparsityKind>, "share"> = {},
): LayerFrom<typeof sparsityKind> => sparsityKind.make({ ...options, share });

/** The kind of {@link gaussianLoss}. */
export const gaussianKind = declareLoss("gaussian", "nothing", PENALTY_FIELDS, { build: gaussianDivergence });

/**
 * How far the normal distributions of a code are from that of mean 0 and deviation 1: with the first half of the channels of x means μ and the second half
 * logarithms s of variances, as {@link drawCode} reads them,
 *
 *     ℓ = ½ Σ (μ² + eˢ − s − 1)
 *
 * the Kullback–Leibler divergence in the bound of a variational autoencoder (Kingma and Welling 2014). Backward: dμ = dy·μ, ds = dy·½(eˢ − 1).
 *
 * @throws RangeError when the weight is below 0
 * @example
 * gaussianLoss({ inputs: ["moments"] });
 */
export const gaussianLoss = (options: OptionsFrom<typeof gaussianKind> = {}): LayerFrom<typeof gaussianKind> =>
  gaussianKind.make(options);

function gaussianDivergence(g: GraphBuilder, _: object, x: string): string {
  const channels = g.shape(x)[1];
  if (channels % 2 !== 0)
    throw new ShapeError(`its ${channels} input channels are not a mean and a logarithm for each number`);
  const [mean, logarithm] = g.ops("Split", [x], 2, { axis: 1, num_outputs: 2 });
  const variance = g.op("Sub", [g.op("Exp", [logarithm]), g.op("Add", [logarithm, g.scalar(1)])]);
  return g.op("Mul", [g.op("Add", [g.op("Mul", [mean, mean]), variance]), g.scalar(0.5)]);
}
