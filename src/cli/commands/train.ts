import { Command } from "commander";
import type { TrainPicturesEvent } from "../../jobs/pictures/train-pictures-file.js";
import { TRAIN_PICTURES } from "../../jobs/settings/pictures-settings.js";
import { UsageError } from "../failure.js";
import { withFields } from "../options/field-options.js";
import { type PictureFlags, pictureSettings, withPictureOptions } from "../options/picture-options.js";
import { usable } from "../options/usage.js";
import { followTogether } from "../progress/follow-together.js";
import { trainedText } from "../text/closing-text.js";
import { choicesText, preparedText } from "../text/job-text.js";
import { trainOcrCommand } from "./train-ocr.js";

type TrainFlags = PictureFlags & {
  readonly validation: number;
  readonly split?: string;
  readonly out?: string;
  readonly fresh: boolean;
};

/** `bellpepper train` */
export const trainCommand = (): Command =>
  withFields(
    withPictureOptions(
      // What stands behind `ocr` belongs to it, also where the two have options of the same name.
      new Command("train")
        .enablePositionalOptions()
        .description("train a network: on your own pictures, or `train ocr`, the lecture's network for letters")
        .argument(
          "[data]",
          "a folder with a folder of pictures for each class, a .csv or .jsonl list, or MNIST's or CIFAR's files",
        ),
    ),
    TRAIN_PICTURES.fields,
    { validation: "share", split: "file", folder: "--out <folder>", fresh: "--fresh" },
  )
    .action(async (data: string | undefined, flags: TrainFlags) => {
      if (data === undefined) throw new UsageError("train: expected `ocr`, or a folder or list of pictures.");
      const { out: folder, fresh, validation, split, group, groupBy } = flags;
      expectValidation(flags);
      const asked = { ...pictureSettings(flags), folder, fresh, validation, split, group, groupBy };
      const settings = usable(TRAIN_PICTURES, asked);
      const { trainPictures } = await import("../../jobs/pictures/train-pictures-file.js");
      process.exitCode = await followTogether((doing) => trainPictures(data, { ...settings, ...doing }), textOf);
    })
    .addCommand(trainOcrCommand());

/** @throws UsageError when all pictures are to be trained on, and something asks for those that are not */
function expectValidation({ validation, patience, schedule, split }: TrainFlags): void {
  if (validation > 0) return;
  const [wrong] = [
    ...(patience === undefined ? [] : ["--patience"]),
    ...(schedule === "plateau" ? ["--schedule plateau"] : []),
    ...(split === undefined ? [] : ["--split"]),
  ];
  if (wrong === undefined) return;
  const why = wrong === "--split" ? "says what is measured by" : "looks at how well others are recognised";
  throw new UsageError(`--validation 0 trains on all pictures; ${wrong} ${why}: give one of the two.`);
}

/** What is trained on what, and what was chosen for the user, and why; and what was made. */
function textOf(event: TrainPicturesEvent): string {
  if (event.type === "prepared") {
    const { counts, classes, shape, choices } = event;
    const size = `${shape.width}×${shape.height}×${shape.channels}`;
    return `${preparedText(counts)}, ${classes.length} classes, ${size}\n${choicesText(choices)}`;
  }
  if (event.type !== "done") return "";
  return trainedText(event.result, event.seconds);
}
