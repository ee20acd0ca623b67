/** The tables and metrics of test/fixtures/evaluation.json. */

import { readFileSync } from "node:fs";
import { type ClassTable, classTable } from "../../src/evaluation/table/predictions.js";

type Numbers = readonly number[];

export interface MatrixMetrics {
  readonly confusion: Numbers;
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly precision: readonly (number | null)[];
  readonly recall: readonly (number | null)[];
  readonly f1: readonly (number | null)[];
  readonly specificity: readonly (number | null)[];
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  readonly weighted: { readonly precision: number; readonly recall: number; readonly f1: number };
  readonly kappa: number;
  readonly linearKappa: number;
  readonly quadraticKappa: number;
  readonly matthews: number;
}

export interface Curves {
  readonly roc: {
    readonly falsePositiveRate: Numbers;
    readonly truePositiveRate: Numbers;
    readonly thresholds: readonly (number | null)[];
  };
  readonly rocArea: number;
  readonly precisionRecall: { readonly precision: Numbers; readonly recall: Numbers; readonly thresholds: Numbers };
  readonly averagePrecision: number;
}

export interface Reliability {
  readonly share: Numbers;
  readonly mean: Numbers;
  readonly counts: Numbers;
  readonly expectedError: number;
  readonly maximumError: number;
}

export interface TableMetrics extends MatrixMetrics {
  readonly name: string;
  readonly labels: Numbers;
  readonly scores: Numbers;
  readonly classes: readonly (Curves | null)[];
  readonly micro: Curves;
  readonly macroRoc: { readonly falsePositiveRate: Numbers; readonly truePositiveRate: Numbers; readonly area: number };
  readonly meanAveragePrecision: number;
  readonly equalWidth: Reliability;
  readonly equalMass: Reliability;
  readonly firstClass: Reliability;
  readonly brier: number;
  readonly negativeLogLikelihood: number;
  readonly calibrated: { readonly temperature: number; readonly loss: number };
}

export const fixture: {
  readonly tables: readonly TableMetrics[];
  readonly lecture: MatrixMetrics;
  readonly mcnemar: readonly {
    readonly onlyFirst: number;
    readonly onlySecond: number;
    readonly statistic: number;
    readonly pValue: number;
  }[];
  readonly wilson: readonly {
    readonly right: number;
    readonly total: number;
    readonly level: number;
    readonly interval: readonly [low: number, high: number];
  }[];
  readonly erfc: readonly (readonly [x: number, value: number])[];
  readonly normalQuantile: readonly (readonly [level: number, value: number])[];
} = JSON.parse(readFileSync(new URL("../fixtures/evaluation.json", import.meta.url), "utf8"));

/** Each table of the fixture, with what other programs say of it. */
export const cases: readonly (readonly [name: string, table: ClassTable, expected: TableMetrics])[] =
  fixture.tables.map((expected) => {
    const classes = expected.classes.map((_, k) => `class ${k}`);
    const table = classTable(classes, Int32Array.from(expected.labels), Float32Array.from(expected.scores));
    return [expected.name, table, expected];
  });

/** The largest distance between two lists of numbers; NaN stands where the other has null, and lengths must agree. */
export function distance(ours: ArrayLike<number>, theirs: ArrayLike<number | null>): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return Array.from(theirs).reduce<number>((worst, value, i) => {
    if (value === null) return Number.isNaN(ours[i]) ? worst : Number.POSITIVE_INFINITY;
    return Math.max(worst, Number.isNaN(ours[i]) ? Number.POSITIVE_INFINITY : Math.abs(ours[i] - value));
  }, 0);
}

/** As many samples for each cell of a matrix as it counts, each with the score 1 for the predicted class. */
export function tableOfMatrix(classes: readonly string[], counts: ArrayLike<number>): ClassTable {
  const size = classes.length;
  const cells = Array.from(counts).flatMap((count, cell) => Array<number>(count).fill(cell));
  return classTable(
    classes,
    Int32Array.from(cells, (cell) => Math.floor(cell / size)),
    Float32Array.from(cells.flatMap((cell) => classes.map((_, k) => (k === cell % size ? 1 : 0)))),
  );
}
