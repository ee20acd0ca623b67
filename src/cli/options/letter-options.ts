/** What `bellpepper train ocr` and `bellpepper sweep ocr` are told about the training of the letters, and what that means. */

import type { Command } from "commander";
import type { LettersOptions } from "../../jobs/letters/letters-task-file.js";
import { LETTERS, LETTERS_RATE } from "../../jobs/settings/letters-settings.js";
import type { RecordOf } from "../../values/record.js";
import { optionOf, pickFields, withFields } from "./field-options.js";
import { type SolverFlags, solverSettings, withSolverOptions } from "./train-options.js";

const { epochs, batchSize, threads, workers, device, jitter, seed, letters, network } = LETTERS.fields;
const DIRECT = { network, epochs, batchSize, threads, workers, device, jitter, seed, letters };

/** The values that the command line gives. */
export type LetterFlags = SolverFlags & RecordOf<typeof DIRECT>;

/** Adds the options that say how the letters are trained. */
export function withLetterOptions(command: Command): Command {
  const first = { network: "file", epochs: "count", batchSize: "count" } as const;
  withFields(command, DIRECT, { ...first, threads: "count", workers: "count", device: "device" });
  withSolverOptions(command, { solver: "adamw", rate: LETTERS_RATE, schedule: "one-cycle" }).addOption(
    optionOf("jitter", jitter, "--jitter [kind]").preset("text"),
  );
  return withFields(command, { seed, letters }, { seed: "number", letters: "folder" });
}

/** What the command line says, as the job wants it. @throws UsageError when two options do not go together */
export const letterSettings = (flags: LetterFlags): LettersOptions => ({
  ...pickFields(DIRECT, flags),
  ...solverSettings(flags),
});
