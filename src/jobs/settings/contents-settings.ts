import { text } from "../../values/kind.js";
import { optional, type RecordOf, record, required } from "../../values/record.js";

/** The contents of a run, each as a checksum. */
export const CONTENTS = record({
  /** the network's layers, as they were planned */
  layers: required(text()),
  /** the file of the model to begin with */
  start: optional(text()),
  /** the modules of `define` */
  modules: optional(text()),
  /** what their blocks and losses compute */
  definitions: optional(text()),
  /** the samples that are trained on, and measured by: names, labels and pixels */
  training: required(text()),
  validation: required(text()),
});

/** What {@link CONTENTS} declares. */
export type Contents = RecordOf<typeof CONTENTS.fields>;
