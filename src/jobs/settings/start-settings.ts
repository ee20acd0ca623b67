import { either, number, path, text, whole } from "../../values/kind.js";
import { optional } from "../../values/record.js";
import { FOREIGN } from "./foreign-settings.js";

/** What stays as the start model has it, where it is a word. */
export const FREEZES = ["all-but-head", "none"] as const;

const NAMED = text("all-but-head, none, a number of layers, or the name of a layer", /./);

/** What a training is told that begins with a trained model. */
export const START = {
  /** a model to begin with: a file of ours or of another toolbox (see `readAnyModel`), or the weights of a network of the zoo; its last layer is learned anew */
  from: optional(
    path(),
    "begin with a trained model, whose last layer is learned anew: a file of ours or of another toolbox, or weights of a network that has a name",
  ),
  /** how its pictures are prepared, where its file does not say it; see `readPreparation` */
  prepare: FOREIGN.prepare,
  /** the layers that stay as the model has them: "all-but-head", "none", the first so many, or all up to one of a name; "all-but-head" */
  freeze: optional(
    either<string | number, string | number>(
      NAMED.expected,
      (value) => (typeof value === "number" ? whole(1) : typeof value === "string" ? NAMED : undefined),
      (given) => (/^\d+$/.test(given) ? Number(given) : given),
    ),
    "what stays as the model has it: all-but-head, none, the first layers by their number, or all up to a layer's name (all-but-head)",
  ),
  /** epochs after which what was frozen learns, too; never unless given */
  unfreezeAfter: optional(whole(1), "epochs after which what was frozen learns, too (never)"),
  /** the factor of the learning rate of all layers but the head, where they learn; 0.1 */
  rates: optional(
    number({ above: 0 }),
    "the factor of the learning rate of all layers but the new one, where they learn (0.1)",
  ),
};
