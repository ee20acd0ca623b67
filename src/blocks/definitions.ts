/** What blocks and losses of one's own have in common: how they are named, what they may not have, and what to do where one is missing. */

import { text } from "../values/kind.js";
import { nearestName } from "../values/nearest.js";
import { ARGUMENTS, type Place, within, wrongKind } from "../values/place.js";
import type { Fields } from "../values/record.js";

/** The name of a block or a loss of one's own: "mine/swish". None of the toolbox's has a slash. */
export type OwnName = `${string}/${string}`;

const OWN_NAME = text('a name with one slash, such as "mine/swish"', /^[^/\s]+\/[^/\s]+$/);

/** The last part of a type: "swish" of "mine/swish". Layers without a name are called after it. */
export const shortType = (type: string): string => type.slice(type.lastIndexOf("/") + 1);

/** What a program has defined itself, by name. */
export interface Definitions<D> {
  get(name: string): D | undefined;
  names(): readonly string[];
  /** @throws RangeError when the name has not one slash, or is taken */
  add(name: string, definition: D): void;
  /** The error for a name that is not defined: what to do about it. */
  missing(name: string, at?: Place): TypeError;
}

/**
 * A list of definitions, empty at first.
 *
 * @param what what is defined, for messages
 * @param call the function that defines it
 */
export function definitions<D>(what: "block" | "loss", call: string): Definitions<D> {
  const all = new Map<string, D>();
  return {
    get: (name) => all.get(name),
    names: () => [...all.keys()],
    add(name, definition) {
      OWN_NAME.take(name, within(ARGUMENTS, what === "block" ? "type" : what));
      if (all.has(name)) throw new RangeError(`The ${what} '${name}' is defined already.`);
      all.set(name, definition);
    },
    missing(name, at = ARGUMENTS) {
      const near = nearestName(name, [...all.keys()]);
      const begin = at.where === undefined ? "There" : `${at.where}: there`;
      return new TypeError(
        `${begin} is no ${what} '${name}'${near === undefined ? "" : ` (did you mean '${near}'?)`}: define it with ${call} before a ` +
          "network with it is made or read; to a command, give the module that does so with --define.",
      );
    },
  };
}

/**
 * Checks the fields of a definition, which a program without types may have written.
 *
 * @param taken the names that every such layer has anyway
 * @throws TypeError when one is no field, RangeError when it has a name that is taken
 */
export function expectFields(fields: Fields, taken: readonly string[]): void {
  for (const [name, field] of Object.entries<{ readonly kind?: object; readonly presence?: string }>(fields)) {
    const at: Place = { path: `fields.${name}` };
    if (field?.kind === undefined || field.presence === undefined) {
      throw wrongKind(at, "a field, such as defaulted(number(), 1)", field);
    }
    if (taken.includes(name))
      throw new RangeError(`Invalid value for ${at.path}: every such layer has '${name}' already.`);
  }
}

/** @throws TypeError unless a definition says what it computes */
export function expectBuild({ build }: { readonly build: unknown }): void {
  if (typeof build !== "function") throw wrongKind({ path: "behaviour.build" }, "a function", build);
}
