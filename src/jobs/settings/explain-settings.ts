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

/** Which other class is asked about. */
export const WHY_NOT = {
  /** the name of a class; the one that is likeliest beside what is said */
  whyNot: optional(text(), "why not this class? (the one that is second likeliest)"),
};

/** Whether it is asked why a model says what it says. */
export const isExplained = ({
  explain,
  explainBy,
  whyNot,
}: Partial<RecordOf<typeof EXPLAIN & typeof WHY_NOT>>): boolean =>
  explain === true || explainBy !== undefined || whyNot !== undefined;
