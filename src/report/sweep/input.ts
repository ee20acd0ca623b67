import type { MeasuredError } from "../../search/certainty.js";
import type { SettingValues, Space } from "../../search/space.js";

/** A trial of a search, as its page shows it. */
export interface ShownTrial {
  /** from 1 */
  readonly number: number;
  readonly values: SettingValues;
  /** the validation errors after each epoch, a list for each seed */
  readonly curves: readonly (readonly number[])[];
  /** epochs after which it was last compared */
  readonly epochs: number;
  /** its error after these; undefined where it has come to no comparison */
  readonly measured?: MeasuredError;
  /** why it could not be trained any further */
  readonly failed?: string;
}

/** A trial that was measured. */
export type MeasuredTrial = ShownTrial & { readonly measured: MeasuredError };

/** What a page of a search is made of. */
export interface SweepInput {
  readonly title: string;
  /** what is recognised */
  readonly name: "pictures" | "letters";
  readonly space: Space;
  readonly strategy: "grid" | "random" | "asha";
  /** epochs after which trials are compared, as the first trial has them */
  readonly rungs: readonly number[];
  /** samples that each error is measured by */
  readonly samples: number;
  readonly seeds: number;
  /** how many trials there are to be */
  readonly planned: number;
  /** those that have begun, the best first */
  readonly trials: readonly ShownTrial[];
  readonly best: ShownTrial;
  /** numbers of the trials that cannot be told apart from the best */
  readonly tied: readonly number[];
  /** whether all was trained that was meant to be */
  readonly complete: boolean;
  /** what trains with the best settings */
  readonly command: string;
  /** all settings of the search, by name */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** The epochs after which all trials that were measured can be compared: the first rung, or all of those of each where they are not compared on the way. */
export const firstRung = ({ strategy, rungs }: Pick<SweepInput, "strategy" | "rungs">): number | undefined =>
  strategy === "asha" ? rungs[0] : undefined;

/** The error of a trial by which it is compared with all others: the mean of its seeds after so many epochs, or after all of its own. */
export function comparableError({ curves, measured }: ShownTrial, epochs: number | undefined): number | undefined {
  if (epochs === undefined) return measured?.error;
  const errors = curves.flatMap((curve) => curve[epochs - 1] ?? []);
  return errors.length < curves.length ? undefined : errors.reduce((sum, error) => sum + error, 0) / errors.length;
}
