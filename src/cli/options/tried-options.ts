/** What `bellpepper sweep` tries: values of options, checked as the command checks each of them. */

import type { Command, Option } from "commander";
import {
  choices,
  interval,
  type Setting,
  type SettingCondition,
  type SettingValue,
  type SettingValues,
  type Space,
} from "../../search/index.js";
import { errorText } from "../../values/error-text.js";
import { suggestion } from "../../values/nearest.js";
import { UsageError } from "../failure.js";
import { FieldOption } from "./field-options.js";

/** What says where and by what is trained, and by which pictures it is measured: the same for all trials. */
const SAME = ["threads", "workers", "device", "cache", "define", "group", "group-by"];

/** Options that are read only where another one has one of these values, or was not given. */
const READ: Readonly<Record<string, SettingCondition>> = {
  width: { name: "network", among: ["compact"] },
  dropout: { name: "network", among: ["compact"] },
  momentum: { name: "solver", among: ["sgd", "nesterov"] },
};

const nameOf = ({ long }: Option): string => (long ?? "").replace(/^--/, "");

/** The options of a command that can be tried. */
const tryable = ({ options }: Command): Option[] => options.filter((option) => !SAME.includes(nameOf(option)));

/** "0.001..0.1", "8..64:log" */
const RANGE = /^(-?[\d.]+(?:e[+-]?\d+)?)\.\.(-?[\d.]+(?:e[+-]?\d+)?)(?::(.*))?$/i;

/**
 * What is searched.
 *
 * @param command has the options of a training, and no others
 * @param tried "learning-rate=0.001..0.1", "width=8,16", each as it stands behind `--try`; values that have commas are divided by "|"
 * @throws UsageError for an option that is not known, with the nearest one, or a value that it does not take
 */
export function spaceOf(command: Command, tried: readonly string[]): Space {
  const settings = tried.map((text) => settingOf(command, text));
  for (const { name } of settings.filter((setting, i) => settings.findIndex(({ name }) => name === setting.name) < i)) {
    throw new UsageError(`--try ${name} is given twice: give all of its values at once.`);
  }
  const names = settings.map(({ name }) => name);
  // What a setting depends on stands before it.
  const depends = (name: string): number => (Object.hasOwn(READ, name) && names.includes(READ[name].name) ? 1 : 0);
  return settings.map((setting) => withCondition(setting, settings)).sort((a, b) => depends(a.name) - depends(b.name));
}

function withCondition(setting: Setting, all: Space): Setting {
  if (!Object.hasOwn(READ, setting.name)) return setting;
  const only = READ[setting.name];
  const other = all.find(({ name }) => name === only.name);
  if (!other) return setting;
  const among = "values" in other ? other.values.filter((value) => only.among.includes(value)) : [];
  if (among.length === 0) {
    throw new UsageError(
      `--try ${setting.name}: no trial reads it; expected --try ${only.name} with ${only.among.join(" or ")}.`,
    );
  }
  return { ...setting, only: { name: only.name, among } };
}

function settingOf(command: Command, text: string): Setting {
  const [, name, values] = /^(?:--)?([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError(
      `--try ${text}: expected an option and its values, such as learning-rate=0.001..0.1 or width=8,16.`,
    );
  }
  const option = optionNamed(command, name);
  try {
    return valuesOf(option, name, values);
  } catch (error) {
    throw new UsageError(`--try ${text}: ${errorText(error).replace(`${name}: `, "")}`);
  }
}

/** @throws UsageError that names the nearest option */
function optionNamed(command: Command, name: string): Option {
  const known = tryable(command);
  const option = known.find((each) => nameOf(each) === name);
  if (option) return option;
  if (SAME.includes(name)) throw new UsageError(`--try ${name}: it is the same for all trials; give --${name} once.`);
  throw new UsageError(`--try ${name}: no such option of train; ${suggestion(name, known.map(nameOf))}.`);
}

function valuesOf(option: Option, name: string, text: string): Setting {
  const [, low, high, scale] = RANGE.exec(text) ?? [];
  if (low === undefined) {
    return choices(
      name,
      text.split(text.includes("|") ? "|" : ",").map((each) => {
        parse(option, each);
        return wordOrNumber(each);
      }),
    );
  }
  const { numeric } = option instanceof FieldOption ? option.kind : {};
  if (!numeric)
    throw new RangeError("it takes no number that has a range; expected its values with commas between them.");
  if (scale !== undefined && scale !== "log" && scale !== "linear") {
    throw new RangeError(`expected log or linear as the scale, got '${scale}'.`);
  }
  for (const end of [low, high]) parse(option, end);
  return interval(name, Number(low), Number(high), {
    scale: scale ?? numeric.scale ?? "linear",
    whole: numeric.whole,
  });
}

/** A value of the command line: a number where it is one. */
const wordOrNumber = (text: string): SettingValue =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

/** What an option makes of a text. @throws InvalidArgumentError when it does not take it */
function parse(option: Option, text: string): unknown {
  if (option.isBoolean()) {
    if (text !== "true" && text !== "false") throw new RangeError(`expected true or false, got '${text}'.`);
    return text === "true";
  }
  return option.parseArg?.(text, undefined) ?? text;
}

/** The flags of a trial: those of the command with its values in their place. */
export function flagsOf<Flags extends object>(command: Command, flags: Flags, values: SettingValues): Flags {
  const tried = Object.entries(values).map(([name, value]) => {
    const option = optionNamed(command, name);
    return [option.attributeName(), parse(option, `${value}`)] as const;
  });
  return { ...flags, ...Object.fromEntries(tried) };
}

/**
 * The words of a command line that are options of a training, as they were given, with a trial's values added.
 *
 * @param words the command line behind the command's name
 */
export function wordsOf(command: Command, words: readonly string[], values: SettingValues): string[] {
  const given: string[] = [];
  for (const [i, word] of words.entries()) {
    const option = command.options.find(({ long }) => long === word.split("=")[0]);
    if (!option || Object.hasOwn(values, nameOf(option))) continue;
    const next = words[i + 1];
    const takes = !option.isBoolean() && !word.includes("=") && next !== undefined;
    given.push(word, ...(takes && (option.required || !next.startsWith("--")) ? [next] : []));
  }
  const tried = Object.entries(values).flatMap(([name, value]) => {
    if (!optionNamed(command, name).isBoolean()) return [`--${name}`, `${value}`];
    return value === "true" ? [`--${name}`] : [];
  });
  return [...given, ...tried];
}
