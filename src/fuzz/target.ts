/** What is fuzzed, and what counts as a fault. */

import { messageOf } from "../cli/failure.js";
import { permutation, type Stream } from "../random/stream.js";
import { errorText } from "../values/error-text.js";

/** One kind of input that others may make. */
export interface Target {
  /** what its cases are, in a few words */
  readonly about: string;
  /** how long one case may take, in seconds */
  readonly seconds: number;
  /**
   * One case. It ends, or throws what it is given to throw; {@link faultIn} says whether that is one that is documented.
   *
   * @param random says which case it is
   * @param folder an empty folder of its own; what is in it is removed
   */
  run(random: Stream, folder: string): Promise<void>;
}

/** The classes of errors that the documentation names. A message of the others must still be one of ours. */
const CLASSES: readonly string[] = [
  "BrokenPicture",
  "DifferentiationError",
  "DivergenceError",
  "EngineError",
  "ModelFormatError",
  "PixelError",
  "RunError",
  "ShapeError",
  "UsageError",
];

/** How messages begin that are V8's and Node's own, where nobody has looked at what came in. What we say may quote them. */
const RAW = [
  "Cannot (read|set) propert|Cannot (convert|mix|destructure|access) ",
  ".* is not (a function|iterable|defined|a constructor)\\b",
  "Invalid (array|typed array|string) length",
  "Maximum call stack",
  "The number .* cannot be converted to a BigInt",
  "Array buffer allocation failed",
  ".*(outside the bounds|offset is out of bounds)",
  "Unexpected (token|end of)|Expected .* in JSON at|Bad .* in JSON at",
  'The "\\w+" argument must',
  "E[A-Z]{3,}\\b",
];

const isRaw = (text: string): boolean => RAW.some((pattern) => new RegExp(`^(${pattern})`, "m").test(text));

/** What is wrong with an error; undefined where it is one of the documented, or says in our words what is wrong. */
export function faultIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return `thrown: ${errorText(error)}`;
  const message = messageOf(error);
  if (message.trim().length < 8) return `${error.name} says next to nothing: '${message}'`;
  if (CLASSES.includes(error.name) ? message.includes("    at ") : isRaw(message)) return `${error.name}: ${message}`;
  return undefined;
}

/** What is wrong with what a command prints on its error output, and how it ended. */
export function faultInOutput(text: string, code: number | null): string | undefined {
  if (code === null || ![0, 1, 2, 130].includes(code)) return `exit code ${code}: ${text}`;
  if (code !== 0 && text.trim() === "") return `exit code ${code} without a word`;
  if (/^\s+at .*(:\d+:\d+|node:)/m.test(text) || isRaw(text.replace(/^bellpepper: /gm, ""))) return text;
  return undefined;
}

/** One of several. */
export const oneOf = <T>(random: Stream, list: readonly T[]): T => list[random.integer(0, list.length - 1)];

/** Several of a list, in random order. */
export const someOf = <T>(random: Stream, list: readonly T[], most: number): T[] =>
  Array.from(
    permutation(list.length, random).subarray(0, random.integer(0, Math.min(most, list.length))),
    (i) => list[i],
  );

/** Bytes with some of them changed, cut off, repeated or taken out. */
export function mutated(random: Stream, bytes: Uint8Array): Uint8Array {
  let changed = Uint8Array.from(bytes);
  for (let left = random.integer(1, 6); left > 0 && changed.length > 0; left--) {
    // Heads say what follows, and often stand at the beginning or the end.
    const near = random.uniform() < 0.5 ? Math.min(64, changed.length) : changed.length;
    const at = random.uniform() < 0.8 ? random.integer(0, near - 1) : changed.length - random.integer(1, near);
    const size = random.integer(1, Math.min(16, changed.length - at));
    const kind = random.integer(0, 9);
    if (kind === 0) changed = changed.slice(0, at);
    else if (kind === 1) changed = Uint8Array.from([...changed.subarray(0, at), ...changed.subarray(at + size)]);
    else if (kind === 2) changed = Uint8Array.from([...changed.subarray(0, at + size), ...changed.subarray(at)]);
    else if (kind === 3) changed.fill(oneOf(random, [0, 255, 127, 128, 32]), at, at + size);
    else changed[at] = random.uniform() < 0.5 ? random.integer(0, 255) : changed[at] ^ (1 << random.integer(0, 7));
  }
  return changed;
}
