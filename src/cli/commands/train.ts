import { join, resolve } from "node:path";
import { Command } from "commander";
import { type Dataset, keyOf } from "../../data/sources/dataset.js";
import { type Split, splitDataset } from "../../data/sources/split.js";
import { readSplit, writeSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/table/predictions.js";
import { writePredictions } from "../../evaluation/table/predictions-file.js";
import { exists } from "../../files/exists-file.js";
import { originsOf } from "../../jobs/pictures/origins.js";
import { type PicturesTask, picturesTask } from "../../jobs/pictures/pictures-task-file.js";
import { nameOf } from "../../jobs/run/name.js";
import { openRun, trainedIn } from "../../jobs/run/run-file.js";
import { writeReport } from "../../report/training/report-file.js";
import { EXIT, UsageError } from "../failure.js";
import { number } from "../options/options.js";
import {
  choicesText,
  openedDataset,
  type PictureFlags,
  pictureSettings,
  toldBroken,
  withPictureOptions,
} from "../options/picture-options.js";
import { followed, resumedText, stoppedText } from "../progress/follow.js";
import { durationText } from "../progress/progress.js";
import { scanProgress } from "../progress/scan-progress.js";
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

async function trainOn(data: string, flags: TrainFlags): Promise<number> {
  const { stdout } = process;
  const started = performance.now();
  const settings = pictureSettings(flags);
  const dataset = await openedDataset(data, flags);
  const name = nameOf(data);
  const folder = flags.out ?? join("runs", name);
  const file = join(folder, "split.json");
  const split = await splitOf(dataset, flags, file);
  const progress = scanProgress(process.stderr, "decoded");
  const task = await picturesTask(dataset, split, { ...settings, onProgress: progress.show }).finally(progress.done);
  toldBroken(task.pictures);
  stdout.write(chosenText(task));
  try {
    const configuration = { ...task.configuration, data: resolve(data), validation: flags.validation };
    const run = await openRun(folder, configuration, task.frame, flags.fresh);
    await writeSplit(file, dataset, split);
    for (const note of run.notes) stdout.write(`${note}\n`);
    const { epochs } = task.settings;
    stdout.write(resumedText(run, epochs));
    const engine = nodeEngine(flags);
    const state = await followed(run, epochs, (signal) =>
      trainedIn(run, engine, task.network, { ...task.settings, signal }),
    );
    if (state.stopped) {
      stdout.write(stoppedText(state, folder));
      return EXIT.stopped;
    }
    const model = await run.finish(state);
    const predictions = await predict(engine, model, task.validation, { origins: originsOf(task.validation) });
    await writePredictions(join(folder, "predictions.csv"), predictions);
    const { page } = await writeReport(folder, {
      title: name,
      model,
      predictions,
      configuration,
      history: state.history,
      ...(run.resume ? {} : { seconds: (performance.now() - started) / 1000 }),
      training: task.training,
      validation: { ...task.validation, names: task.validation.items.map(keyOf) },
      ...(task.changes ? { jittered: task.shown } : {}),
    });
    const seconds = durationText((performance.now() - started) / 1000);
    stdout.write(`model    ${folder}/model.onnx\nreport   ${page}\n${seconds} in all\n`);
    return EXIT.done;
  } finally {
    await task.pictures.close();
  }
}

/** The split that was asked for, or that of the run that was begun in the folder, or a new one. */
async function splitOf(dataset: Dataset, flags: TrainFlags, file: string): Promise<Split> {
  if (flags.split !== undefined) return readSplit(flags.split, dataset);
  const begun = await exists(file);
  if (begun && !flags.fresh) return readSplit(file, dataset);
  return splitDataset(dataset, { validation: flags.validation, seed: flags.seed });
}

/** What is trained on what, and what was chosen for the user, and why. */
export function chosenText({ training, validation, choices, frame, pictures }: PicturesTask): string {
  const { shape } = pictures;
  const counts = `${training.count} pictures to train on, ${validation.count} to validate, ${frame.classes.length} classes, ${shape.width}×${shape.height}×${shape.channels}`;
  return `${counts}\n${choicesText(choices)}`;
}
