import type { Engine } from "../../engine/engine.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { classTable, type Origins } from "../table/predictions.js";
import type { Baseline, FeatureSet } from "./features.js";

/** The numbers of neighbours among which one is chosen. */
const COUNTS = [1, 3, 5, 7, 9, 15, 25];

/** So many samples choose it, at most. */
const CHOOSERS = 2000;

/** So many samples are compared with all others at a time. */
const ROWS = 256;

/** The neighbours of a sample, the nearest first. */
type Neighbours = readonly number[];

/**
 * Names each sample after most of its k nearest neighbours among others, by the angle between their features; of classes with as many, after that of the
 * nearest. k is the one of 1, 3, 5, 7, 9, 15 and 25 that is wrong least often for samples that are left out one after the other, with their group (Cover and
 * Hart 1967; Stone 1974).
 *
 * @param known what is known
 * @param asked what is named
 */
export async function nearestNeighbours(
  engine: Engine,
  known: FeatureSet,
  asked: FeatureSet,
  origins: Origins = {},
): Promise<Baseline> {
  const { labels, names } = known.target;
  const most = Math.min(COUNTS[COUNTS.length - 1], labels.length - 1);
  const step = Math.max(1, Math.ceil(labels.length / CHOOSERS));
  const own = Array.from({ length: Math.ceil(labels.length / step) }, (_, i) => i * step);
  const others = await neighboursOf(engine, known, known, own, most, (i, j) => known.groups[i] !== known.groups[j]);
  const wrong = (k: number): number =>
    others.filter((near, i) => winner(near, k, labels, names.length) !== labels[own[i]]).length;
  const counts = COUNTS.filter((k) => k <= Math.max(1, most));
  const errors = counts.map(wrong);
  const k = counts[errors.indexOf(Math.min(...errors))];
  const all = Array.from(asked.target.labels, (_, i) => i);
  const found = await neighboursOf(engine, asked, known, all, Math.max(k, 1), () => true);
  const scores = new Float32Array(all.length * names.length);
  found.forEach((near, i) => {
    votes(near, k, labels, names.length).forEach((count, c) => {
      scores[i * names.length + c] = count;
    });
  });
  return {
    name: "nearest neighbours",
    how: `k = ${k}, chosen by leaving one out`,
    table: classTable(names, Int32Array.from(asked.target.labels), scores, origins),
  };
}

/** How many of the k nearest are of each class; that of the nearest one counts a little more. */
function votes(near: Neighbours, k: number, labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  near.slice(0, k).forEach((j, rank) => {
    counts[labels[j]] += rank === 0 ? 1 + 1e-3 / (rank + 1) : 1 + 1e-6 / (rank + 1);
  });
  return counts;
}

function winner(near: Neighbours, k: number, labels: ArrayLike<number>, classes: number): number {
  const counts = votes(near, k, labels, classes);
  return counts.indexOf(Math.max(...counts));
}

/** The nearest of those that may be neighbours, for some samples. */
async function neighboursOf(
  engine: Engine,
  from: FeatureSet,
  among: FeatureSet,
  indices: readonly number[],
  count: number,
  may: (i: number, j: number) => boolean,
): Promise<Neighbours[]> {
  const { size } = among;
  const n = among.target.labels.length;
  const [a, b] = [unitVectors(from), unitVectors(among)];
  const g = new GraphBuilder("similarities");
  const rows = g.input("rows", "float32", [ROWS, size]);
  const columns = g.initializer("columns", float32(b, [n, size]));
  g.output("similarities", g.op("MatMul", [rows, g.op("Transpose", [columns])]));
  const program = await engine.load(g.build());
  const found: Neighbours[] = [];
  try {
    for (let start = 0; start < indices.length; start += ROWS) {
      const some = indices.slice(start, start + ROWS);
      const block = new Float32Array(ROWS * size);
      some.forEach((index, i) => {
        block.set(a.subarray(index * size, (index + 1) * size), i * size);
      });
      const { similarities } = await program.run({ rows: float32(block, [ROWS, size]) });
      some.forEach((index, i) => {
        const likeness = (j: number): number => Number(similarities.data[i * n + j]);
        found.push(nearest(n, likeness, count, (j) => may(index, j)));
      });
    }
  } finally {
    await program.close();
  }
  return found;
}

/** The numbers of the largest values, the largest first. */
function nearest(n: number, likeness: (j: number) => number, count: number, may: (j: number) => boolean): number[] {
  const best: number[] = [];
  for (let j = 0; j < n; j++) {
    if (!may(j)) continue;
    let at = best.length;
    while (at > 0 && likeness(best[at - 1]) < likeness(j)) at--;
    if (at >= count) continue;
    best.splice(at, 0, j);
    if (best.length > count) best.pop();
  }
  return best;
}

/** Each sample's features, divided by their length. */
function unitVectors({ features, size }: FeatureSet): Float32Array {
  const result = new Float32Array(features.length);
  for (let start = 0; start < features.length; start += size) {
    let squares = 0;
    for (let i = start; i < start + size; i++) squares += features[i] ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = start; i < start + size; i++) result[i] = features[i] * scale;
  }
  return result;
}
