/** Names that were misspelt. */

import { expectedText, type Place } from "./place.js";

/**
 * The Levenshtein distance of two texts: the least number of characters to insert, delete or replace that turns one into
 * the other (Levenshtein 1966). Characters are Unicode code points.
 *
 * @example
 * editDistance("kitten", "sitting"); // 3
 */
export function editDistance(a: string, b: string): number {
  const [from, to] = [[...a], [...b]];
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, character] of from.entries()) {
    const row = [i + 1];
    for (let j = 0; j < to.length; j++) {
      row.push(Math.min(previous[j] + (character === to[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1));
    }
    previous = row;
  }
  return previous[to.length];
}

/**
 * The known name that a name was probably meant to be: one that begins alike, or differs in at most a third of its characters.
 *
 * @example
 * nearestName("padding", ["pad", "stride"]); // "pad"
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const scored = known.map((candidate) => {
    const other = candidate.toLowerCase();
    const alike = other.length > 2 && lower !== "" && (lower.startsWith(other) || other.startsWith(lower));
    return { candidate, distance: alike ? 0.5 : editDistance(lower, other) };
  });
  const [best] = scored.sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(1, Math.max(name.length, best.candidate.length) / 3)
    ? best.candidate
    : undefined;
}

/**
 * "did you mean 'stride'? It has …": what a message adds about a name that is not known.
 *
 * @example
 * suggestion("strides", ["stride", "pad"]); // "did you mean 'stride'? It has stride, pad"
 */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  const all = known.length > 0 ? `has ${known.join(", ")}` : "has none";
  return near === undefined ? `it ${all}` : `did you mean '${near}'? It ${all}`;
}

/**
 * The error for a name that is none of those that may stand there: it says them all, and the nearest.
 *
 * @example
 * notAmong({ where: "layer 1", path: "type" }, ["conv", "pool"], "conf").message; // "layer 1: type: expected one of conv, pool, got \"conf\". Did you mean \"conv\"?"
 */
export function notAmong(at: Place, known: readonly string[], got: unknown): TypeError {
  const near = typeof got === "string" ? nearestName(got, known) : undefined;
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  return new TypeError(`${expectedText(at, `one of ${known.join(", ")}`, got)}${hint}`);
}
