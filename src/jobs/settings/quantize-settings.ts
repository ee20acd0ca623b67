import { PARTS } from "../../data/sources/dataset.js";
import { path, whole, word } from "../../values/kind.js";
import { defaulted, optional, record } from "../../values/record.js";
import { DEFINE } from "./define-settings.js";
import { ENGINE } from "./engine-settings.js";
import { EVALUATE_MODEL } from "./evaluation-settings.js";
import { FOREIGN } from "./foreign-settings.js";

/** What `quantizePictures` is told. */
export const QUANTIZE = record({
  ...FOREIGN,
  threads: ENGINE.threads,
  ...DEFINE,
  /** so many pictures say in which ranges the numbers of the network lie; of fewer than twice as many, half */
  calibration: defaulted(whole(1), 128, "so many pictures say in which ranges the network's numbers lie"),
  /** decides which pictures they are */
  seed: defaulted(whole(0), 1, "decides which pictures these are"),
  /** a file with the split of a run: the pictures for the ranges are taken from the training part */
  split: EVALUATE_MODEL.fields.split,
  /** what is measured; the pictures that are not for the ranges, of a split those for validation */
  part: optional(word(PARTS), "measure only this part of the data"),
  /** where the model goes; `runs/NAME-int8.onnx` */
  out: optional(path(), "where the model in 8 bits goes (runs/ and the name of the model, -int8.onnx)"),
});
