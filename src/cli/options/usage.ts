import { errorText } from "../../values/error-text.js";
import type { Fields, OptionsOf, RecordKind } from "../../values/record.js";
import { UsageError } from "../failure.js";

/**
 * The options of a job, checked before anything is done.
 *
 * @throws UsageError where the job would refuse them
 */
export function usable<F extends Fields>(record: RecordKind<F>, options: OptionsOf<F>): OptionsOf<F> {
  try {
    record.make(options);
  } catch (error) {
    throw new UsageError(errorText(error));
  }
  return options;
}
