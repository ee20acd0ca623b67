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

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

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
