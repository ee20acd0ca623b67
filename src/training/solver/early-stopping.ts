import { metricNamed } from "../../blocks/loss/metrics.js";
import { expectWhole } from "../../values/range.js";
import type { EpochStatistics } from "../statistics/epoch-statistics.js";

/** When training ends before its last epoch: once validation has not become better for a while. */
export interface EarlyStopping {
  /** the number of epochs without a better value after which training ends */
  readonly patience: number;
  /** what is to become better on validation: "objective", or the name of a metric that a loss measures, such as "top1Error"; "objective" */
  readonly measure?: string;
}

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

/** @throws RangeError when the patience is not a whole number of at least 1 */
export const expectEarlyStopping = ({ patience }: EarlyStopping): void => expectWhole("patience", [patience], 1);
