import type { Ranks } from "../../src/training/step/ranks.js";

/** Ranks of one process, whose sums are made when all have come. */
export function ranksTogether(size: number): Ranks[] {
  let waiting: { readonly values: Float32Array | Float64Array; readonly done: () => void }[] = [];
  const sum = (values: Float32Array | Float64Array): Promise<void> =>
    new Promise((done) => {
      waiting.push({ values, done });
      if (waiting.length < size) return;
      const all = waiting;
      waiting = [];
      const totals = Float64Array.from(values, (_, i) => all.reduce((total, each) => total + each.values[i], 0));
      for (const each of all) each.values.set(totals);
      for (const each of all) each.done();
    });
  return Array.from({ length: size }, (_, rank) => ({ rank, size, sum }));
}
