/** The command line's options, made from the fields that jobs declare. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { errorText } from "../../values/error-text.js";
import type { Kind } from "../../values/kind.js";
import { optionName } from "../../values/option-name.js";
import type { Field, Fields, OptionsOf } from "../../values/record.js";

/**
 * What a text of the command line stands for, checked, in the form in which a job is given it.
 *
 * @throws InvalidArgumentError when the kind does not take it: wrong usage
 */
export function parseValue<In>(kind: Kind<unknown, In>, text: string): In {
  if (kind.words && !kind.words.includes(text)) {
    throw new InvalidArgumentError(`Allowed choices are ${kind.words.join(", ")}.`);
  }
  const value = kind.parse?.(text) ?? text;
  try {
    kind.take(value, { where: "", path: "" });
  } catch (error) {
    const [, expected = kind.expected, got = text] = /expected (.*), got "?(.*?)"?\.$/s.exec(errorText(error)) ?? [];
    throw new InvalidArgumentError(`Expected ${expected}, got '${got}'.`);
  }
  return value as In;
}

/** An option that was made from a field: what it may be stays with it. */
export class FieldOption extends Option {
  constructor(
    flags: string,
    doc: string | undefined,
    readonly kind: Kind<unknown>,
  ) {
    super(flags, doc);
  }
}

/**
 * The option of a field: its name in kebab-case, what it takes, its help, its choices and its default.
 *
 * @param shape what its value is called in the help ("count"), or all of the option ("--out <folder>")
 */
export function optionOf(name: string, { kind, doc, default: value }: Field<unknown>, shape: string): Option {
  const flags = shape.startsWith("--") ? shape : kind.parse ? `${optionName(name)} <${shape}>` : optionName(name);
  const option = new FieldOption(flags, doc, kind);
  if (kind.words) option.choices(kind.words);
  if (kind.parse) option.argParser((text) => parseValue(kind, text));
  return value === undefined ? option : option.default(value);
}

/** What the options of fields are called; the shapes as {@link optionOf} takes them. */
export type Shapes<F> = { readonly [K in keyof F]?: string };

/** Adds an option for each of some fields, in the order of the shapes. */
export function withFields<F extends Fields>(command: Command, fields: F, shapes: Shapes<F>): Command {
  for (const [name, shape] of Object.entries<string | undefined>(shapes)) {
    if (shape !== undefined) command.addOption(optionOf(name, fields[name], shape));
  }
  return command;
}

/** The values of fields among those that the command line gave, in the order of the fields; what was not given is left out. */
export function pickFields<F extends Fields>(fields: F, flags: object): OptionsOf<F> {
  const given = new Map<string, unknown>(Object.entries(flags));
  const names = Object.keys(fields).filter((name) => given.get(name) !== undefined);
  return Object.fromEntries(names.map((name) => [name, given.get(name)])) as OptionsOf<F>;
}

/** The names of a table, for a word of them. */
export const namesOf = <N extends string>(table: Readonly<Record<N, unknown>>): readonly N[] =>
  Object.keys(table).filter((name): name is N => Object.hasOwn(table, name));
