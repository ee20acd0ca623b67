import { Command } from "commander";
import type { CrossvalidateEvent } from "../../jobs/crossvalidation/crossvalidate-file.js";
import { evaluationText } from "../../report/evaluation/evaluation-text.js";
import { defined } from "../../values/defined.js";
import { whole } from "../options/options.js";
import { type PictureFlags, pictureSettings, withPictureOptions } from "../options/picture-options.js";
import { followJob } from "../progress/follow-job.js";
import { durationText } from "../progress/progress.js";

interface Flags extends PictureFlags {
  readonly folds: number;
  readonly parallel?: number;
  readonly ordered: boolean;
  readonly out?: string;
  readonly fresh: boolean;
}

/** `bellpepper crossvalidate` */
export const crossvalidateCommand = (): Command =>
  withPictureOptions(
    new Command("crossvalidate")
      .description(
        "train as often as there are folds, so that every picture is judged by a network that has not seen it",
      )
      .argument("<data>", "a folder with a folder of pictures for each class, or a .csv or .jsonl list"),
  )
    .option("--folds <count>", "parts that the pictures are divided into; those of a group stay together", whole(2), 5)
    .option("--parallel <count>", "folds that are trained at the same time (as many as there are threads)", whole(1))
    .option("--ordered", "the classes are grades in order: weigh how far off a mistake is", false)
    .option("--out <folder>", "where to (runs/ and the name of the data, with -folds)")
    .option("--fresh", "forget what was done in that folder", false)
    .action(async (data: string, flags: Flags) => {
      process.exitCode = await crossvalidateWith(data, flags);
    });

async function crossvalidateWith(data: string, flags: Flags): Promise<number> {
  const { out, folds, parallel, ordered, fresh, group, groupBy } = flags;
  const options = {
    ...pictureSettings(flags),
    ...defined({ folder: out, parallel, group, groupBy }),
    folds,
    ordered,
    fresh,
  };
  const { crossvalidate } = await import("../../jobs/crossvalidation/crossvalidate-file.js");
  return followJob(
    (signal) => crossvalidate(data, { ...options, signal }),
    (event) => textOf(event, ordered),
  );
}

/** How the pictures are divided, how well they were told apart, and what was made. */
function textOf(event: CrossvalidateEvent, ordered: boolean): string {
  if (event.type === "divided") {
    const { dataset, splits } = event;
    return `${dataset.items.length} pictures of ${dataset.classes.length} classes in ${splits.length} folds\n`;
  }
  if (event.type === "predicted") return `\n${evaluationText(event.table, { ordered })}\n`;
  if (event.type !== "done") return "";
  const { predictions, page } = event.result.files;
  return `predictions  ${predictions}\npage         ${page}\n${durationText(event.seconds)} in all\n`;
}
