/**
 * Arithmetic on sizes that may only be named: numbers are computed, names become formulas. Sums and products are kept in
 * one order with like terms together, so that two ways to the same size mostly give the same text.
 */

import type { Dimension } from "./types.js";

/** A whole number of each of several terms (products of names, and formulas that are no sum), plus a number. */
interface Sum {
  readonly terms: ReadonlyMap<string, number>;
  readonly constant: number;
}

/** Cuts a formula at a separator that stands outside all brackets. */
function cut(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const token of text.matchAll(new RegExp(`[()]|${separator.source}`, "g"))) {
    if (token[0] === "(") depth++;
    else if (token[0] === ")") depth--;
    else if (depth === 0) {
      parts.push(text.slice(start, token.index), token[0].trim());
      start = token.index + token[0].length;
    }
  }
  return [...parts, text.slice(start)];
}

const factorsOf = (text: string): string[] => cut(text, / \* /).filter((part) => part !== "*");

/** The coefficient of a product and the rest of it: "6 * H" is 6 and "H". */
function coefficientOf(text: string): readonly [number, string] {
  const [first, ...rest] = factorsOf(text);
  return rest.length > 0 && /^-?\d+$/.test(first) ? [Number(first), rest.join(" * ")] : [1, text];
}

/** A product of one pair of brackets is what they hold. */
function unwrapped(text: string): string {
  const inner = text.slice(1, -1);
  let depth = 0;
  for (const character of inner) {
    if (character === "(") depth++;
    if (character === ")") depth--;
    if (depth < 0) return text;
  }
  return text.startsWith("(") && text.endsWith(")") ? inner : text;
}

function sumOf(d: Dimension): Sum {
  if (typeof d === "number") return { terms: new Map(), constant: d };
  const terms = new Map<string, number>();
  let constant = 0;
  let sign = 1;
  for (const part of cut(d, / [+-] /)) {
    if (part === "+" || part === "-") sign = part === "+" ? 1 : -1;
    else if (/^-?\d+$/.test(part)) constant += sign * Number(part);
    else {
      const [coefficient, rest] = coefficientOf(part);
      terms.set(rest, (terms.get(rest) ?? 0) + sign * coefficient);
    }
  }
  return { terms, constant };
}

function written({ terms, constant }: Sum): Dimension {
  const parts = [...terms].filter(([, coefficient]) => coefficient !== 0);
  if (parts.length === 0) return constant;
  parts.sort(([a, m], [b, n]) => Math.sign(n) - Math.sign(m) || (a < b ? -1 : 1));
  let text = "";
  for (const [term, coefficient] of parts) {
    const size = Math.abs(coefficient);
    const product = size === 1 ? term : `${size} * ${term}`;
    if (text !== "") text += coefficient < 0 ? ` - ${product}` : ` + ${product}`;
    else text = coefficient < 0 ? `${coefficient} * ${term}` : product;
  }
  if (constant === 0) return parts.length === 1 && parts[0][1] === 1 ? unwrapped(text) : text;
  return constant > 0 ? `${text} + ${constant}` : `${text} - ${-constant}`;
}

/** a + b + … */
export function plus(...dimensions: readonly Dimension[]): Dimension {
  const terms = new Map<string, number>();
  let constant = 0;
  for (const sum of dimensions.map(sumOf)) {
    for (const [term, coefficient] of sum.terms) terms.set(term, (terms.get(term) ?? 0) + coefficient);
    constant += sum.constant;
  }
  return written({ terms, constant });
}

/** a · b */
export function times(a: Dimension, b: Dimension): Dimension {
  if (typeof a === "number") {
    const { terms, constant } = sumOf(b);
    return written({ terms: new Map([...terms].map(([term, n]) => [term, n * a])), constant: constant * a });
  }
  if (typeof b === "number") return times(b, a);
  let coefficient = 1;
  const names: string[] = [];
  for (const d of [a, b]) {
    const { terms, constant } = sumOf(d);
    if (terms.size === 0) coefficient *= constant;
    else if (terms.size > 1 || constant !== 0) names.push(`(${d})`);
    else {
      const [[term, factor]] = terms;
      coefficient *= factor;
      names.push(...factorsOf(term));
    }
  }
  return written({ terms: new Map([[names.sort().join(" * "), coefficient]]), constant: 0 });
}

/** ⌊a / b⌋ for a whole b > 0. What b divides is taken out: ⌊(2H − 4) / 2⌋ is H − 2. */
export function floorDivide(a: Dimension, b: number): Dimension {
  if (typeof a === "number") return Math.floor(a / b);
  const { terms, constant } = sumOf(a);
  const divisible = (value: number): boolean => value % b === 0;
  const outside = new Map([...terms].filter(([, n]) => divisible(n)).map(([term, n]) => [term, n / b]));
  const inside = new Map([...terms].filter(([, n]) => !divisible(n)));
  if (inside.size === 0) return written({ terms: outside, constant: Math.floor(constant / b) });
  const rest = written({ terms: inside, constant: divisible(constant) ? 0 : constant });
  const whole: Sum = { terms: outside, constant: divisible(constant) ? constant / b : 0 };
  return plus(written(whole), quotient(`${rest}`, b));
}

/** ⌊text / b⌋, with ⌊⌊x / c⌋ / b⌋ = ⌊x / (c·b)⌋ */
function quotient(text: string, b: number): string {
  const inner = /^floor\((.*) \/ (\d+)\)$/.exec(text);
  if (inner && cut(text, / [+*-] /).length === 1) return `floor(${inner[1]} / ${b * Number(inner[2])})`;
  return `floor(${cut(text, / [+*/-] /).length > 1 ? `(${text})` : text} / ${b})`;
}

/** The larger of two sizes. */
export function larger(a: Dimension, b: Dimension): Dimension {
  if (a === b) return a;
  if (typeof a === "number" && typeof b === "number") return Math.max(a, b);
  return `max(${a}, ${b})`;
}

/** The product of several sizes. */
export function product(dimensions: readonly Dimension[]): Dimension {
  return dimensions.reduce(times, 1);
}

/** Whether a tensor can have this size: a name, a formula, or a whole number of 0 or more. */
export const isSize = (d: Dimension): boolean => typeof d === "string" || (Number.isSafeInteger(d) && d >= 0);

/** Whether every size is a number. */
export function isStatic(shape: readonly Dimension[]): shape is readonly number[] {
  return shape.every((d) => typeof d === "number");
}

/** "100×3×H×W" */
export function formatShape(shape: readonly Dimension[] | undefined): string {
  if (!shape) return "unknown shape";
  return shape.length === 0 ? "scalar" : shape.join("×");
}
