/** What the layers have in common that learn by gradients: pairs of multipliers; and those with filters and biases. */

import type { Initialization, LayerBase, LayerOptions, ParameterSpec } from "../block.js";
import type { Fields } from "../fields.js";

/** Multipliers of the run's learning rate and weight decay for a layer's two parameters. */
export interface Multipliers {
  readonly learningRate: readonly [number, number];
  readonly weightDecay: readonly [number, number];
}

/** The first (0) or second (1) parameter of a layer, learned by gradients. */
export const learned = (
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
export interface FilterBank extends LayerBase, Multipliers {
  readonly filters: number;
  readonly groups: number;
  readonly biases: boolean;
  readonly initialization: Initialization;
}

/** The options of a layer with filters and biases; every one has a default. */
export interface FilterBankOptions extends LayerOptions {
  /** the channels are cut into this many groups, each with its own share of the filters; 1 */
  readonly groups?: number;
  /** whether each filter has a bias; true */
  readonly biases?: boolean;
  /** how the filters begin; Gaussian with deviation 0.01. Biases begin at zero. */
  readonly initialization?: Initialization;
  /** multipliers of the run's learning rate: filters, biases; 1, 1. Zero freezes. */
  readonly learningRate?: readonly [number, number];
  /** multipliers of the run's weight decay: filters, biases; 1, 1 */
  readonly weightDecay?: readonly [number, number];
}

/** The options that are given, and the defaults of those that are not. */
export const filterBank = (options: FilterBankOptions): Required<Omit<FilterBankOptions, keyof LayerOptions>> => ({
  groups: options.groups ?? 1,
  biases: options.biases ?? true,
  initialization: options.initialization ?? { type: "gaussian", deviation: 0.01 },
  learningRate: options.learningRate ?? [1, 1],
  weightDecay: options.weightDecay ?? [1, 1],
});

/** Filters of a shape, and their biases where the layer has any. */
export function bankParameters(layer: FilterBank, shape: readonly number[]): ParameterSpec[] {
  const filters = learned(layer, 0, "filters", shape, layer.initialization);
  return layer.biases ? [filters, learned(layer, 1, "biases", [layer.filters], { type: "zeros" })] : [filters];
}

/** The options that JSON holds. */
export const bankFrom = (fields: Fields): FilterBankOptions => ({
  ...fields.placed(),
  groups: fields.number("groups"),
  biases: fields.flag("biases"),
  initialization: fields.initialization("initialization"),
  learningRate: fields.numbers("learningRate", 2),
  weightDecay: fields.numbers("weightDecay", 2),
});
