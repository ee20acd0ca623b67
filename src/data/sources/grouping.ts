/** Which pictures belong together, as plain data: it can be handed to another thread. */

import { defined } from "../../values/defined.js";
import { type Kind, text } from "../../values/kind.js";
import { wrongKind } from "../../values/place.js";
import { type OptionsOf, optional } from "../../values/record.js";
import type { DatasetOptions } from "./dataset.js";

/** A regular expression with a group. */
const pattern: Kind<RegExp> = {
  expected: "a regular expression with a group, such as '(patient\\d+)'",
  parse(given) {
    try {
      // the empty alternative matches anything, and tells how many groups there are
      const groups = (new RegExp(`${given}|`).exec("")?.length ?? 1) - 1;
      return groups > 0 ? new RegExp(given) : given;
    } catch {
      return given;
    }
  },
  take(value, at) {
    if (!(value instanceof RegExp)) throw wrongKind(at, pattern.expected, value);
    return value;
  },
};

/** Which pictures belong together, such as those of a patient: they stay on one side of a split. */
export const GROUPING = {
  /** the column of a list */
  group: optional(text(), "the column of a list that names what belongs together, such as the patient (group)"),
  /** a regular expression whose first group names it in a path */
  groupBy: optional(pattern, "a regular expression whose first group names it in a picture's path"),
};

/** Which pictures belong together; see {@link GROUPING}. */
export type Grouping = OptionsOf<typeof GROUPING>;

/** What a regular expression finds in a path, such as the patient: its first group that took part. */
export const groupIn = (path: string, pattern: RegExp): string | undefined =>
  pattern
    .exec(path)
    ?.slice(1)
    .find((part) => part !== undefined);

/** What belongs together, as `openDataset` wants it. */
export const datasetOptions = ({ group, groupBy }: Grouping): DatasetOptions => ({
  ...defined({ groupColumn: group }),
  ...(groupBy ? { groupOf: (path) => groupIn(path, groupBy) } : {}),
});
