import { Command, Option } from "commander";
import { OCR_DEFAULTS, type OcrOptions } from "../../jobs/letters/letters-options.js";
import type { TrainLettersEvent } from "../../jobs/letters/train-letters-file.js";
import { defined } from "../../values/defined.js";
import { type EngineFlags, withEngineOptions } from "../options/engine-options.js";
import { whole } from "../options/options.js";
import { type SolverFlags, solverSettings, withSolverOptions } from "../options/train-options.js";
import { followJob } from "../progress/follow-job.js";
import { durationText, rateText } from "../progress/progress.js";
import { colours } from "../text/colours.js";

type TrainOptions = SolverFlags &
  EngineFlags &
  Required<Pick<OcrOptions, "epochs" | "batchSize" | "jitter" | "seed">> &
  Pick<OcrOptions, "letters"> & {
    readonly out: string;
    readonly fresh: boolean;
    readonly findRate: boolean;
  };

/** `bellpepper train ocr` */
export const trainOcrCommand = (): Command =>
  withSolverOptions(
    withEngineOptions(
      new Command("ocr")
        .description("train the lecture's network for letters, read the lecture's sentence, write a report")
        .option("--epochs <count>", "passes over the letters", whole(1), OCR_DEFAULTS.epochs)
        .option("--batch-size <count>", "letters in a step", whole(1), OCR_DEFAULTS.batchSize),
    ),
    OCR_DEFAULTS.learningRate,
  )
    .addOption(
      new Option("--jitter [kind]", "give letters neighbours and shifts: as in a line of text, or as in the lecture")
        .choices(["none", "text", "lecture"])
        .preset("text")
        .default(OCR_DEFAULTS.jitter),
    )
    .option("--seed <number>", "decides every random choice", whole(0), OCR_DEFAULTS.seed)
    .option("--letters <folder>", "a letters set of your own (see `draw letters`); the packaged one")
    .option("--out <folder>", "the folder of the run", "runs/ocr")
    .option("--fresh", "forget an earlier run in that folder", false)
    .option("--find-rate", "do not train, but look which learning rate to train with", false)
    .action(async (given: TrainOptions) => {
      const { out, fresh, findRate, epochs, batchSize, jitter, seed, threads, device, letters } = given;
      const options = {
        epochs,
        batchSize,
        ...solverSettings(given, epochs),
        jitter,
        seed,
        threads,
        device,
        ...defined({ letters }),
      };
      if (findRate) return findRateOfOcr(out, options);
      const { trainLetters } = await import("../../jobs/letters/train-letters-file.js");
      process.exitCode = await followJob(
        (signal) => trainLetters({ ...options, folder: out, fresh, signal }),
        (event) => textOf(event, `${device}, threads: ${threads}`),
      );
    });

/** Makes the range test, and tells what it found. */
async function findRateOfOcr(folder: string, options: OcrOptions): Promise<void> {
  const { stdout } = process;
  const { findLettersRate } = await import("../../jobs/letters/train-letters-file.js");
  const { test, picture } = await findLettersRate(folder, options);
  const { points, suggestion } = test;
  const [low, high] = [points[0].rate, points[points.length - 1].rate];
  stdout.write(`${points.length} steps from rate ${rateText(low)} to ${rateText(high)}\n`);
  stdout.write(
    suggestion === undefined
      ? "The objective fell at none of these rates.\n"
      : `The objective falls fastest at ${colours.bold(rateText(suggestion))}: train with --learning-rate ${Number(suggestion.toPrecision(2))}\n`,
  );
  stdout.write(`picture  ${picture}\n`);
}

/** What is printed of the letters: what is trained on, what the model reads, and what was made. */
function textOf(event: TrainLettersEvent, engine: string): string {
  if (event.type === "prepared") {
    const { counts, typefaces } = event;
    return (
      `${counts.training} letters to train on, ${counts.validation} to validate, ` +
      `${typefaces.training} and ${typefaces.validation} typefaces; ${engine}\n`
    );
  }
  if (event.type === "read") {
    const { columns, text } = event.reading;
    return `\ncolumns  ${colours.dim(columns)}\nreading  ${colours.bold(text)}\n\n`;
  }
  if (event.type !== "done") return "";
  const { model, page } = event.result.files;
  return `model    ${model}\nreport   ${page}\n${durationText(event.seconds)} in all\n`;
}
