/** What is printed of the events of jobs. */

import { fewOf, type Problem } from "../../data/sources/dataset.js";
import type { Choice, PreparedEvent, StartedEvent, StoppedEvent } from "../../jobs/index.js";
import type { Finding } from "../../report/dataset/dataset-findings.js";
import { TERMINAL, wrapLines } from "../../report/page/text/wrap.js";
import { colours } from "./colours.js";

/** "1 patch was left out: …": the first few of what a person should know; nothing where there is none. */
export function leftOutText(problems: readonly Problem[], one: string, many: string): string {
  if (problems.length === 0) return "";
  const few = fewOf(problems.map(({ path, reason }) => `${path}: ${reason}`));
  const what = problems.length === 1 ? `1 ${one}` : `${problems.length} ${many}`;
  return colours.yellow(`! ${what}: ${few}\n`);
}

/** What is worth a word about a data set, a line each. */
export const findingsText = (findings: readonly Finding[]): string =>
  findings
    .map(({ kind, text }) => `${kind === "wrong" ? colours.red("✗") : colours.yellow("!")} ${plainSpaces(text)}\n`)
    .join("");

/** Spaces in numbers break on a terminal as others do. */
export const plainSpaces = (text: string): string => text.replaceAll("\u00a0", " ");

/** Which pictures were left out, and why. */
export const brokenText = (broken: readonly Problem[]): string =>
  leftOutText(broken, "picture cannot be decoded and is left out", "pictures cannot be decoded and are left out");

/** How many pictures are for what; that there are none to measure by is said before the work begins. */
export const preparedText = ({ training, validation }: PreparedEvent["counts"]): string =>
  validation > 0
    ? `${training} pictures to train on, ${validation} to validate`
    : `all ${training} pictures are trained on: nothing will tell how good the model is on others, nor which epoch is best (the last is kept)`;

/** What was chosen for the user, and why; nothing where all was asked for. */
export function choicesText(choices: readonly Choice[]): string {
  if (choices.length === 0) return "";
  const widths = [0, 1].map((i) => Math.max(...choices.map(({ what, value }) => [what, value][i].length)));
  const [name, value] = widths;
  // A reason that has too little room beside the value stands below it.
  const beside = 2 + name + 2 + value + 2 <= TERMINAL / 2 + 10;
  const lines = choices.map((choice) => {
    const begin = `  ${choice.what.padEnd(name)}  ${choice.value}`;
    const indent = beside ? 2 + name + 2 + value + 2 : 2 + name + 2;
    const [first, ...more] = wrapLines(choice.why, TERMINAL - indent).split("\n");
    const rest = more.map((line) => `${" ".repeat(indent)}${line}\n`).join("");
    return beside ? `${begin.padEnd(indent)}${first}\n${rest}` : `${begin}\n${" ".repeat(indent)}${first}\n${rest}`;
  });
  return `chosen because you did not choose:\n${lines.join("")}`;
}

/** What the user should know about going on. */
export const notesText = (notes: readonly string[]): string =>
  notes.map((note) => `${colours.yellow(note)}\n`).join("");

/** What is said before training begins: that it goes on, or is done. */
export function resumedText({ resumed, epochs, mayGrow }: StartedEvent): string {
  if (!resumed) return "";
  const { epoch } = resumed;
  if (epoch >= epochs) {
    return `all ${epoch} epochs are done: ${mayGrow ? `--epochs ${epoch + 5} adds some, ` : ""}--fresh begins anew\n`;
  }
  return `going on after ${placeText(resumed)}\n`;
}

/**
 * What is said when the user has stopped a job.
 *
 * @param fresh whether the command would forget what it made; false
 */
export function stoppedText({ saved, position, folder, left }: StoppedEvent, fresh = false): string {
  if (left !== undefined) return `stopped; what was done by then is in ${left}\n`;
  if (!saved) return "stopped; nothing was written\n";
  return `stopped${position ? ` after ${placeText(position)}` : ""}; saved in ${folder}. The same command${fresh ? " without --fresh" : ""} goes on from there.\n`;
}

const placeText = ({ epoch, batch }: { readonly epoch: number; readonly batch: number }): string =>
  `epoch ${epoch}${batch > 0 ? `, batch ${batch}` : ""}`;
