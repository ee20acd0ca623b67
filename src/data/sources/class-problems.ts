import { numberOf } from "./class-order.js";
import { fewOf, type Problem } from "./dataset.js";

/** What is said of one class alone. */
export const ONLY_CLASS = "the only class: there is nothing to tell apart";

/** What programs write where there is no value. */
const MISSING = /^(?:nan|null|none|undefined|n\/?a|#n\/a)$/i;

/** Letters of other scripts that look like Latin ones (Unicode Technical Standard 39, of Cyrillic and Greek the plain ones). */
const LOOK_ALIKE: ReadonlyMap<string, string> = new Map(
  [
    ["аеорсухіјѕԁԛԝһӏ", "aeopcyxijsdqwhl"],
    ["АВЕКМНОРСТУХІЈЅԌ", "ABEKMHOPCTYXIJSG"],
    // small capitals
    ["вкмнт", "bkmht"],
    ["ονρυικ", "ovpuik"],
    ["ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"],
  ].flatMap(([others, latin]) => [...others].map((letter, i): [string, string] => [letter, latin[i]])),
);

/** What names are compared by, from the strictest on, and what two are said to differ in. */
const LIKENESS: readonly (readonly [what: string, key: (name: string) => string])[] = [
  ["case only", (name) => name.toLowerCase()],
  ["spaces only", (name) => name.toLowerCase().replace(/\s+/g, "")],
  ["how a number is written", (name) => `${numberOf(name) ?? name}`],
  ["quotes only", (name) => name.toLowerCase().replace(/["'`´“”„‘’‚«»]/g, "")],
  ["characters that cannot be seen only", (name) => visible(name).toLowerCase()],
  ["the form of letters only", (name) => name.normalize("NFKC").toLowerCase()],
  [
    "letters of another script that look alike only",
    (name) =>
      [...name]
        .map((letter) => LOOK_ALIKE.get(letter) ?? letter)
        .join("")
        .toLowerCase(),
  ],
];

/** Characters that take no room, or look like nothing or like a space. */
const UNSEEN = /[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A name without what cannot be seen in it. */
const visible = (name: string): string => name.replace(UNSEEN, "");

/** A name in which unusual characters that cannot be seen are written by their numbers: "cat<U+200B>". */
const shown = (name: string): string =>
  name.replace(UNSEEN, (unseen) =>
    unseen === " " ? unseen : `<U+${unseen.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );

/** What may be a mistake in the classes: one alone, a missing value, or names that a careless eye or another file system takes for one. */
export function classProblems(classes: readonly string[]): Problem[] {
  const alone = classes.length === 1 ? [{ path: classes[0], reason: ONLY_CLASS }] : [];
  return [...alone, ...nameProblems(classes, "a class", "a label")];
}

/** What may be a mistake in the names of groups, as in those of classes: pictures of two that are one get to both sides of a split. */
export function groupProblems(groups: ReadonlySet<string>): Problem[] {
  const kinds = new Map<string, Problem[]>();
  for (const problem of nameProblems([...groups], "a group", "a group")) {
    const kind = problem.reason.replace(/'.*' in/s, "in");
    const same = kinds.get(kind);
    if (same) same.push(problem);
    else kinds.set(kind, [problem]);
  }
  return [...kinds.values()].map(([first, ...others]): Problem => {
    if (others.length === 0) return first;
    return {
      ...first,
      reason: `${first.reason}, as do ${others.length} more (${fewOf(others.map(({ path }) => path))})`,
    };
  });
}

/** @param what "a class" @param value what is missing where programs write that it is: "a label" */
function nameProblems(names: readonly string[], what: string, value: string): Problem[] {
  const problems: Problem[] = [];
  for (const name of names) {
    if (name.includes("\uFFFD")) {
      problems.push({
        path: name,
        reason: `${what} whose name has lost letters: an earlier program took the text for UTF-8`,
      });
    }
    if (MISSING.test(name))
      problems.push({ path: name, reason: `${what} of this name, as programs write it where ${value} is missing` });
  }
  const said = new Set<string>();
  for (const [difference, keyOf] of LIKENESS) {
    const folded = new Map<string, string>();
    for (const name of names) {
      const key = keyOf(name);
      const other = folded.get(key);
      if (other === undefined) folded.set(key, name);
      else if (!said.has(name)) {
        said.add(name);
        const reason = `${what} whose name differs from '${shown(other)}' in ${difference}; they count as two`;
        problems.push({ path: shown(name), reason });
      }
    }
  }
  return problems;
}
