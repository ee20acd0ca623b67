import { list, path } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";

/** What every job is told that reads networks or models. */
export const DEFINE = {
  /** modules that define blocks and losses of one's own (`defineBlock`, `defineLoss`); they are imported before anything is read */
  define: defaulted(
    list(path()),
    [],
    "import a module that defines blocks or losses of your own; may be given several times",
  ),
};
