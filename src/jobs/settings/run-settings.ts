import { flag, path } from "../../values/kind.js";
import { defaulted, optional } from "../../values/record.js";

/** What every job is told that trains in a folder. */
export const RUN = {
  /** the folder of the run; named after the data */
  folder: optional(path(), "the folder of the run (runs/ and the name of the data)"),
  /** forget an earlier run in that folder */
  fresh: defaulted(flag(), false, "forget an earlier run in that folder"),
};
