import { Command } from "commander";
import type { TrainPicturesEvent } from "../../jobs/pictures/train-pictures-file.js";
import { defined } from "../../values/defined.js";
import { UsageError } from "../failure.js";
import { number } from "../options/options.js";
import { type PictureFlags, pictureSettings, withPictureOptions } from "../options/picture-options.js";
import { followJob } from "../progress/follow-job.js";
import { durationText } from "../progress/progress.js";
import { choicesText } from "../text/job-text.js";
import { trainOcrCommand } from "./train-ocr.js";

interface TrainFlags extends PictureFlags {
  readonly validation: number;
  readonly split?: string;
  readonly out?: string;
  readonly fresh: boolean;
}

/** `bellpepper train` */
export const trainCommand = (): Command =>
  withPictureOptions(
    // What stands behind `ocr` belongs to it, also where the two have options of the same name.
    new Command("train")
      .enablePositionalOptions()
      .description("train a network: on your own pictures, or `train ocr`, the lecture's network for letters")
      .argument(
        "[data]",
        "a folder with a folder of pictures for each class, a .csv or .jsonl list, or MNIST's or CIFAR's files",
      ),
  )
    .option("--validation <share>", "the share of the pictures to measure by", number(0, { open: true, below: 1 }), 0.2)
    .option("--split <file>", "use a split that was saved (split.json of another run)")
    .option("--out <folder>", "the folder of the run (runs/ and the name of the data)")
    .option("--fresh", "forget an earlier run in that folder", false)
    .action(async (data: string | undefined, flags: TrainFlags) => {
      if (data === undefined) throw new UsageError("train: expected `ocr`, or a folder or list of pictures.");
      process.exitCode = await trainOn(data, flags);
    })
    .addCommand(trainOcrCommand());

async function trainOn(
  data: string,
  { out, fresh, validation, split, group, groupBy, ...flags }: TrainFlags,
): Promise<number> {
  const settings = {
    ...pictureSettings(flags),
    ...defined({ folder: out, split, group, groupBy }),
    fresh,
    validation,
  };
  const { trainPictures } = await import("../../jobs/pictures/train-pictures-file.js");
  return followJob((signal) => trainPictures(data, { ...settings, signal }), textOf);
}

/** What is trained on what, and what was chosen for the user, and why; and what was made. */
function textOf(event: TrainPicturesEvent): string {
  if (event.type === "prepared") {
    const { counts, classes, shape, choices } = event;
    const size = `${shape.width}×${shape.height}×${shape.channels}`;
    return `${counts.training} pictures to train on, ${counts.validation} to validate, ${classes.length} classes, ${size}\n${choicesText(choices)}`;
  }
  if (event.type !== "done") return "";
  const { model, page } = event.result.files;
  return `model    ${model}\nreport   ${page}\n${durationText(event.seconds)} in all\n`;
}
