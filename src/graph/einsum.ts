/** The equation of an Einsum: a letter for each axis of each operand. */

import { ShapeError } from "./shape-error.js";

/** The letters of the axes of each operand, and of the result. */
export interface Einsum {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/**
 * Reads an equation; "..." becomes letters that it has not, of which the last axes are the same in all operands.
 *
 * @param equation such as "bij,bjk->bik"; without an arrow the result has the letters that occur once, in the order of the alphabet
 * @param ranks how many axes each operand has
 * @throws ShapeError when it is none, or does not fit the operands
 * @example
 * readEinsum("...i,i", [2, 1]).result; // ["a"]
 */
export function readEinsum(equation: string, ranks: readonly number[]): Einsum {
  const [left, right, ...more] = equation.replace(/\s/g, "").split("->");
  const terms = left.split(",");
  if (more.length > 0 || terms.length !== ranks.length) {
    throw new ShapeError(`the equation "${equation}" is none for ${ranks.length} operand(s)`);
  }
  const hidden = (term: string, rank: number): number => (term.includes("...") ? rank - (term.length - 3) : 0);
  const widest = Math.max(0, ...terms.map((term, i) => hidden(term, ranks[i])));
  const free = LETTERS.filter((letter) => !equation.includes(letter)).slice(0, widest);
  const spelt = (term: string, count: number): string[] => {
    const letters = term.replace("...", free.slice(free.length - count).join(""));
    if (!/^[a-zA-Z]*$/.test(letters)) throw new ShapeError(`the equation "${equation}" is not of letters`);
    return [...letters];
  };
  const operands = terms.map((term, i) => {
    const letters = spelt(term, Math.max(0, hidden(term, ranks[i])));
    if (letters.length === ranks[i]) return letters;
    throw new ShapeError(`"${term}" of the equation "${equation}" is not for ${ranks[i]} axes`);
  });
  const all = operands.flat();
  const once = LETTERS.filter(
    (letter) => !free.includes(letter) && all.filter((other) => other === letter).length === 1,
  );
  return { operands, result: right === undefined ? [...free, ...once.sort()] : spelt(right, widest) };
}
