/** What the layers have in common that learn by gradients: pairs of multipliers; and those with filters and biases. */

import { flag, number, two, whole } from "../../values/kind.js";
import { defaulted, type RecordOf, required } from "../../values/record.js";
import { INITIALIZATION, type Initialization, type ParameterSpec } from "../block.js";

/** Multipliers of the run's learning rate or weight decay for a layer's two parameters. */
export const multipliers = () => defaulted(two(number({ least: 0 })), [1, 1]);

/** Multipliers of the run's learning rate and weight decay for a layer's two parameters. */
interface Multipliers {
  readonly learningRate: readonly [number, number];
  readonly weightDecay: readonly [number, number];
}

/** The first (0) or second (1) parameter of a layer, learned by gradients. */
export const learnedParameter = (
  { learningRate, weightDecay }: Multipliers,
  i: 0 | 1,
  name: string,
  shape: readonly number[],
  initialization: Initialization,
): ParameterSpec => ({
  name,
  shape,
  initialization,
  update: "gradient",
  learningRate: learningRate[i],
  weightDecay: weightDecay[i],
});

/** The fields of a layer with filters and biases. */
export const FILTER_BANK = {
  /** how many filters there are: the channels of the output */
  filters: required(whole(1)),
  /** the channels are cut into this many groups, each with its own share of the filters; 1 */
  groups: defaulted(whole(1), 1),
  /** whether each filter has a bias; true */
  biases: defaulted(flag(), true),
  /** how the filters begin; Gaussian with deviation 0.01. Biases begin at zero. */
  initialization: defaulted(INITIALIZATION, { type: "gaussian", deviation: 0.01 }),
  /** multipliers of the run's learning rate: filters, biases; 1, 1. Zero freezes. */
  learningRate: multipliers(),
  /** multipliers of the run's weight decay: filters, biases; 1, 1 */
  weightDecay: multipliers(),
};

/** Filters of a shape, and their biases where the layer has any. */
export function bankParameters(layer: RecordOf<typeof FILTER_BANK>, shape: readonly number[]): ParameterSpec[] {
  const filters = learnedParameter(layer, 0, "filters", shape, layer.initialization);
  return layer.biases ? [filters, learnedParameter(layer, 1, "biases", [layer.filters], { type: "zeros" })] : [filters];
}
