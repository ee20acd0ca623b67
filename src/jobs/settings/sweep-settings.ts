import { GROUPING } from "../../data/sources/grouping.js";
import { flag, number, path, whole, word } from "../../values/kind.js";
import { defaulted, optional, record } from "../../values/record.js";
import { RUN } from "./run-settings.js";
import { TRAINING } from "./training-settings.js";

/** How settings are searched: all combinations, random ones, or random ones of which the best go on. */
export const STRATEGIES = ["grid", "random", "asha"] as const;

/** What a search is told. */
const SWEEP = {
  /** "grid": all combinations; "random": random ones; "asha": random ones, of which the best go on (asynchronous successive halving) */
  strategy: defaulted(
    word(STRATEGIES),
    "random",
    "all combinations, random ones, or random ones of which the best go on",
  ),
  /** how many trials there are, but for a grid; 20, or with `hours` as many as there is time for */
  trials: optional(whole(1, 10_000), "trials, but for a grid (20; with --hours as many as there is time for)"),
  /** numbers of each range in a grid */
  steps: defaulted(whole(2, 1000), 5, "numbers of each range in a grid"),
  /** how often each trial is trained, with other seeds: its error is the mean */
  seeds: defaulted(whole(1, 100), 1, "train each trial so often, with other seeds"),
  /** of asha: the best one of so many goes on */
  reduction: defaulted(whole(2, 100), 3, "with asha the best one of so many goes on"),
  /** of asha: epochs after which trials are compared for the first time, or more */
  firstRung: defaulted(whole(1), 1, "with asha trials are first compared after so many epochs, or more"),
  /** hours after which no more is trained, and what was found is told; the same search goes on when it is asked for again */
  hours: optional(number({ above: 0, most: 500 }), "end after so many hours, and tell what was found"),
  /** decides which settings are drawn, the split, and what each training draws */
  seed: TRAINING.seed,
  /** how many trials are trained at the same time, each with its share of the threads */
  parallel: optional(whole(1), "trials that are trained at the same time (as many as there are threads)"),
  /** where it lives, with a run's folder for each trial, `trial-1` and so on */
  folder: optional(path(), "where to (runs/ and the name of the data, with -sweep)"),
  /** forget what was done in that folder */
  fresh: RUN.fresh,
};

/** What `sweepLetters` is told. */
export const SWEEP_LETTERS = record(SWEEP);

/** What `sweepPictures` is told. */
export const SWEEP_PICTURES = record({
  ...SWEEP,
  ...GROUPING,
  /** the share of the pictures that all trials are measured by */
  validation: defaulted(
    number({ above: 0, below: 1 }),
    0.2,
    "the share of the pictures that all trials are measured by",
  ),
  /** a file with the split to use, such as a run's `split.json` */
  split: optional(path(), "use a split that was saved (split.json of a run)"),
  /** whether one model is trained on all pictures with the best settings; it goes to `final` in the folder */
  final: defaulted(flag(), true, "do not train one model on all pictures with the best settings"),
});
