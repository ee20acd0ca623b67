import { metricNamed } from "../../blocks/loss/metrics.js";
import { text, type ValueOf, whole } from "../../values/kind.js";
import { optional, record, required } from "../../values/record.js";
import type { EpochStatistics } from "../statistics/epoch-statistics.js";

/** When to stop early, as JSON has it. */
export const EARLY_STOPPING = record({
  /** the number of epochs without a better value after which training ends */
  patience: required(whole(1), "stop after so many epochs in which validation was not better, and keep the best one"),
  /** what is to become better on validation: "objective", or the name of a metric that a loss measures, such as "top1Error"; "objective" */
  measure: optional(text()),
});

/** When training ends before its last epoch: once validation has not become better for a while. */
export type EarlyStopping = ValueOf<typeof EARLY_STOPPING>;

/** The best epoch of a history, and how long ago it was. */
export interface Progress {
  /** the number of the best epoch, the first one where several are equal; 0 where there is none */
  readonly best: number;
  /** whether so many epochs without a better value came after it that training ends */
  readonly exhausted: boolean;
}

/**
 * How far training has come. It depends on the history alone, so that a run that is resumed ends where it would have ended.
 *
 * @example
 * const statistics = (objective: number) => ({ objective, metrics: {}, imagesPerSecond: 1 });
 * const history = [0.5, 0.3, 0.4, 0.3].map((objective) => ({ validation: statistics(objective) }));
 * progressOf(history, { patience: 3 }); // {"best": 2, "exhausted": false}
 */
export function progressOf(
  history: readonly Pick<EpochStatistics, "validation">[],
  { patience, measure = "objective" }: EarlyStopping,
): Progress {
  const sign = measure !== "objective" && metricNamed(measure).better === "higher" ? -1 : 1;
  let [best, lowest] = [0, Number.POSITIVE_INFINITY];
  history.forEach(({ validation }, i) => {
    const value =
      sign * ((measure === "objective" ? validation?.objective : validation?.metrics[measure]) ?? Number.NaN);
    if (value < lowest) [best, lowest] = [i + 1, value];
  });
  return { best, exhausted: history.length - best >= patience };
}

/**
 * The epoch that was best on validation: that of the lowest objective, of several the first. The error of a few hundred samples is a count of
 * mistakes, of which some epoch in the midst of training has fewer by luck; the objective also counts how sure the network was of each.
 *
 * @returns its number from 1; 0 where nothing was measured
 * @example
 * const epoch = (top1Error: number, objective: number) => ({ validation: { objective, metrics: { top1Error }, imagesPerSecond: 1 } });
 * bestEpoch([epoch(0.2, 0.7), epoch(0.1, 0.4), epoch(0.1, 0.3), epoch(0.3, 0.5)]); // 3
 */
export const bestEpoch = (history: readonly Pick<EpochStatistics, "validation">[]): number =>
  progressOf(history, { patience: Number.POSITIVE_INFINITY }).best;

/**
 * Why the model of an epoch is the one that is kept, in words.
 *
 * @param epoch from 1
 * @example
 * const epochs = [0.3, 0.2, 0.4].map((objective) => ({ validation: { objective, metrics: {}, imagesPerSecond: 1 } }));
 * [2, 3].map((epoch) => whyKept(epochs, epoch)); // ["the one of the lowest validation objective", "the last"]
 */
export function whyKept(history: readonly Pick<EpochStatistics, "validation">[], epoch: number): string {
  if (bestEpoch(history) === epoch) return "the one of the lowest validation objective";
  return epoch === history.length ? "the last" : "the best by what early stopping looks at";
}
