/** The command line's options of jitter. */

import { type Command, Option } from "commander";
import { JITTER, JITTER_PRESETS, type Jitter, type JitterPreset } from "../../data/change/jitter-description.js";
import { MIXING, type Mixing } from "../../data/change/mix-pictures.js";
import { defined } from "../../values/defined.js";
import { partial } from "../../values/record.js";
import { optionOf, pickFields } from "./field-options.js";

/** What {@link addJitterOptions} adds to a command's options. */
export interface JitterArguments extends Jitter, Mixing {
  readonly preset: JitterPreset;
}

/** What the values are called in the help; the others are "numbers". */
const SHAPES: Readonly<Record<string, string>> = {
  mirror: "sides",
  border: "kind",
  fill: "byte",
  elasticSmoothness: "share",
  mixup: "alpha",
  cutmix: "alpha",
};

/**
 * Adds `--preset`, and an option for each part of jitter and for each kind of mixing.
 *
 * @param preset the default; undefined where the command chooses one
 * @param flag what the option for the preset is called, where it is not "--preset"
 */
export function addJitterOptions(command: Command, preset: JitterPreset | undefined, flag = "--preset"): Command {
  const presets = Object.keys(JITTER_PRESETS);
  const usual = preset === undefined ? " (light; none where --from leaves layers frozen)" : "";
  command.addOption(new Option(`${flag} <name>`, `jitter to start from${usual}`).choices(presets).default(preset));
  // what is not said is as the preset has it
  for (const [name, field] of Object.entries(partial({ ...JITTER.fields, ...MIXING.fields }))) {
    command.addOption(optionOf(name, field, SHAPES[name] ?? "numbers"));
  }
  return command;
}

/** The jitter that a command was asked for: its preset, and what was given beside it. */
export const jitterOf = (given: JitterArguments): Jitter => ({
  ...JITTER_PRESETS[given.preset],
  ...pickFields(JITTER.fields, given),
});

/** How the pictures are to be mixed; undefined where nothing was said of it. */
export function mixingOf({ mixup, cutmix }: Mixing): Mixing | undefined {
  if (mixup === undefined && cutmix === undefined) return undefined;
  return defined({ mixup, cutmix });
}
