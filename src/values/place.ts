/** Where a value stands that came from outside, and the message when it is not what it may be. */

/** Where a value stands: in what ("layer 3", a file), and under which names. */
export interface Place {
  /** what the record is that holds it; nothing for the arguments of a function */
  readonly where?: string | undefined;
  /** "solver.momentum"; nothing for the whole */
  readonly path: string;
}

/** The arguments of a function. */
export const ARGUMENTS: Place = { path: "" };

/** A field of what stands at a place, or one of its items by its number from 0. */
export function within({ where, path }: Place, key: string | number): Place {
  if (typeof key === "number") return { where, path: `${path}[${key}]` };
  return { where, path: path === "" ? key : `${path}.${key}` };
}

/** So many signs of a value are shown. */
const LONGEST = 60;

/** A value as a message shows it: short, and with no sign that a terminal would obey. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
  const text = escaped(jsonOf(typeof value === "string" ? value.slice(0, 2 * LONGEST) : value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** A value as JSON; what JSON cannot hold as a text: what refers to itself, symbols, large numbers inside. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Array.isArray(value) ? "a list" : "an object";
  }
}

/**
 * A text without signs that a terminal obeys or that cannot be seen, but for the ends of lines: they are written as JSON has them.
 *
 * @example
 * escaped("a\u001b[31mb"); // "a\\u001b[31mb"
 */
export const escaped = (text: string): string =>
  text.replace(HIDDEN, (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);

/** Control characters but for the end of a line, marks of direction, and signs without a width. */
const HIDDEN = /(?!\n)[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** "Invalid value for stride: expected …, got …." for arguments; "layer 3: stride: expected …, got …." in a record. */
export function expectedText({ where, path }: Place, expected: string, got: unknown): string {
  const place =
    where === undefined ? `Invalid value for ${path || "options"}` : path === "" ? where : `${where}: ${path}`;
  return `${place}: expected ${expected}, got ${shown(got)}.`;
}

/** The error for a value of another kind. */
export const wrongKind = (at: Place, expected: string, got: unknown): TypeError =>
  new TypeError(expectedText(at, expected, got));

/** The error for a value of the right kind that is out of range. */
export const outOfRange = (at: Place, expected: string, got: unknown): RangeError =>
  new RangeError(expectedText(at, expected, got));
