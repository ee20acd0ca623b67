import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { openPictures, type Pictures } from "../../data/pictures/pictures-file.js";
import { folds } from "../../data/sources/split.js";
import { writePredictions } from "../../evaluation/table/predictions-file.js";
import { crossValidated } from "../../jobs/crossvalidation/crossvalidate-file.js";
import type { FoldStart } from "../../jobs/crossvalidation/fold-file.js";
import { pictureSamplesOf } from "../../jobs/pictures/origins.js";
import { nameOf } from "../../jobs/run/name.js";
import { writeEvaluation } from "../../report/evaluation/evaluation-file.js";
import { evaluationText } from "../../report/evaluation/evaluation-text.js";
import { defined } from "../../values/defined.js";
import { EXIT } from "../failure.js";
import { whole } from "../options/options.js";
import {
  choicesText,
  openedDataset,
  type PictureFlags,
  pictureSettings,
  toldBroken,
  withPictureOptions,
} from "../options/picture-options.js";
import { foldsProgress } from "../progress/folds-progress.js";
import { durationText } from "../progress/progress.js";
import { scanProgress } from "../progress/scan-progress.js";

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
      process.exitCode = await crossvalidate(data, flags);
    });

async function crossvalidate(data: string, flags: Flags): Promise<number> {
  const { stdout } = process;
  const started = performance.now();
  const settings = pictureSettings(flags);
  const dataset = await openedDataset(data, flags);
  const name = nameOf(data);
  const folder = flags.out ?? join("runs", `${name}-folds`);
  if (flags.fresh) for (const own of OWN(flags.folds)) await rm(join(folder, own), { recursive: true, force: true });
  const splits = folds(dataset, flags.folds, { seed: flags.seed });
  stdout.write(`${dataset.items.length} pictures of ${dataset.classes.length} classes in ${flags.folds} folds\n`);
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.stopped);
    controller.abort();
    process.stderr.write("\nfinishing the steps and saving; press again to leave at once\n");
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const progress = foldsProgress(stdout, flags.folds);
  const decoding = scanProgress(process.stderr, "decoded");
  let first: FoldStart | undefined;
  const onStart = (fold: number, start: FoldStart): void => {
    // the folds differ in nothing but their pictures
    if (!first) stdout.write(choicesText(start.choices));
    first ??= start;
    progress.begin(fold, start);
  };
  const onDecoded = (pictures: Pick<Pictures, "broken">): void => {
    decoding.done();
    toldBroken(pictures);
  };
  const table = await crossValidated(
    dataset,
    splits,
    { ...settings, onProgress: decoding.show },
    {
      group: flags.group,
      groupBy: flags.groupBy,
      folder,
      data: resolve(data),
      signal: controller.signal,
      onDecoded,
      onStart,
      onEvent: progress.show,
      ...defined({ parallel: flags.parallel }),
    },
  ).finally(() => {
    decoding.done();
    progress.done();
    process.off("SIGINT", stop).off("SIGTERM", stop);
  });
  if (!table) {
    stdout.write(`stopped; saved in ${folder}. The same command goes on from there.\n`);
    return EXIT.stopped;
  }
  await writePredictions(join(folder, "predictions.csv"), table);
  stdout.write(`\n${evaluationText(table, { ordered: flags.ordered })}\n`);
  const pictures = await openPictures(dataset, {
    ...defined({ size: settings.size, fit: settings.fit, channels: settings.channels }),
    cache: settings.cache ?? join(folder, "cache"),
  });
  try {
    const { page } = await writeEvaluation(folder, {
      title: `${name}: cross-validation in ${flags.folds} folds`,
      table,
      samples: pictureSamplesOf(dataset, pictures, table),
      configuration: { data: resolve(data), folds: flags.folds, ...first?.configuration },
      ordered: flags.ordered,
    });
    stdout.write(`predictions  ${folder}/predictions.csv\npage         ${page}\n`);
  } finally {
    await pictures.close();
  }
  stdout.write(`${durationText((performance.now() - started) / 1000)} in all\n`);
  return EXIT.done;
}

/** What a cross-validation has in its folder. */
const OWN = (count: number): string[] => [
  ...Array.from({ length: count }, (_, i) => `fold-${i + 1}`),
  ...["cache", "predictions.csv", "evaluation.html", "pictures"],
];
