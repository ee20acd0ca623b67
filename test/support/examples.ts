/** Finds the examples in docstrings and Markdown, and writes each as a module that checks what its comments state. */

/** An example and where it stands. */
export interface Example {
  /** the file, from the project's folder */
  readonly file: string;
  /** the line of its first statement, from 1 */
  readonly line: number;
  /** what it is an example of */
  readonly symbol: string;
  readonly code: string;
}

/** A docstring and what it describes. */
export interface Docstring {
  readonly file: string;
  readonly symbol: string;
  /** what stands between its stars */
  readonly text: string;
  readonly examples: readonly Example[];
}

/** What an example's module calls with each value that a comment states. */
export type Check = (value: unknown, stated: unknown, line: number) => void;

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** The docstrings of a TypeScript file. */
export function docstringsOf(file: string, source: string): Docstring[] {
  return [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?!\/\*\*)(.*)/g)].map(
    ({ 0: whole, 1: text, 2: what, index }) => {
      const declared = /^(?:export )?(?:async )?(?:function\*?|class|const|interface|type)\s+(\w+)/.exec(what);
      const symbol = declared?.[1] ?? /\w+/.exec(what)?.[0] ?? "";
      const tags = [...text.matchAll(/@example((?:(?!\n\s*\* @)[\s\S])*)/g)];
      const examples = tags.map((tag) => ({
        file,
        line: lineAt(source, index + whole.indexOf(text) + tag.index) + 1,
        symbol,
        code: tag[1]
          .replace(/^.*\n/, "")
          .replace(/^\s*\* ?/gm, "")
          .trimEnd(),
      }));
      return { file, symbol, text, examples };
    },
  );
}

/** The blocks of TypeScript in a Markdown file; each belongs to the heading above it. */
export function markdownExamples(file: string, text: string): Example[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ 1: code, index }) => {
    const heading = [...text.slice(0, index).matchAll(/^#+ (.*)/gm)].at(-1)?.[1] ?? "";
    return { file, line: lineAt(text, index) + 1, symbol: heading, code };
  });
}

/** Names that a module is imported for. */
export interface Source {
  /** how the example's module names it */
  readonly path: string;
  readonly names: Iterable<string>;
}

/** The values that a TypeScript file exports where it declares them. */
export const exportsOf = (source: string): string[] =>
  [...source.matchAll(/^export (?:async )?(?:function\*?|class|const) (\w+)/gm)].map((match) => match[1]);

/**
 * An example as a module whose default export runs it; every statement stands in the same line as in its file. A name is imported
 * from the first source that has it, unless the example imports it itself.
 *
 * @param pathOf the path of a module that the example imports by the package's name
 */
export function moduleOf(
  { code, line }: Example,
  sources: readonly Source[],
  pathOf: (name: string) => string,
): string {
  const own: string[] = [];
  const body = code.replace(/^import [\s\S]*?;$/gm, (statement) => {
    own.push(statement.replace(/"(bellpepper[^"]*)"/, (_, name) => `"${pathOf(name)}"`).replace(/\s+/g, " "));
    return statement.replace(/.+/g, "");
  });
  const taken = new Set(own.flatMap((statement) => statement.match(/\w+/g) ?? []));
  const imports = sources.map(({ path, names }) => {
    const used = [...names].filter((name) => !taken.has(name) && mentions(body, name));
    for (const name of used) taken.add(name);
    return used.length > 0 ? `import { ${used.join(", ")} } from "${path}";` : "";
  });
  const type = `import type { Check } from "../support/examples.js";`;
  const head = [
    type,
    ...own,
    ...imports,
    "export default async function ($check: Check): Promise<void> { void $check;",
  ];
  const lines = body.split("\n").map((text, i) => checked(text, line + i));
  return `${head.join(" ")}${"\n".repeat(line - 1)}${lines.join("\n")}\n}\n`;
}

/** Whether a name stands in the code, and not as the name of a field. */
const mentions = (code: string, name: string): boolean => new RegExp(`(?<!\\w|[^.]\\.)${name}\\b`).test(code);

/** A line of an example; where its comment states a value, the value of its expression, of its constant or of what it prints is handed to the check. */
function checked(text: string, line: number): string {
  const [, statement, comment] = /^(.*);\s*\/\/ (.*)$/.exec(text) ?? [];
  const value = comment === undefined ? undefined : statedIn(comment);
  if (value === undefined) return text;
  const printed = /^\s*console\.log\((.*)\)$/.exec(statement)?.[1];
  if (printed !== undefined) return `$check(${printed}, ${value}, ${line});`;
  const constant = /^\s*const (\w+) =/.exec(statement)?.[1];
  return constant
    ? `${statement}; $check(${constant}, ${value}, ${line});`
    : `$check(${statement}, ${value}, ${line});`;
}

/** The value that a comment states: "equals …", or JSON, by itself or after a colon; undefined for prose. */
function statedIn(comment: string): string | undefined {
  if (comment.startsWith("equals ")) return comment.slice("equals ".length);
  return [comment, ...[...comment.matchAll(/: /g)].map(({ index }) => comment.slice(index + 2))].find(isJson);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
