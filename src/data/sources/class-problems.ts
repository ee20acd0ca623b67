import type { Problem } from "./dataset.js";

/** What is said of one class alone. */
export const ONLY_CLASS = "the only class: there is nothing to tell apart";

/** What programs write where there is no value. */
const MISSING = /^(?:nan|null|none|undefined|n\/?a|#n\/a)$/i;

/** What names are compared by, from the strictest on, and what two are said to differ in. */
const LIKENESS: readonly (readonly [what: string, key: (name: string) => string])[] = [
  ["case only", (name) => name.toLowerCase()],
  ["spaces only", (name) => name.toLowerCase().replace(/\s+/g, "")],
  [
    "how a number is written",
    (name) => (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(name) ? `${Number(name)}` : name),
  ],
  ["quotes only", (name) => name.toLowerCase().replace(/^["'“”‘’]+|["'“”‘’]+$/g, "")],
  ["characters that cannot be seen only", (name) => visible(name).toLowerCase()],
  ["the form of letters only", (name) => name.normalize("NFKC").toLowerCase()],
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
  const problems: Problem[] = [];
  if (classes.length === 1) {
    problems.push({ path: classes[0], reason: ONLY_CLASS });
  }
  for (const name of classes) {
    if (name.includes("\uFFFD")) {
      problems.push({
        path: name,
        reason: "a class whose name has lost letters: an earlier program took the text for UTF-8",
      });
    }
    if (MISSING.test(name))
      problems.push({ path: name, reason: "a class of this name, as programs write it where a label is missing" });
  }
  const said = new Set<string>();
  for (const [what, keyOf] of LIKENESS) {
    const folded = new Map<string, string>();
    for (const name of classes) {
      const other = folded.get(keyOf(name));
      if (other === undefined) folded.set(keyOf(name), name);
      else if (!said.has(name)) {
        said.add(name);
        const reason = `a class whose name differs from '${shown(other)}' in ${what}; they count as two`;
        problems.push({ path: shown(name), reason });
      }
    }
  }
  return problems;
}
