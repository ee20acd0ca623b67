/** What a run was asked to do, in its folder's `config.json`. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { diskReason } from "../../files/disk-error.js";
import { errorText } from "../../values/error-text.js";
import { anything, asGiven, byName, type Kind } from "../../values/kind.js";
import { RunError } from "./run-error.js";

/** What a run was asked to do, as JSON has it. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Settings that may change when a run goes on: how far and where it is computed, not what. */
const MAY_CHANGE = new Set(["epochs", "threads", "workers", "ranks", "device"]);

/** What a configuration says that has no word of it, where that is not nothing. */
const UNSAID: Readonly<Record<string, string>> = { ranks: "1" };

/** Where the data lies: what it is has a checksum among the contents. */
const PLACES = new Set(["data", "letters"]);

/** Where the model lies that training begins with: it has a checksum, too. */
const STARTS = new Set(["from", "start"]);

/** What says what a network is called, or how large it is: what it is has a checksum among the contents. */
const NAMES = new Set(["network", "layers"]);

/** The checksums of what a run is made from (see contents.ts), in words. */
const CONTENTS: Readonly<Record<string, string>> = {
  "contents.start": "another model to begin with (--from, --start)",
  "contents.layers": "other layers",
  "contents.modules": "other modules (--define)",
  "contents.definitions":
    "other definitions than before (--define: the module is the same, but not what it imports or reads)",
  "contents.training": "other training samples",
  "contents.validation": "other validation samples",
};

/** What the pixels depend on: where it differs, so do they. */
const SHAPING = ["size", "channels", "fit"];

/** What may be done about a run that cannot go on. */
export const WAY_OUT = "Start over with --fresh, or choose another folder with --out.";

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
  const valueText = (of: Settings, key: string): string => of.get(key) ?? UNSAID[key] ?? "none";
  const changeText = (key: string): string => `${key} ${valueText(then, key)}, now ${valueText(now, key)}`;
  const withContents = then.has("contents.training") && now.has("contents.training");
  const harmless = (key: string): boolean =>
    MAY_CHANGE.has(key) ||
    (withContents && (PLACES.has(key) || NAMES.has(key) || (STARTS.has(key) && then.has(key) && now.has(key))));
  const contents = changed.filter((key) => Object.hasOwn(CONTENTS, key) && !isKnownBy(key, changed, then));
  const settings = changed.filter((key) => !harmless(key) && !Object.hasOwn(CONTENTS, key));
  const reshaped = SHAPING.some((name) => settings.some((key) => key === name || key.startsWith(`${name}.`)));
  const others = [
    ...(reshaped ? [] : contents.map((key) => CONTENTS[key] + countsText(key, then, now))),
    ...(settings.length > 0 ? [`other settings (${settings.map(changeText).join("; ")})`] : []),
  ];
  if (others.length > 0 || contents.length > 0) {
    throw new RunError(`${folder} holds a run with ${listText(others)}. ${WAY_OUT}`);
  }
  const rounding = changed.filter((key) => MAY_CHANGE.has(key) && key !== "epochs");
  return [
    ...changed
      .filter((key) => PLACES.has(key))
      .map((key) => `The samples are the same as before, and lay in ${then.get(key) ?? "another place"}.`),
    ...(rounding.length === 0
      ? []
      : [`The run began with ${rounding.map(changeText).join("; ")}: results may differ in the last digits.`]),
  ];
}

type Settings = ReadonlyMap<string, string>;

/** Whether other definitions are told by other layers or modules already; an earlier version kept none. */
const isKnownBy = (key: string, changed: readonly string[], then: Settings): boolean =>
  key === "contents.definitions" &&
  (!then.has(key) || changed.includes("contents.modules") || changed.includes("contents.layers"));

/** What else is known of contents that differ: how many there are, or what they are called. */
function countsText(key: string, then: Settings, now: Settings): string {
  if (["contents.start", "contents.modules", "contents.definitions"].includes(key)) return "";
  if (key === "contents.layers") {
    const [was, is] = [then, now].map((all) => `${JSON.parse(all.get("network") ?? '""')}, ${all.get("layers")}`);
    return was === is ? ` (${is}, but not the same)` : ` (${was}; now ${is})`;
  }
  const [was, is] = [then, now].map((all) => /^"(\d+)/.exec(all.get(key) ?? "")?.[1] ?? "none");
  return was === is ? ` (${is} as before, but their names, labels or pixels differ)` : ` (${was}, now ${is})`;
}

/** "a, b and c" */
const listText = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;

/** What a run was asked to do, as its file has it. @throws RunError when it cannot be read, or is none that `declared` takes */
export async function readConfiguration(path: string, declared: Kind<Configuration>): Promise<Configuration> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "it is damaged, and no JSON" : diskReason(error);
    throw new RunError(`${path} cannot be read: ${reason}. ${WAY_OUT}`);
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
