/** Data sets of sounds as they are published, which say more than their folders do. */

import { basename } from "node:path";
import type { Part } from "./dataset.js";

/** A sound of such a data set. */
export interface LaidOut {
  /** that of its class */
  readonly name: string;
  readonly split?: Part;
  /** who speaks */
  readonly group?: string;
}

/** The lists of Google's Speech Commands, by the part that they stand for. */
export const COMMAND_LISTS = { validation: "validation_list.txt", test: "testing_list.txt" } as const;

/** The folder of Google's Speech Commands with recordings of noise, which is no class. */
export const BACKGROUND = "_background_noise_";

/**
 * Google's Speech Commands (Warden 2018): a folder for each word, and two lists of what is for validation and for testing; the rest is trained on. Who speaks is in
 * the names: `bed/00176480_nohash_0.wav`.
 *
 * @param lists the text of each list
 * @returns what is said of a path
 * @example
 * const of = speechCommands({ validation: "bed/0a_nohash_0.wav\n", test: "" });
 * of("bed/0a_nohash_0.wav"); // {"name": "bed", "split": "validation", "group": "0a"}
 */
export function speechCommands(lists: Readonly<Record<"validation" | "test", string>>): (path: string) => LaidOut {
  const parts = new Map<string, Part>();
  for (const part of ["validation", "test"] as const) {
    for (const line of lists[part].split(/\r?\n/)) if (line.trim() !== "") parts.set(line.trim(), part);
  }
  return (path) => {
    const [name, file = ""] = path.split("/").slice(-2);
    const speaker = /^(.+)_nohash_\d+\.wav$/i.exec(file)?.[1];
    const split = parts.get(`${name}/${file}`) ?? "training";
    return { name, split, ...(speaker === undefined ? {} : { group: speaker }) };
  };
}

/** `7_jackson_32.wav`: what is said, by whom, and which of his recordings it is. */
const DIGIT = /^([^_]+)_([^_]+)_(\d+)\.wav$/i;

/** Its first recordings are those to test with, by its README. */
const TESTED = 5;

/**
 * The Free Spoken Digit Dataset: all sounds in one folder, `7_jackson_32.wav`; recordings 0 to 4 of each digit and speaker are the part "test".
 *
 * @returns what is said of each path; undefined where any has another name, or all say the same
 * @example
 * spokenDigits(["7_jackson_32.wav", "8_theo_0.wav"]); // [{"name": "7", "split": "training"}, {"name": "8", "split": "test"}]
 */
export function spokenDigits(paths: readonly string[]): readonly LaidOut[] | undefined {
  const found = paths.map((path) => DIGIT.exec(basename(path)));
  const all = found.flatMap((match): LaidOut[] =>
    match ? [{ name: match[1], split: Number(match[3]) < TESTED ? "test" : "training" }] : [],
  );
  if (all.length < paths.length || new Set(all.map(({ name }) => name)).size < 2) return undefined;
  const parts = new Set(all.map(({ split }) => split));
  return parts.size === 2 ? all : all.map(({ name }) => ({ name }));
}
