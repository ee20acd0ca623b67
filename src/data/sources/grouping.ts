/** Which pictures belong together, as plain data: it can be handed to another thread. */

import { defined } from "../../values/defined.js";
import { type Kind, text } from "../../values/kind.js";
import { wrongKind } from "../../values/place.js";
import { type OptionsOf, optional } from "../../values/record.js";
import { type DatasetOptions, fewOf, sameName } from "./dataset.js";

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

/** How the group of a path is found. */
export interface GroupRule {
  of(this: void, path: string): string | undefined;
  /** what it is called in messages */
  readonly text: string;
}

/** The rule that options give. Paths and groups that differ in their Unicode form only are the same to it. */
export function groupRule(groupOf: DatasetOptions["groupOf"]): GroupRule | undefined {
  if (groupOf === undefined) return undefined;
  const isPattern = groupOf instanceof RegExp;
  const find = isPattern
    ? (
        (pattern) => (name: string) =>
          groupIn(name, pattern)
      )(new RegExp(sameName(groupOf.source), groupOf.flags))
    : groupOf;
  return {
    of(path) {
      const group = find(sameName(path));
      return group === undefined || group === "" ? undefined : sameName(group);
    },
    text: isPattern ? `the pattern ${groupOf.source}` : "the rule for groups",
  };
}

/** What is said where a rule finds no group at all. */
export const noGroupsFound = (path: string, { text }: GroupRule, names: readonly string[]): Error =>
  new Error(`${path}: ${text} finds no group in any of the ${names.length} paths, such as ${fewOf(names, 2)}.`);

/** What belongs together, as `openDataset` wants it. */
export const datasetOptions = ({
  group,
  groupBy,
  order,
}: Grouping & Pick<DatasetOptions, "order">): DatasetOptions => ({
  ...defined({ groupColumn: group, groupOf: groupBy, order }),
});
