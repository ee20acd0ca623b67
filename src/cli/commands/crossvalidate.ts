import { Command } from "commander";
import { launchOf } from "../../cluster/launch-file.js";
import type { MethodName } from "../../inspection/attribution/methods.js";
import type { CrossvalidateEvent, CrossvalidateFoldEvent } from "../../jobs/crossvalidation/crossvalidate-file.js";
import { CROSSVALIDATE, ONLY_FOLD } from "../../jobs/settings/crossvalidate-settings.js";
import { errorInterval, intervalText } from "../../report/evaluation/evaluation-figures.js";
import { evaluationText } from "../../report/evaluation/evaluation-text.js";
import { percentText } from "../../report/page/text/words.js";
import { wrapLines } from "../../report/page/text/wrap.js";
import { UsageError } from "../failure.js";
import { EXPLAIN_OPTIONS } from "../options/explain-options.js";
import { withFields } from "../options/field-options.js";
import { type PictureFlags, pictureSettings, withPictureOptions } from "../options/picture-options.js";
import { usable } from "../options/usage.js";
import { followTogether } from "../progress/follow-together.js";
import { durationText } from "../progress/progress.js";
import { filesText } from "../text/closing-text.js";

type Flags = PictureFlags & {
  readonly folds: number;
  readonly onlyFold?: number;
  readonly parallel?: number;
  readonly final: boolean;
  readonly ordered: boolean;
  readonly order?: readonly string[];
  readonly explain: boolean;
  readonly explainBy?: MethodName;
  readonly out?: string;
  readonly fresh: boolean;
};

/** `bellpepper crossvalidate` */
export const crossvalidateCommand = (): Command =>
  withFields(
    withPictureOptions(
      new Command("crossvalidate")
        .description(
          "train as often as there are folds, so that every picture is judged by a network that has not seen it",
        )
        .argument("<data>", "a folder with a folder of pictures for each class, or a .csv or .jsonl list"),
    ),
    { ...CROSSVALIDATE.fields, ...ONLY_FOLD },
    {
      folds: "count",
      onlyFold: "number",
      parallel: "count",
      final: "--final",
      ordered: "--ordered",
      order: "classes",
      ...EXPLAIN_OPTIONS,
      folder: "--out <folder>",
      fresh: "--fresh",
    },
  ).action(async (data: string, flags: Flags) => {
    const { out: folder, folds, parallel, final, ordered, order, explain, explainBy, fresh, group, groupBy } = flags;
    const { onlyFold } = flags;
    if (final && flags.schedule === "plateau") {
      throw new UsageError(
        "--final trains on all pictures; --schedule plateau looks at how well others are recognised.",
      );
    }
    if (onlyFold !== undefined && onlyFold > folds) {
      throw new UsageError(`--only-fold ${onlyFold}: expected 1 to ${folds}, the number of folds.`);
    }
    if (onlyFold !== undefined && launchOf()) {
      throw new UsageError(
        `--only-fold ${onlyFold} is trained by one process: leave it out, and those that were started together share all folds.`,
      );
    }
    const options = usable(CROSSVALIDATE, {
      ...pictureSettings(flags),
      folder,
      folds,
      parallel,
      final,
      ordered,
      order,
      explain,
      explainBy,
      fresh,
      group,
      groupBy,
    });
    const { crossvalidate, crossvalidateFold } = await import("../../jobs/crossvalidation/crossvalidate-file.js");
    process.exitCode = await followTogether<CrossvalidateEvent | CrossvalidateFoldEvent>(
      (doing) =>
        onlyFold === undefined
          ? crossvalidate(data, { ...options, ...doing })
          : crossvalidateFold(data, onlyFold, { ...options, ...doing }),
      (event) => textOf(event, ordered || order !== undefined),
    );
  });

/** How the pictures are divided, how well they were told apart, and what was made. */
function textOf(event: CrossvalidateEvent | CrossvalidateFoldEvent, ordered: boolean): string {
  if (event.type === "divided") {
    const { dataset, splits, folds } = event;
    const alone = folds.length < splits.length ? `, of which fold ${folds[0] + 1} is trained here` : "";
    return `${dataset.items.length} pictures of ${dataset.classes.length} classes in ${splits.length} folds${alone}\n`;
  }
  if (event.type === "prepared")
    return `\none model from all ${event.counts.training} pictures, as the folds were trained\n`;
  if (event.type === "predicted") return `\n${evaluationText(event.table, { ordered })}\n`;
  if (event.type !== "done") return "";
  if ("fold" in event.result) {
    const { fold, files } = event.result;
    const rest = "the same command without --only-fold gathers the folds that are done, and trains those that are not";
    const took = `${durationText(event.seconds)} in all\n`;
    return `\n${filesText({ ...files })}${wrapLines(`fold ${fold + 1} is done; ${rest}`)}\n${took}`;
  }
  const { files, final, next, predictions } = event.result;
  const made = { predictions: files.predictions, page: files.page };
  const took = `${durationText(event.seconds)} in all\n`;
  if (!final) return `\n${filesText(made, next)}${took}`;
  const interval = errorInterval(predictions);
  return (
    `\n${wrapLines(`the error to expect of the model: ${percentText(interval.error)} (${intervalText(interval)}), or a little less, since it has seen more than the folds`)}\n`.replaceAll(
      "\u00a0",
      " ",
    ) +
    filesText({ model: final.files.model, report: final.files.page, ...made }, next) +
    took
  );
}
