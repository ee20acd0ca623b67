import type { NamedDuplicates, ScanSummary } from "../../data/scan/scan-summary.js";
import { countText, plural } from "../page/text/words.js";

/** From this factor between the largest and the smallest class on, the imbalance is worth a word. */
const IMBALANCE = 3;
/** A class of fewer pictures is worth a word. */
const FEW = 10;

/** Something about a data set that a person should know before training on it. */
export interface Finding {
  /** "wrong": it spoils a training or a measurement; "note": good to know */
  readonly kind: "wrong" | "note";
  readonly text: string;
}

/**
 * What is worth a look in a data set, what spoils a measurement first.
 *
 * @returns an empty list when nothing is
 */
export function listFindings(summary: ScanSummary): Finding[] {
  const { broken, problems, exactDuplicates, nearDuplicates, groupsAcrossParts, classes, imbalance } = summary;
  const [harm, notes]: [Finding[], Finding[]] = [[], []];
  const wrong = (text: string): void => void harm.push({ kind: "wrong", text });
  const note = (text: string): void => void notes.push({ kind: "note", text });

  if (groupsAcrossParts.length > 0) {
    wrong(
      `${plural(groupsAcrossParts.length, "group")} ${has(groupsAcrossParts.length)} pictures in more than one part of the split (${few(groupsAcrossParts)}).`,
    );
  }
  for (const [sets, look] of [
    [exactDuplicates, "are the same byte for byte"],
    [nearDuplicates, "look the same"],
  ] as const) {
    const parts = sets.filter(({ acrossParts }) => acrossParts);
    const mixed = sets.filter(({ acrossClasses }) => acrossClasses);
    if (parts.length > 0)
      wrong(`${setsText(parts)} ${look} and stand in more than one part of the split: ${example(parts)}.`);
    if (mixed.length > 0) wrong(`${setsText(mixed)} ${look} and have different classes: ${example(mixed)}.`);
    const others = sets.filter(({ acrossParts, acrossClasses }) => !acrossParts && !acrossClasses);
    if (others.length > 0) note(`${setsText(others)} ${look}: ${example(others)}.`);
  }
  if (broken.length > 0) {
    wrong(
      `${plural(broken.length, "picture")} cannot be decoded: ${few(
        broken.map(({ path, reason }) => `${path}, ${reason}`),
        2,
      )}.`,
    );
  }
  const small = classes.filter(({ count }) => count < FEW);
  if (small.length > 0) {
    note(
      `${plural(small.length, "class", "classes")} ${has(small.length)} fewer than ${FEW} pictures: ${few(small.map(({ name, count }) => `${name} (${count})`))}.`,
    );
  }
  if (imbalance >= IMBALANCE) {
    const counts = classes.filter(({ count }) => count > 0);
    const [most, least] = [
      counts.reduce((a, b) => (b.count > a.count ? b : a)),
      counts.reduce((a, b) => (b.count < a.count ? b : a)),
    ];
    const times = imbalance >= 10 ? countText(Math.round(imbalance)) : imbalance.toFixed(1);
    note(
      `The classes are uneven: ${most.name} has ${countText(most.count)} pictures, ${times} times as many as ${least.name} with ${countText(least.count)}.`,
    );
  }
  for (const { path, reason } of problems.slice(0, PROBLEMS)) note(`${path}: ${reason}.`);
  if (problems.length > PROBLEMS)
    note(`${countText(problems.length - PROBLEMS)} more were left out, or may be mistakes.`);
  return [...harm, ...notes];
}

/** So many of the problems are named. */
const PROBLEMS = 5;

const has = (count: number): string => (count === 1 ? "has" : "have");

const few = (names: readonly string[], count = 3): string =>
  names.length > count
    ? `${names.slice(0, count).join(", ")} and ${countText(names.length - count)} more`
    : names.join(", ");

function setsText(sets: readonly NamedDuplicates[]): string {
  const count = sets.reduce((sum, { pictures }) => sum + pictures.length, 0);
  return sets.length === 1
    ? plural(count, "picture")
    : `${countText(count)} pictures, in ${countText(sets.length)} sets,`;
}

function example(sets: readonly NamedDuplicates[]): string {
  const names = few(
    sets[0].pictures.map(({ path }) => path),
    2,
  );
  return sets.length > 1 ? `for example ${names}` : names;
}
