/** Losses of attributes: each score has a label of its own, −1 or +1; 0 does not count. */

import type { GraphBuilder } from "../../graph/builder.js";
import { number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import type { LayerFrom, OptionsFrom } from "../block.js";
import { declareLoss, errorFields, LOSS_FIELDS } from "./declare-loss.js";
import { onWrongSide } from "./errors.js";
import { logProbabilities } from "./log-probabilities.js";
import { floorProbabilities } from "./truth.js";

/** What attributes of 0 make nothing of. */
const ofCounted = (g: GraphBuilder, value: string, goal: string): string => g.op("Mul", [value, g.op("Abs", [goal])]);

/** The kind of {@link logisticLoss}. */
export const logisticKind = declareLoss("logistic", "attributes", LOSS_FIELDS, {
  build: (g, _, x, goal) => ofCounted(g, g.op("Softplus", [g.op("Neg", [g.op("Mul", [x, goal])])]), goal),
});

/** The options that every loss has. */
export type LossOptions = OptionsFrom<typeof logisticKind>;

/**
 * The logistic loss of an attribute c = ±1: ℓ = ln(1 + exp(−c·x)), summed over channels and pixels.
 * Backward: dx = −dy·c / (1 + exp(c·x)). It is the loss of one neuron in the lecture. A c of 0 does not count.
 *
 * @throws RangeError when an option is out of range
 * @example
 * logisticLoss({ target: "attributes" });
 */
export const logisticLoss = (options: LossOptions = {}): LayerFrom<typeof logisticKind> => logisticKind.make(options);

/** The kind of {@link binaryLogLoss}. */
export const binaryLogKind = declareLoss("binaryLog", "attributes", LOSS_FIELDS, {
  threshold: () => 0.5,
  build(g, _, x, goal) {
    const logs = logProbabilities(g, x);
    if (logs) {
      const side = g.op("Where", [g.op("Greater", [goal, g.scalar(0)]), logs.yes(), logs.no()]);
      return ofCounted(g, g.op("Neg", [side]), goal);
    }
    // x where c = 1 and 1 − x where c = −1, by themselves: x − ½ + ½ would lose the digits of a small x.
    const yes = g.op("Mul", [g.op("Relu", [goal]), x]);
    const no = g.op("Mul", [g.op("Relu", [g.op("Neg", [goal])]), g.op("Sub", [g.scalar(1), x])]);
    return ofCounted(g, g.op("Neg", [g.op("Log", [floorProbabilities(g, g.op("Add", [yes, no]))])]), goal);
  },
});

/**
 * The binary log-loss of a probability x and an attribute c = ±1: ℓ = −ln(c·(x − ½) + ½), which is −ln x for c = 1 and
 * −ln(1 − x) for c = −1. Backward: dx = −dy / (x + (c − 1)/2), where 10⁻¹² is added to a probability below that.
 * Where its input is the output of `sigmoid()` or `softmax()`, it is computed from the scores behind those, exactly for all of them, and the
 * derivative goes to the scores: after a sigmoid it is {@link logisticLoss}. Other probabilities next to 1 have few digits. A c of 0 does not count.
 *
 * @throws RangeError when an option is out of range
 * @example
 * binaryLogLoss();
 */
export const binaryLogLoss = (options: LossOptions = {}): LayerFrom<typeof binaryLogKind> =>
  binaryLogKind.make(options);

/** The kind of {@link hingeLoss}. */
export const hingeKind = declareLoss("hinge", "attributes", LOSS_FIELDS, {
  build: (g, _, x, goal) => ofCounted(g, g.op("Relu", [g.op("Sub", [g.scalar(1), g.op("Mul", [x, goal])])]), goal),
});

/**
 * The hinge loss of an attribute c = ±1: ℓ = max(0, 1 − c·x). Backward: dx = −dy·c where c·x < 1. A c of 0 does not count.
 *
 * @throws RangeError when an option is out of range
 * @example
 * hingeLoss();
 */
export const hingeLoss = (options: LossOptions = {}): LayerFrom<typeof hingeKind> => hingeKind.make(options);

/** The kind of {@link binaryError}. */
export const binaryErrorKind = declareLoss(
  "binaryError",
  "attributes",
  { ...errorFields("binaryError"), threshold: defaulted(number(), 0) },
  {
    slope: false,
    threshold: ({ threshold }) => threshold,
    build: (g, { threshold }, x, goal) => onWrongSide(g, x, threshold, goal),
  },
);

/**
 * The binary error: 1 where the sign of x − threshold is not that of the attribute c = ±1, else 0; a c of 0 does not count.
 * It is measured, and has no slope.
 *
 * @param threshold 0 for scores, 0.5 for probabilities
 * @throws RangeError when an option is out of range
 * @example
 * binaryError(0.5);
 */
export const binaryError = (threshold?: number, options: LossOptions = {}): LayerFrom<typeof binaryErrorKind> =>
  binaryErrorKind.make({ ...options, threshold });
