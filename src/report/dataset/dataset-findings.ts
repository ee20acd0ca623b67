import type { NamedDuplicates, ScanSummary } from "../../data/scan/scan-summary.js";
import type { Part } from "../../data/sources/dataset.js";
import { escaped } from "../../values/place.js";
import { countText, plural } from "../page/text/words.js";

/** From this factor between the largest and the smallest class on, the imbalance is worth a word. */
const IMBALANCE = 3;
/** A class of fewer pictures is worth a word. */
const FEW = 10;
/** Values that lie closer together than this, of 256, are worth a word. */
const NARROW = 32;

/** Something about a data set that a person should know before training on it. */
export interface Finding {
  /** "wrong": it spoils a training or a measurement; "note": good to know */
  readonly kind: "wrong" | "note";
  readonly text: string;
}

/** What is known of a data set; of what is not known, nothing is said. */
export interface DatasetFacts
  extends Partial<
    Pick<
      ScanSummary,
      | "broken"
      | "problems"
      | "classes"
      | "imbalance"
      | "exactDuplicates"
      | "nearDuplicates"
      | "groups"
      | "groupsAcrossParts"
      | "flat"
      | "range"
      | "usualRange"
      | "readings"
    >
  > {
  /** how many pictures are in each part that the data set itself states */
  readonly parts?: Readonly<Partial<Record<Part, number>>>;
  /** how many pictures there are */
  readonly pictures?: number;
  /** how classes of few pictures are made up for, where something is trained */
  readonly balance?: keyof typeof BALANCE_TEXTS;
  /** what pictures are divided into; "part of the split" */
  readonly division?: string;
}

/**
 * What is worth a look in a data set, what spoils a measurement first. What `data` finds, and what the jobs know before they begin, is said here, in the
 * same words.
 *
 * @returns an empty list when nothing is
 */
export function listFindings(facts: DatasetFacts): Finding[] {
  const harm = [...leakTexts(facts), ...classHarmTexts(facts), ...rangeTexts(facts), ...brokenTexts(facts)];
  const { readings = [] } = facts;
  const notes = [...readings, ...originTexts(facts), ...copyTexts(facts), ...classTexts(facts), ...problemTexts(facts)];
  return [
    ...harm.map((text): Finding => ({ kind: "wrong", text: escaped(text) })),
    ...notes.map((text): Finding => ({ kind: "note", text: escaped(text) })),
  ];
}

/** Pictures and groups on both sides of a split, and contradictions. */
function leakTexts({ groupsAcrossParts = [], division = "part of the split", ...facts }: DatasetFacts): string[] {
  const texts: string[] = [];
  if (groupsAcrossParts.length > 0) {
    texts.push(
      `${plural(groupsAcrossParts.length, "group")} ${has(groupsAcrossParts.length)} pictures in more than one ${division} (${few(groupsAcrossParts)}).`,
    );
  }
  for (const { sets, look } of copiesIn(facts)) {
    const parts = sets.filter(({ acrossParts }) => acrossParts);
    const mixed = sets.filter(({ acrossClasses }) => acrossClasses);
    if (parts.length > 0)
      texts.push(`${setsText(parts)} ${look} and stand in more than one ${division}: ${example(parts)}.`);
    if (mixed.length > 0) texts.push(`${setsText(mixed)} ${look} and have different classes: ${example(mixed)}.`);
  }
  return texts;
}

const copiesIn = ({ exactDuplicates = [], nearDuplicates = [] }: DatasetFacts) => [
  { sets: exactDuplicates, look: "are the same byte for byte" },
  { sets: nearDuplicates, look: "look the same" },
];

/** Copies that spoil nothing. */
const copyTexts = (facts: DatasetFacts): string[] =>
  copiesIn(facts).flatMap(({ sets, look }) => {
    const others = sets.filter(({ acrossParts, acrossClasses }) => !acrossParts && !acrossClasses);
    return others.length > 0 ? `${setsText(others)} ${look}: ${example(others)}.` : [];
  });

/** Classes of which nothing can be learned. */
function classHarmTexts({ classes = [] }: DatasetFacts): string[] {
  const untaught = classes.filter(({ count, parts }) => count > 0 && parts.training === 0);
  if (untaught.length === 0) return [];
  const named = untaught.map(({ name, count, parts }) => {
    const [part] = Object.entries(parts).find(([, n]) => n === count) ?? ["other"];
    return `${name} (${countText(count)} in the ${part} part)`;
  });
  return [
    `${plural(untaught.length, "class", "classes")} ${has(untaught.length)} no picture to train on: ${few(named)}.`,
  ];
}

/** Pictures whose values say little. */
function rangeTexts({ flat = [], range, usualRange = range, pictures = 0 }: DatasetFacts): string[] {
  const texts: string[] = [];
  if (flat.length > 0) {
    const which =
      flat.length === pictures
        ? `All ${countText(pictures)} pictures are`
        : `${plural(flat.length, "picture")} ${flat.length === 1 ? "is" : "are"}`;
    texts.push(`${which} of one colour all over: ${few(flat)}. Was the range of their values lost?`);
  }
  if (range && flat.length < pictures && range[1] - range[0] < NARROW) {
    texts.push(
      `The values of all pictures lie between ${range[0]} and ${range[1]}, of 0 to 255. Was their range lost?`,
    );
  } else if (usualRange && range && flat.length < pictures && usualRange[1] - usualRange[0] < NARROW) {
    texts.push(
      `The values of nearly all pictures lie between ${usualRange[0]} and ${usualRange[1]}, of 0 to 255; those of a few reach from ${range[0]} to ${range[1]}. Was the range spoilt by single pixels?`,
    );
  }
  return texts;
}

function brokenTexts({ broken = [] }: DatasetFacts): string[] {
  if (broken.length === 0) return [];
  const named = broken.map(({ path, reason }) => `${path}, ${reason}`);
  return [`${plural(broken.length, "picture")} cannot be decoded: ${few(named, 2)}.`];
}

/** The parts and the groups that were found. */
function originTexts({ parts = {}, groups }: DatasetFacts): string[] {
  const stated = Object.entries(parts).map(([part, count]) => `${part} ${countText(count)}`);
  const texts = stated.length > 0 ? [`Parts of a split are there already: ${stated.join(", ")} pictures.`] : [];
  if (!groups) return texts;
  const { count, least, most, example: name } = groups;
  const sizes = least === most ? plural(most, "picture") : `${countText(least)} to ${plural(most, "picture")}`;
  const alone = most === 1 ? " Groups keep pictures together: are these the groups that you mean?" : "";
  return [
    ...texts,
    `${plural(count, "group")} of ${sizes} ${count === 1 ? "was" : "were"} found, such as ${name}.${alone}`,
  ];
}

/** What is done about uneven classes. */
const BALANCE_TEXTS = {
  none: "Every picture counts alike; --balance weights or --balance sampling lets every class count alike.",
  weights: "Mistakes are weighed, so that every class counts alike.",
  sampling: "Pictures of small classes are shown more often, so that every class counts alike.",
} as const;

/** Classes that are small, uneven, or not measured. */
function classTexts({ classes = [], imbalance = 1, balance }: DatasetFacts): string[] {
  const texts: string[] = [];
  const small = classes.filter(({ count }) => count < FEW);
  if (small.length > 0) {
    texts.push(
      `${plural(small.length, "class", "classes")} ${has(small.length)} fewer than ${FEW} pictures: ${few(small.map(({ name, count }) => `${name} (${count})`))}.`,
    );
  }
  for (const part of ["validation", "test"] as const) {
    const absent = classes.filter(({ count, parts }) => count > 0 && parts[part] === 0);
    if (absent.length === 0) continue;
    const names = few(absent.map(({ name }) => name));
    texts.push(
      `${plural(absent.length, "class", "classes")} ${has(absent.length)} no picture in the ${part} part: ${names}.`,
    );
  }
  if (imbalance < IMBALANCE) return texts;
  const counts = classes.filter(({ count }) => count > 0);
  const [most, least] = [
    counts.reduce((a, b) => (b.count > a.count ? b : a)),
    counts.reduce((a, b) => (b.count < a.count ? b : a)),
  ];
  const times = imbalance >= 10 ? countText(Math.round(imbalance)) : imbalance.toFixed(1);
  texts.push(
    `The classes are uneven: ${most.name} has ${countText(most.count)} pictures, ${times} times as many as ${least.name} with ${countText(least.count)}.${balance === undefined ? "" : ` ${BALANCE_TEXTS[balance]}`}`,
  );
  return texts;
}

/** What was left out when the data set was opened, and what may be a mistake in it. */
function problemTexts({ problems = [] }: DatasetFacts): string[] {
  const texts = problems.slice(0, PROBLEMS).map(({ path, reason }) => `${path}: ${reason}.`);
  const more = problems.length - PROBLEMS;
  return more > 0 ? [...texts, `${countText(more)} more were left out, or may be mistakes.`] : texts;
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
