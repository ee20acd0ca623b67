/** How well attributes are told, each a yes or no of its own. Definitions as in scikit-learn. */

import type { AttributeTable } from "../../table/predictions.js";
import { precisionRecallOf } from "../curves/precision-recall.js";
import { rankingOf } from "../curves/ranking.js";

/** What is known of one attribute. A share of nothing is NaN. */
export interface AttributeMetrics {
  /** samples of which the attribute counts */
  readonly count: number;
  /** those that have it */
  readonly positives: number;
  /** the share of those that count whose score is on the wrong side; a score of 0 is a no */
  readonly error: number;
  /** of those taken for a yes, the share that has it */
  readonly precision: number;
  /** of those that have it, the share taken for a yes */
  readonly recall: number;
  /** 2 · right / (positives + taken for a yes) */
  readonly f1: number;
  /** Σ (recall[i] − recall[i − 1]) · precision[i] over falling thresholds, without interpolation; see {@link precisionRecallCurve} */
  readonly averagePrecision: number;
}

/**
 * The metrics of each attribute, over the samples of which it counts.
 *
 * @example
 * const table = attributeTable(["tame"], Int32Array.of(1, 1, -1, 0), Float32Array.of(2, -1, 1, 5));
 * const [tame] = attributeMetrics(table);
 * tame.recall; // of two tame animals one was recognised: 0.5
 */
export function attributeMetrics({ names, signs, scores }: AttributeTable): AttributeMetrics[] {
  return names.map((_, k) => {
    const own = Array.from({ length: signs.length / names.length }, (__, sample) => sample * names.length + k);
    const [yes, no] = [1, -1].map((sign) => own.filter((i) => signs[i] === sign).map((i) => scores[i]));
    const [right, false_] = [yes, no].map((side) => side.filter((score) => score > 0).length);
    const count = yes.length + no.length;
    return {
      count,
      positives: yes.length,
      error: (yes.length - right + false_) / count,
      precision: right / (right + false_),
      recall: right / yes.length,
      f1: (2 * right) / (yes.length + right + false_),
      averagePrecision: precisionRecallOf(rankingOf(yes, no))?.averagePrecision ?? Number.NaN,
    };
  });
}

/**
 * The share of attributes, of all that count in all samples, whose score is on the wrong side (scikit-learn's `hamming_loss`); NaN where
 * none counts.
 *
 * @example
 * attributeError(attributeTable(["furry", "tame"], Int32Array.of(1, 0, 1, -1), Float32Array.of(2, 1, -1, -1))); // 1 of 3: 0.3333333333333333
 */
export function attributeError(table: AttributeTable): number {
  const all = attributeMetrics(table).filter(({ count }) => count > 0);
  const wrong = all.reduce((sum, { error, count }) => sum + error * count, 0);
  return wrong / all.reduce((sum, { count }) => sum + count, 0);
}
