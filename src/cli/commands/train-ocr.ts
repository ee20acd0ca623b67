import { Command } from "commander";
import type { LettersOptions } from "../../jobs/letters/letters-task-file.js";
import type { TrainLettersEvent } from "../../jobs/letters/train-letters-file.js";
import { TRAIN_LETTERS } from "../../jobs/settings/letters-settings.js";
import { withFields } from "../options/field-options.js";
import { type LetterFlags, letterSettings, withLetterOptions } from "../options/letter-options.js";
import { followTogether } from "../progress/follow-together.js";
import { rateText } from "../progress/progress.js";
import { trainedText } from "../text/closing-text.js";
import { colours } from "../text/colours.js";

type Flags = LetterFlags & { readonly out: string; readonly fresh: boolean; readonly findRate: boolean };

/** `bellpepper train ocr` */
export function trainOcrCommand(): Command {
  const command = withLetterOptions(
    new Command("ocr").description(
      "train the lecture's network for letters, read the lecture's sentence, write a report",
    ),
  );
  return withFields(command, TRAIN_LETTERS.fields, { folder: "--out <folder>", fresh: "--fresh" })
    .option("--find-rate", "do not train, but look which learning rate to train with", false)
    .action(async (asked: Flags) => {
      // a rate for each epoch is a schedule of its own
      const isList = (asked.learningRate?.length ?? 0) > 1 && command.getOptionValueSource("schedule") === "default";
      const flags: Flags = isList ? { ...asked, schedule: "constant" } : asked;
      const options = letterSettings(flags);
      if (flags.findRate) return findRateOfOcr(flags.out, options);
      const { trainLetters } = await import("../../jobs/letters/train-letters-file.js");
      process.exitCode = await followTogether(
        (doing) => trainLetters({ ...options, folder: flags.out, fresh: flags.fresh, ...doing }),
        (event) =>
          textOf(
            event,
            `${flags.device}, threads: ${flags.threads}${flags.workers > 1 ? `, workers: ${flags.workers}` : ""}`,
          ),
      );
    });
}

/** Makes the range test, and tells what it found. */
async function findRateOfOcr(folder: string, options: LettersOptions): Promise<void> {
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
  return trainedText(event.result, event.seconds);
}
