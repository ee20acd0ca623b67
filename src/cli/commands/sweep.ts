import { Command } from "commander";
import type { Search, SweepEvent, SweepPicturesOptions } from "../../jobs/index.js";
import type { LettersOptions } from "../../jobs/letters/letters-task-file.js";
import type { PicturesOptions } from "../../jobs/pictures/pictures-task-file.js";
import { SWEEP_LETTERS, SWEEP_PICTURES } from "../../jobs/settings/sweep-settings.js";
import { percentText, plural } from "../../report/page/text/words.js";
import { wrapLines } from "../../report/page/text/wrap.js";
import { verdict } from "../../report/sweep/verdict.js";
import type { SettingValues, Space } from "../../search/index.js";
import { defined } from "../../values/defined.js";
import type { RecordOf } from "../../values/record.js";
import { UsageError } from "../failure.js";
import { pickFields, withFields } from "../options/field-options.js";
import { type LetterFlags, letterSettings, withLetterOptions } from "../options/letter-options.js";
import { type PictureFlags, pictureSettings, withPictureOptions } from "../options/picture-options.js";
import { readSpace } from "../options/space-option.js";
import { flagsOf, spaceOf, wordsOf } from "../options/tried-options.js";
import { usable } from "../options/usage.js";
import { followJob } from "../progress/follow-job.js";
import { durationText } from "../progress/progress.js";
import { filesText } from "../text/closing-text.js";
import { colours } from "../text/colours.js";
import { plainSpaces } from "../text/job-text.js";

/** What both sweeps are told. */
type SweepFlags = RecordOf<Omit<typeof SWEEP_LETTERS.fields, "folder">> & {
  readonly try: readonly string[];
  readonly space?: string;
  readonly out?: string;
};

const SHAPES = {
  strategy: "name",
  trials: "count",
  steps: "count",
  seeds: "count",
  reduction: "count",
  firstRung: "epochs",
  hours: "hours",
  parallel: "count",
  folder: "--out <folder>",
  fresh: "--fresh",
} as const;

/** Adds what is tried. */
const withSpace = (command: Command): Command =>
  command
    .option(
      "--try <option=values>",
      "an option of train and its values: width=8,16, or learning-rate=0.001..0.1:log; may be given several times",
      (text: string, before: readonly string[]) => [...before, text],
      [] as readonly string[],
    )
    .option("--space <file>", "a JSON file of networks to try: depth, kernel, channels, growth, order, hidden");

/** `bellpepper sweep` */
export const sweepCommand = (): Command =>
  withFields(
    withSpace(
      withPictureOptions(
        new Command("sweep")
          .enablePositionalOptions()
          .description(
            "train with many settings, tell which are best and how sure that is; on your own pictures, or `sweep ocr`, the lecture's letters",
          )
          .argument("[data]", "a folder with a folder of pictures for each class, or a .csv or .jsonl list"),
      ),
    ),
    SWEEP_PICTURES.fields,
    { ...SHAPES, validation: "share", split: "file", final: "--no-final" },
  )
    .action(async (data: string | undefined, flags: PictureFlags & SweepFlags & SweepPicturesOptions) => {
      if (data === undefined) throw new UsageError("sweep: expected `ocr`, or a folder or list of pictures.");
      const trainable = withPictureOptions(new Command("train"));
      const search = await searchOf(trainable, flags, pictureSettings);
      const settings = usable(SWEEP_PICTURES, { ...pickFields(SWEEP_PICTURES.fields, flags), folder: flags.out });
      const { sweepPictures } = await import("../../jobs/sweep/sweep-file.js");
      const follow = textOf("pictures");
      process.exitCode = await followJob((signal) => sweepPictures(data, search, { ...settings, signal }), follow);
    })
    .addCommand(sweepOcrCommand());

/** `bellpepper sweep ocr` */
const sweepOcrCommand = (): Command =>
  withFields(
    withSpace(
      withLetterOptions(new Command("ocr").description("search for the settings of the lecture's network for letters")),
    ),
    SWEEP_LETTERS.fields,
    SHAPES,
  ).action(async (flags: LetterFlags & SweepFlags) => {
    const trainable = withLetterOptions(new Command("ocr"));
    const search = await searchOf(trainable, flags, letterSettings);
    const settings = usable(SWEEP_LETTERS, { ...pickFields(SWEEP_LETTERS.fields, flags), folder: flags.out });
    const { sweepLetters } = await import("../../jobs/sweep/sweep-file.js");
    const follow = textOf("letters");
    process.exitCode = await followJob((signal) => sweepLetters(search, { ...settings, signal }), follow);
  });

/** What is searched, and what it means for a training. @param settings what a training's flags say */
async function searchOf<Flags extends SweepFlags, Options extends PicturesOptions | LettersOptions>(
  trainable: Command,
  flags: Flags,
  settings: (flags: Flags) => Options,
): Promise<Search<Options>> {
  const space = spaceOf(trainable, flags.try);
  const architecture: Space = flags.space === undefined ? [] : await readSpace(flags.space);
  if (space.length + architecture.length === 0) {
    throw new UsageError(
      "sweep: expected --try with an option and its values, such as --try width=8,16, or --space FILE.",
    );
  }
  return {
    space,
    architecture,
    settings: (values: SettingValues) => settings(flagsOf(trainable, flags, values)),
    command: (values) => wordsOf(trainable, process.argv.slice(3), values),
  };
}

/** What is planned, what each trial has shown, and what was found. */
function textOf(name: "pictures" | "letters"): (event: SweepEvent) => string {
  let plan: Extract<SweepEvent, { readonly type: "planned" }> | undefined;
  return (event) => {
    if (event.type === "planned") {
      plan = event;
      const { trials, rungs, seeds, together, before, samples } = event;
      const often = seeds > 1 ? `, each with ${seeds} seeds` : "";
      const compared =
        rungs.length > 1 ? `, compared after ${rungs.join(", ")} epochs` : ` of ${plural(rungs[0], "epoch")}`;
      const done = before > 0 ? `; ${before} were measured before` : "";
      return plainSpaces(
        `${plural(trials, "trial")}${compared}${often}, ${together} at a time, measured by ${samples} ${name}${done}\n`,
      );
    }
    if (event.type === "judged") {
      const { number, values, epochs, measured, failed } = event.result;
      const begin = `trial ${String(number).padStart(String(plan?.trials ?? 1).length)}  epoch ${epochs}  `;
      const said = measured
        ? `error ${percentText(measured.error)} ± ${percentText(measured.standardError)}`
        : colours.yellow(`diverged: ${failed}`);
      const tried = Object.entries(values).map(([option, value]) => `${option} ${value}`);
      return plainSpaces(`${begin}${said}  ${tried.join(", ")}\n`);
    }
    if (event.type === "prepared")
      return `\none model from all ${event.counts.training} pictures, with the best settings\n`;
    if (event.type !== "done") return "";
    const { files, next, trials, best, tied, complete } = event.result;
    const about = { best, tied, trials, complete, name, samples: plan?.samples ?? 1, seeds: plan?.seeds ?? 1 };
    const said = verdict({ ...about, planned: plan?.trials ?? trials.length });
    const text = said.map((sentence) => `${sentence}\n`).join("");
    return `\n${plainSpaces(wrapLines(text))}\n${filesText(defined({ page: files.page, trials: files.table, model: files.model }), next)}${durationText(event.seconds)} in all\n`;
  };
}
