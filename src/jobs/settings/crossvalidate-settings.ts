import { GROUPING } from "../../data/sources/grouping.js";
import { dependsOnValidation, scheduleOf } from "../../training/solver/schedule.js";
import { flag, path, whole } from "../../values/kind.js";
import { defaulted, optional, record } from "../../values/record.js";
import { expectWorkers } from "./engine-settings.js";
import { GRADES } from "./evaluation-settings.js";
import { EXPLAIN } from "./explain-settings.js";
import { PICTURES } from "./pictures-settings.js";

/** What `crossvalidate` is told. */
export const CROSSVALIDATE = record(
  {
    ...PICTURES.fields,
    ...GROUPING,
    /** where it lives, with a run's folder for each fold, `fold-1` and so on */
    folder: optional(path(), "where to (runs/ and the name of the data, with -folds)"),
    /** parts that the pictures are divided into */
    folds: defaulted(whole(2), 5, "parts that the pictures are divided into; those of a group stay together"),
    /** how many folds are trained at the same time, each with its share of the threads */
    parallel: optional(whole(1), "folds that are trained at the same time (as many as there are threads)"),
    /** then train one model on all pictures, as the folds were trained; it goes to `final` in the folder */
    final: defaulted(flag(), false, "then train one model on all pictures, the one to use"),
    ...GRADES,
    ...EXPLAIN,
    /** forget what was done in that folder */
    fresh: defaulted(flag(), false, "forget what was done in that folder"),
  },
  (settings, refuse) => {
    expectWorkers(settings, refuse);
    const { final, learningRate = 1 } = settings;
    if (!final || !dependsOnValidation(scheduleOf(learningRate))) return;
    refuse("learningRate", "rates that need no validation where a final model is trained on all pictures");
  },
);

/** Which fold `crossvalidate` trains, where it trains but one. */
export const ONLY_FOLD = {
  /** from 1 */
  onlyFold: optional(
    whole(1),
    "train this fold alone, while others are trained elsewhere; the same command without it then gathers them",
  ),
};
