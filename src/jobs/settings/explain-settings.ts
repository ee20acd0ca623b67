import { METHOD_NAMES } from "../../inspection/attribution/methods.js";
import { flag, text, word } from "../../values/kind.js";
import { defaulted, optional, type RecordOf } from "../../values/record.js";

/** Whether it is shown why a model says what it says. */
export const EXPLAIN = {
  explain: defaulted(
    flag(),
    false,
    "show where in pictures the evidence lies: why they are called so, or taken for others",
  ),
  /** the method; Grad-CAM where the network has a layer with places; then `explain` is on */
  explainBy: optional(word(METHOD_NAMES), "by this method, in place of Grad-CAM; implies --explain"),
};

/** What is asked about, and where it is looked for. */
export const WHY_NOT = {
  /** the name of a class; the one that is likeliest beside what is said */
  whyNot: optional(text(), "why not this class? (the one that is second likeliest)"),
  /** the name of a layer; the last map before the mean over all places or the first fully connected layer */
  mapLayer: optional(text(), "the layer whose maps Grad-CAM and the like look at (the last that has places)"),
};

/** Whether it is asked why a model says what it says. */
export const isExplained = ({
  explain,
  explainBy,
  whyNot,
  mapLayer,
}: Partial<RecordOf<typeof EXPLAIN & typeof WHY_NOT>>): boolean =>
  explain === true || explainBy !== undefined || whyNot !== undefined || mapLayer !== undefined;
