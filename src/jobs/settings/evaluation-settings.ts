import { PARTS } from "../../data/sources/dataset.js";
import { GROUPING } from "../../data/sources/grouping.js";
import { flag, text, word } from "../../values/kind.js";
import { FITS } from "../../values/preprocessing.js";
import { defaulted, optional, record } from "../../values/record.js";
import { DEFINE } from "./define-settings.js";
import { ENGINE } from "./engine-settings.js";

/** Whether classes are grades. */
export const ORDERED = defaulted(flag(), false, "the classes are grades in order: weigh how far off a mistake is");

/** What `evaluateModel` is told. */
export const EVALUATE_MODEL = record({
  ...GROUPING,
  ...ENGINE,
  ...DEFINE,
  /** only this part of the data; with a split "validation", else all */
  part: optional(word(PARTS), "only this part of the data"),
  /** a file with the split that tells which pictures are in the part, such as a run's `split.json` */
  split: optional(text(), "the split that tells which pictures are in the part (split.json of a run)"),
  /** how a picture comes to a size of other proportions, where the model, of an earlier version, does not say it */
  fit: optional(word(FITS), "how a picture comes to other proportions, where the model does not say it"),
  ordered: ORDERED,
  /** the `predictions.csv` of another model on the same pictures, to compare with */
  against: optional(text(), "the predictions.csv of another model on the same pictures, to compare with"),
  /** where the page goes */
  folder: optional(text(), "where the page goes (runs/ and the names of model and data)"),
});
