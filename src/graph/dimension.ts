/** Arithmetic on sizes that may only be named: numbers are computed, names become formulas. */

import type { Dimension } from "./types.js";

const isSum = (text: string): boolean => / [+-] /.test(text.replace(/\([^()]*(\([^()]*\)[^()]*)*\)/g, ""));
const grouped = (d: Dimension): string => (typeof d === "string" && / [+*/-] /.test(d) ? `(${d})` : `${d}`);

/** a + b, where b is a number */
export function plus(a: Dimension, b: number): Dimension {
  if (typeof a === "number") return a + b;
  if (b === 0) return a;
  const tail = /^(.*) ([+-]) (\d+)$/.exec(a);
  if (tail && isSum(a)) return plus(tail[1], b + (tail[2] === "+" ? 1 : -1) * Number(tail[3]));
  return b > 0 ? `${a} + ${b}` : `${a} - ${-b}`;
}

/** a · b */
export function times(a: Dimension, b: Dimension): Dimension {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (a === 1) return b;
  if (b === 1) return a;
  if (a === 0 || b === 0) return 0;
  const [first, second] = typeof a === "number" ? [a, b] : typeof b === "number" ? [b, a] : [a, b].sort();
  return `${grouped(first)} * ${grouped(second)}`;
}

/** ⌊a / b⌋ */
export function floorDivide(a: Dimension, b: number): Dimension {
  if (b === 1) return a;
  return typeof a === "number" ? Math.floor(a / b) : `floor(${grouped(a)} / ${b})`;
}

/** The product of several sizes. */
export function product(dimensions: readonly Dimension[]): Dimension {
  return dimensions.reduce(times, 1);
}

/** Whether every size is a number. */
export function isStatic(shape: readonly Dimension[]): shape is readonly number[] {
  return shape.every((d) => typeof d === "number");
}

/** "100×3×H×W" */
export function formatShape(shape: readonly Dimension[] | undefined): string {
  if (!shape) return "unknown shape";
  return shape.length === 0 ? "scalar" : shape.join("×");
}
