import { CUT } from "../../data/slides/cut-options.js";
import { GROUPING } from "../../data/sources/grouping.js";
import { path } from "../../values/kind.js";
import { defaulted, optional, record } from "../../values/record.js";

/** What `cutSlides` is told. */
export const CUT_SLIDES = record({
  ...CUT.fields,
  group: optional(GROUPING.group.kind, "points: the column that names what belongs together (patient, or group)"),
  groupBy: optional(
    GROUPING.groupBy.kind,
    "a regular expression whose first group names it in a slide's path (its name)",
  ),
  /** the folder to make */
  folder: defaulted(path(), "patches", "a new folder for the patches and their list.csv"),
});
