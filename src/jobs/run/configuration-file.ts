/** What a run was asked to do, in its folder's `config.json`. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { errorText } from "../../values/error-text.js";
import { anything, asGiven, byName, type Kind } from "../../values/kind.js";
import { RunError } from "./run-error.js";

/** What a run was asked to do, as JSON has it. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Settings that may change when a run goes on: how far and where it is computed, not what. */
const MAY_CHANGE = new Set(["epochs", "threads", "device"]);

/** What may be done about a run that cannot go on. */
const WAY_OUT = "Start over with --fresh, or choose another folder with --out.";

/** The file in a run's folder. */
const fileIn = (folder: string): string => join(folder, "config.json");

/** Writes a run's configuration into its folder. */
export const writeConfiguration = (folder: string, configuration: Configuration): Promise<void> =>
  writeFileAtomically(fileIn(folder), `${JSON.stringify(configuration, null, 2)}\n`);

/**
 * Compares the configuration in a folder with that of the run that is to go on there.
 *
 * @param declared what a configuration has
 * @returns what the user should know about differences that do no harm
 * @throws RunError when other settings differ, or the file is none that `declared` takes
 */
export async function compareConfiguration(
  folder: string,
  configuration: Configuration,
  declared: Kind<Configuration> = byName(anything()),
): Promise<readonly string[]> {
  const before = await readConfiguration(fileIn(folder), declared);
  const [then, now] = [new Map(settingsOf(before)), new Map(settingsOf(configuration))];
  const changed = [...new Set([...then.keys(), ...now.keys()])].filter((key) => then.get(key) !== now.get(key));
  const changeText = (key: string): string => `${key} ${then.get(key) ?? "none"}, now ${now.get(key) ?? "none"}`;
  const fatal = changed.filter((key) => !MAY_CHANGE.has(key));
  if (fatal.length > 0) {
    throw new RunError(`${folder} holds a run with other settings (${fatal.map(changeText).join("; ")}). ${WAY_OUT}`);
  }
  const rounding = changed.filter((key) => key !== "epochs");
  if (rounding.length === 0) return [];
  return [`The run began with ${rounding.map(changeText).join("; ")}: results may differ in the last digits.`];
}

async function readConfiguration(path: string, declared: Kind<Configuration>): Promise<Configuration> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new RunError(`${path} is not readable as JSON. ${WAY_OUT}`);
  }
  try {
    return asGiven(declared).take(json, { where: path, path: "" });
  } catch (error) {
    throw new RunError(
      `${errorText(error)} Another version of Bell Pepper began the run, or its configuration was changed by hand. ${WAY_OUT}`,
    );
  }
}

/** The settings inside a configuration with their values as JSON: "solver.momentum" → "0.9". */
const settingsOf = (value: Configuration, path = ""): [string, string][] =>
  Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? settingsOf({ ...inner }, `${path}${key}.`)
      : [[path + key, JSON.stringify(inner)]],
  );
