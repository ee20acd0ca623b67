/** What a search says of its best trial: no more than the numbers can bear. */

import { NOISE } from "../../search/certainty.js";
import { percentText, plural } from "../page/text/words.js";
import type { SweepInput } from "./input.js";

/** What is needed for a verdict. */
export type Judged = Pick<
  SweepInput,
  "best" | "tied" | "trials" | "samples" | "seeds" | "name" | "complete" | "planned"
>;

/** "3.24 % ± 0.31 %" */
export const errorText = ({ best }: Pick<SweepInput, "best">): string =>
  best.measured ? `${percentText(best.measured.error)} ± ${percentText(best.measured.standardError)}` : "–";

/** Sentences on how good the best trial is, and whether it is better than the others. */
export function verdict({ best, tied, trials, samples, seeds, name, complete, planned }: Judged): string[] {
  const rivals = trials.filter(({ number, epochs, failed }) => {
    return number !== best.number && epochs === best.epochs && failed === undefined;
  });
  const measured = `${plural(samples, name.slice(0, -1))}${seeds > 1 ? ` and ${seeds} seeds` : ""}`;
  const said = `${errorText({ best })} after ${plural(best.epochs, "epoch")}, with the standard error of ${measured}`;
  const lowest =
    rivals.length === 0
      ? `Trial ${best.number} has an error of ${said}.`
      : `Trial ${best.number} has the lowest error, ${said}.`;
  const sure =
    rivals.length === 0
      ? "No other trial was trained for as long: nothing is compared with it to the end."
      : tied.length === 0
        ? `It is better than the ${plural(rivals.length, "other")} that were trained for as long, each by more than ${NOISE} standard errors of the difference.`
        : `It is not shown to be the best: ${tied.length === 1 ? "trial" : "trials"} ${listText(tied)} cannot be told apart from it, as the ${tied.length === 1 ? "difference is" : "differences are"} within ${NOISE} standard errors. Of these, take the one that costs least.`;
  const failed = trials.filter((trial) => trial.failed !== undefined).map(({ number }) => number);
  return [
    lowest,
    sure,
    ...(trials.length > 1
      ? [
          `The lowest of ${trials.length} measured errors is lower than its own true one, on average: measure the model on other ${name}.`,
        ]
      : []),
    ...(complete
      ? []
      : [
          `The time was over before all was trained: ${trials.length} of ${planned} trials have begun. The same command goes on.`,
        ]),
    ...(failed.length > 0
      ? [
          `${failed.length === 1 ? "Trial" : "Trials"} ${listText(failed)} diverged: the objective was no longer a number. ${failed.length === 1 ? "It counts" : "They count"} as the worst.`,
        ]
      : []),
  ];
}

/** "3, 5 and 9"; of many only the first. */
export function listText(numbers: readonly number[]): string {
  const most = 12;
  if (numbers.length > most) return `${numbers.slice(0, most).join(", ")} and ${numbers.length - most} more`;
  return numbers.length < 2
    ? numbers.join("")
    : `${numbers.slice(0, -1).join(", ")} and ${numbers[numbers.length - 1]}`;
}
