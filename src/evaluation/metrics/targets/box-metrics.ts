/** How well boxes are found, as the Pascal VOC challenge measures detection. */

import type { Box } from "../../../data/sources/dataset.js";
import type { BoxTable } from "../../table/predictions.js";

/**
 * The intersection of two boxes over their union, by area; 0 for boxes without area.
 *
 * @example
 * boxOverlap({ x: 0, y: 0, width: 2, height: 2 }, { x: 1, y: 0, width: 2, height: 2 }); // 2 of 6: 0.3333333333333333
 */
export function boxOverlap(a: Box, b: Box): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (across <= 0 || down <= 0) return 0;
  const both = across * down;
  return both / (a.width * a.height + b.width * b.height - both);
}

/** Precision and recall of the boxes of a class that were found, at falling scores. */
export interface BoxCurve {
  /** of the boxes at or above each score, the share that is right */
  readonly precision: Float64Array;
  /** of the boxes that are there, the share found at or above each score */
  readonly recall: Float64Array;
  /** the scores that occur, falling */
  readonly thresholds: Float64Array;
  /** Σ (recall[i] − recall[i − 1]) · max_{j ≥ i} precision[j]: the area under the curve made monotone, over all its points (VOC 2010) */
  readonly averagePrecision: number;
}

/** The options of {@link boxCurve} and what is made of it. */
export interface BoxMatching {
  /** from which intersection over union on a box is found; 0.5 */
  readonly overlap?: number;
}

/**
 * The precision–recall curve of one class. Boxes are taken by falling score, those of all samples together; each belongs to the box of its
 * class and sample that it overlaps most. It is right when they overlap enough and no box before it has found that one; a second
 * box on the same one is wrong. Equal scores make one step.
 *
 * From Everingham et al., The Pascal Visual Object Classes challenge: a retrospective, IJCV 111 (2015), sections 3.2 and 4.1. VOC counts
 * pixels, so that its boxes are a pixel wider and taller; here a box is `width` × `height`.
 *
 * @param of the number of a class
 * @returns null where there is no curve, because no sample has a box of the class
 * @throws RangeError when there is no such class, or the overlap is not above 0 and at most 1
 * @example
 * const box = { label: 0, x: 0, y: 0, width: 2, height: 2 };
 * const found = [{ ...box, x: 9, score: 3 }, { ...box, score: 2 }]; // the surer one is wrong
 * boxCurve(boxTable(["nucleus"], [[box]], [found]), 0)?.averagePrecision; // 0.5
 */
export function boxCurve(table: BoxTable, of: number, { overlap = 0.5 }: BoxMatching = {}): BoxCurve | null {
  if (!Number.isInteger(of) || of < 0 || of >= table.classes.length) {
    throw new RangeError(`Invalid value for of: expected a class, 0 to ${table.classes.length - 1}, got ${of}.`);
  }
  if (!(overlap > 0 && overlap <= 1)) {
    throw new RangeError(`Invalid value for overlap: expected a number above 0 and at most 1, got ${overlap}.`);
  }
  const { support, judged } = judgedBoxes(table, of, overlap);
  if (support === 0) return null;
  const [precision, recall, thresholds]: [number[], number[], number[]] = [[], [], []];
  let right = 0;
  judged.forEach(({ score, isRight }, i) => {
    if (isRight) right++;
    if (judged[i + 1]?.score === score) return;
    precision.push(right / (i + 1));
    recall.push(right / support);
    thresholds.push(score);
  });
  let [best, averagePrecision] = [0, 0];
  for (let i = precision.length - 1; i >= 0; i--) {
    best = Math.max(best, precision[i]);
    averagePrecision += (recall[i] - (recall[i - 1] ?? 0)) * best;
  }
  return {
    precision: Float64Array.from(precision),
    recall: Float64Array.from(recall),
    thresholds: Float64Array.from(thresholds),
    averagePrecision,
  };
}

/** The boxes of a class that were found, the surest first, and whether each is right. */
function judgedBoxes({ boxes, found }: BoxTable, of: number, overlap: number) {
  const own = boxes.map((there) => there.filter(({ label }) => label === of));
  const taken = own.map((there) => there.map(() => false));
  const all = found.flatMap((there, sample) =>
    there.flatMap((box) => (box.label === of ? [{ sample, box, score: box.score }] : [])),
  );
  const judged = all
    .sort((a, b) => b.score - a.score)
    .map(({ sample, box, score }) => {
      const overlaps = own[sample].map((other) => boxOverlap(box, other));
      const most = Math.max(0, ...overlaps);
      const which = overlaps.indexOf(most);
      const isRight = most >= overlap && !taken[sample][which];
      if (isRight) taken[sample][which] = true;
      return { score, isRight };
    });
  return { support: own.reduce((sum, { length }) => sum + length, 0), judged };
}

/** What is known of the boxes of one class. A share of nothing is NaN. */
export interface BoxMetrics {
  /** boxes that are there */
  readonly support: number;
  /** boxes that were found, whatever their score */
  readonly found: number;
  /** of those found, the share that is right */
  readonly precision: number;
  /** of those that are there, the share that was found */
  readonly recall: number;
  /** see {@link BoxCurve} */
  readonly averagePrecision: number;
}

/**
 * The metrics of each class, all boxes that were found taken for such; see {@link boxCurve} for which are right.
 *
 * @throws RangeError when the overlap is not above 0 and at most 1
 * @example
 * const box = { label: 0, x: 0, y: 0, width: 2, height: 2 };
 * const table = boxTable(["nucleus"], [[box, { ...box, x: 5 }]], [[{ ...box, score: 1 }]]);
 * boxMetrics(table); // [{"support": 2, "found": 1, "precision": 1, "recall": 0.5, "averagePrecision": 0.5}]
 */
export function boxMetrics(table: BoxTable, matching: BoxMatching = {}): BoxMetrics[] {
  return table.classes.map((_, of) => {
    const curve = boxCurve(table, of, matching);
    const count = (all: readonly (readonly { readonly label: number }[])[]): number =>
      all.reduce((sum, own) => sum + own.filter(({ label }) => label === of).length, 0);
    const [support, found] = [count(table.boxes), count(table.found)];
    const nothing = found === 0 ? Number.NaN : 0;
    return {
      support,
      found,
      precision: curve?.precision.at(-1) ?? nothing,
      recall: curve ? (curve.recall.at(-1) ?? 0) : Number.NaN,
      averagePrecision: curve?.averagePrecision ?? Number.NaN,
    };
  });
}

/**
 * The mean of the average precisions of the classes that have boxes (mAP); NaN where no sample has any.
 *
 * @example
 * const box = { label: 0, x: 0, y: 0, width: 2, height: 2 };
 * meanBoxPrecision(boxTable(["a", "b"], [[box]], [[{ ...box, score: 1 }]])); // 1
 */
export function meanBoxPrecision(table: BoxTable, matching: BoxMatching = {}): number {
  const known = boxMetrics(table, matching).filter(({ support }) => support > 0);
  return known.reduce((sum, { averagePrecision }) => sum + averagePrecision, 0) / known.length;
}
