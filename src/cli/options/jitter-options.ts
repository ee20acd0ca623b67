/** The command line's options of jitter. */

import { type Command, InvalidArgumentError, Option } from "commander";
import {
  JITTER_PRESETS,
  type Jitter,
  type JitterPreset,
  RANGE_RULES,
  type RangeOption,
  rangesOf,
  WORD_RULES,
} from "../../data/change/jitter-description.js";
import { type Mixing, MOST_MIXING } from "../../data/change/mix-pictures.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { number, numbers } from "./options.js";

/** What {@link addJitterOptions} adds to a command's options. */
export interface JitterArguments extends Jitter, Mixing {
  readonly preset: JitterPreset;
}

const PRESETS = Object.keys(JITTER_PRESETS);
const alpha = number(0, { open: true, most: MOST_MIXING });
const RANGES = Object.keys(RANGE_RULES).filter((name): name is RangeOption => name in RANGE_RULES);

/**
 * Adds `--preset`, and an option for each part of jitter and for each kind of mixing.
 *
 * @param flag what the option for the preset is called, where it is not "--preset"
 */
export function addJitterOptions(command: Command, preset: JitterPreset, flag = "--preset"): Command {
  command.addOption(new Option(`${flag} <name>`, "jitter to start from").choices(PRESETS).default(preset));
  for (const name of RANGES) {
    const { kind, words } = RANGE_RULES[name];
    const meant = { opposite: "a for −a … a", factor: "f for 1/f … f", upwards: "a for 0 … a" }[kind];
    command.option(`--${name} <numbers>`, `${words}: ${meant}, or LOW,HIGH`, (text) => {
      const values = numbers(anyNumber)(text);
      return checked(name, values.length === 1 ? values[0] : values);
    });
  }
  const one = (name: keyof Jitter) => (text: string) => checked(name, anyNumber(text));
  return command
    .option("--quarter-turns", "turns by 0, 90, 180 or 270 degrees")
    .addOption(new Option("--mirror <sides>", "what is swapped").choices(WORD_RULES.mirror))
    .addOption(new Option("--border <kind>", "what lies beyond the picture").choices(WORD_RULES.border))
    .option("--fill <byte>", "the byte beyond the picture with --border constant", one("fill"))
    .option("--elastic-smoothness <share>", "how smooth --elastic is, as a share of the size", one("elasticSmoothness"))
    .option("--mixup <alpha>", "lay pairs of pictures over each other: how much, such as 0.2", alpha)
    .option("--cutmix <alpha>", "put a rectangle of another picture on each: how much, such as 1", alpha);
}

/** The jitter that a command was asked for: its preset, and what was given beside it. */
export function jitterOf(given: JitterArguments): Jitter {
  const own = [...RANGES, "quarterTurns", "mirror", "border", "fill", "elasticSmoothness"] as const;
  const said = own.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const]));
  return { ...JITTER_PRESETS[given.preset], ...Object.fromEntries(said) };
}

/** How the pictures are to be mixed; undefined where nothing was said of it. */
export function mixingOf({ mixup, cutmix }: Mixing): Mixing | undefined {
  if (mixup === undefined && cutmix === undefined) return undefined;
  return { ...defined({ mixup, cutmix }) };
}

function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError(`Expected a number, got '${text}'.`);
  return value;
}

function checked(name: keyof Jitter, value: unknown): unknown {
  try {
    rangesOf({ [name]: value });
  } catch (error) {
    throw new InvalidArgumentError(errorText(error));
  }
  return value;
}
