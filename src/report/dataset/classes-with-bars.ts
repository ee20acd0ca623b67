import type { ClassCount } from "../../data/scan/scan.js";

/** So many classes have a bar; of more, the largest and the smallest. */
export const BARS = 60;

/** The classes that have a bar: all, or the largest and the smallest ones. */
export function classesWithBars(classes: readonly ClassCount[]): readonly ClassCount[] {
  if (classes.length <= BARS) return classes;
  const bySize = [...classes].sort((a, b) => b.count - a.count);
  return [...bySize.slice(0, BARS / 2), ...bySize.slice(-BARS / 2)];
}
