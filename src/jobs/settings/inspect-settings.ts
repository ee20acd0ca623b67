import { text } from "../../values/kind.js";
import { optional, record } from "../../values/record.js";
import { DEFINE } from "./define-settings.js";
import { ENGINE } from "./engine-settings.js";
import { WHY_NOT } from "./explain-settings.js";
import { FOREIGN } from "./foreign-settings.js";

/** What `inspectModel` is told. */
export const INSPECT = record({
  /** pictures that the model is looked at by, beside those that are given; a data set as `openDataset` takes it */
  data: optional(text(), "a data set: without pictures, one of each of a few classes is looked at"),
  ...WHY_NOT,
  /** the name of a layer; the one that the last layer with weights reads */
  layer: optional(text(), "the layer whose values place the pictures of a data set (the last before the classifier)"),
  ...FOREIGN,
  ...ENGINE,
  ...DEFINE,
  /** where the page goes; `runs/NAME-inside` */
  folder: optional(text(), "where the page goes (runs/ and the name of the model, -inside)"),
});
