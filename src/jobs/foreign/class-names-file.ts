/** The names of the classes of a model whose file has none. */

import { readText } from "../../files/text-file.js";

/** What each score of a model stands for. */
export interface ClassNames {
  readonly names: readonly string[];
  /** their numbers in WordNet, where the file has them */
  readonly ids?: readonly string[];
}

/**
 * Reads the names of classes, in the order of a network's scores. Three forms are known:
 *
 * - text, a line each: "bell pepper"; or, as ImageNet's synset_words.txt, "n07720875 bell pepper"
 * - a JSON list: `["cat", "dog"]`
 * - a JSON object by number, from 0: `{"0": "cat"}`, or, as Keras' imagenet_class_index.json, `{"0": ["n01440764", "tench"]}`
 *
 * @throws Error, with the file's path, when it cannot be read, is of another form, or a number is missing
 * @example
 * await writeFile("names.txt", "n02121808 cat\nn02084071 dog\n");
 * (await readClassNames("names.txt")).names; // ["cat", "dog"]
 */
export async function readClassNames(path: string): Promise<ClassNames> {
  const text = await readText(path);
  const refused = (reason: string): Error => new Error(`${path}: ${reason}`);
  const entries = /^\s*[[{]/.test(text) ? ofJson(text, refused) : ofLines(text);
  if (entries.length < 2) throw refused(`expected the names of two classes or more, got ${entries.length}.`);
  const empty = entries.findIndex(({ name }) => name === "");
  if (empty >= 0) throw refused(`expected a name for each class, got none for the one of number ${empty} (from 0).`);
  const names = entries.map(({ name }) => name);
  const ids = entries.flatMap(({ id }) => id ?? []);
  return { names, ...(ids.length === names.length ? { ids } : {}) };
}

interface Entry {
  readonly name: string;
  readonly id?: string | undefined;
}

function ofLines(text: string): Entry[] {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim());
  const found = lines.map((line) => /^(n\d{8})[\s,]+(\S.*)$/.exec(line));
  return found.every((match) => match !== null)
    ? found.map((match) => ({ id: match?.[1], name: match?.[2] ?? "" }))
    : lines.map((name) => ({ name }));
}

function ofJson(text: string, refused: (reason: string) => Error): Entry[] {
  const value = parse(text, refused);
  const list = Array.isArray(value) ? value : byNumber(value, refused);
  return list.map((entry, i) => {
    if (typeof entry === "string") return { name: entry.trim() };
    const [id, name, ...more]: unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof id === "string" && typeof name === "string" && more.length === 0) {
      return { id, name: name.replaceAll("_", " ").trim() };
    }
    throw refused(`expected a name, or a WordNet number and a name, for class ${i}, got ${JSON.stringify(entry)}.`);
  });
}

function parse(text: string, refused: (reason: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused("expected names of classes, a line each, or JSON, got what begins as JSON and is none.");
  }
}

function byNumber(value: unknown, refused: (reason: string) => Error): unknown[] {
  const entries = new Map(Object.entries(typeof value === "object" && value ? value : {}));
  const list = Array.from({ length: entries.size }, (_, i) => entries.get(`${i}`));
  const missing = list.indexOf(undefined);
  if (missing >= 0) throw refused(`expected names by the numbers 0 to ${list.length - 1}, got none for ${missing}.`);
  return list;
}
