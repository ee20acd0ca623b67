import { metricNamed } from "../../blocks/loss/metrics.js";
import { text, type ValueOf, whole } from "../../values/kind.js";
import { optional, record, required } from "../../values/record.js";
import { type EpochStatistics, measuredIn } from "../statistics/epoch-statistics.js";

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
 * The epoch that was best on validation: by what the losses measure first, such as the error; of several the one of the lowest objective, and of
 * those the first.
 *
 * @returns its number from 1; 0 where nothing was measured
 * @example
 * const epoch = (top1Error: number, objective: number) => ({ validation: { objective, metrics: { top1Error }, imagesPerSecond: 1 } });
 * bestEpoch([epoch(0.2, 0.7), epoch(0.1, 0.4), epoch(0.1, 0.3), epoch(0.3, 0.2)]); // 3
 */
export function bestEpoch(history: readonly Pick<EpochStatistics, "validation">[]): number {
  let best: { readonly epoch: number; readonly value: number; readonly objective: number } | undefined;
  history.forEach(({ validation }, i) => {
    if (!validation) return;
    const { objective } = validation;
    const [first] = measuredIn(validation);
    const value = first === undefined ? objective : first.better === "higher" ? -first.value : first.value;
    if (Number.isNaN(value)) return;
    if (!best || value < best.value || (value === best.value && objective < best.objective)) {
      best = { epoch: i + 1, value, objective };
    }
  });
  return best?.epoch ?? 0;
}
