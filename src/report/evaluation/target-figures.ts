/** What is told of tables that are not of classes: a few figures, and a row of metrics for each of their names. */

import { classMetrics } from "../../evaluation/metrics/class-metrics.js";
import { accuracy, confusionMatrix } from "../../evaluation/metrics/metrics.js";
import { attributeError, attributeMetrics } from "../../evaluation/metrics/targets/attribute-metrics.js";
import { boxMetrics, meanBoxPrecision } from "../../evaluation/metrics/targets/box-metrics.js";
import { intersectionOverUnion, meanIntersectionOverUnion } from "../../evaluation/metrics/targets/overlap.js";
import { valueMetrics } from "../../evaluation/metrics/targets/value-metrics.js";
import { type ClassTable, namesOf, type PredictionTable, sampleCount } from "../../evaluation/table/predictions.js";
import { byFold } from "../../evaluation/table/subset.js";
import { countText, numberText, percentText, plural } from "../page/text/words.js";

/** A table of predictions that is not of classes. */
export type TargetTable = Exclude<PredictionTable, ClassTable>;

/** The figures of a table by name, and its metrics as rows of text. */
export interface TargetFigures {
  readonly figures: [name: string, value: string][];
  /** the titles of the columns; the first is that of the names */
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The figures of a table, in the order in which they are read. Where it has folds, the first of them is told of each. */
export function targetFigures(table: TargetTable): TargetFigures {
  const { what, figures, heading, rows } = figuresOf(table);
  const [first] = figures;
  const folds = table.folds ? [...byFold(table).values()].map((fold) => figuresOf(fold).figures[0]?.[1] ?? "–") : [];
  return {
    figures: [
      ["pictures", `${countText(sampleCount(table))} ${what}`],
      ...figures,
      ...(first && folds.length > 1 ? [[`${first[0]} by fold`, folds.join(", ")] as [string, string]] : []),
    ],
    heading,
    rows: namesOf(table).map((name, k) => [name, ...rows[k]]),
  };
}

interface Told extends TargetFigures {
  /** "with 3 attributes" */
  readonly what: string;
}

function figuresOf(table: TargetTable): Told {
  switch (table.kind) {
    case "attributes":
      return {
        what: `with ${plural(table.names.length, "attribute")}`,
        figures: [["attribute error", percentText(attributeError(table))]],
        heading: ["attribute", "counted", "have it", "error", "precision", "recall", "F1", "average precision"],
        rows: attributeMetrics(table).map((each) => [
          countText(each.count),
          countText(each.positives),
          ...[each.error, each.precision, each.recall, each.f1].map((share) => percentText(share, 1)),
          textOf(each.averagePrecision),
        ]),
      };
    case "values": {
      const metrics = valueMetrics(table);
      return {
        what: `with ${plural(table.names.length, "value")}`,
        figures: [["R²", metrics.map(({ r2 }) => textOf(r2)).join(", ")]],
        heading: ["value", "mean absolute error", "root mean square error", "R²"],
        rows: metrics.map((each) => [each.meanAbsoluteError, each.rootMeanSquareError, each.r2].map(textOf)),
      };
    }
    case "labelMap": {
      const matrix = confusionMatrix(table);
      const overlaps = intersectionOverUnion(matrix);
      return {
        what: `of ${plural(table.classes.length, "class", "classes")}`,
        figures: [
          ["mean intersection over union", percentText(meanIntersectionOverUnion(matrix))],
          ["accuracy of the pixels", percentText(accuracy(matrix))],
        ],
        heading: ["class", "pixels", "intersection over union", "recall", "precision"],
        rows: classMetrics(matrix).map(({ support, recall, precision }, k) => [
          countText(support),
          ...[overlaps[k], recall, precision].map((share) => percentText(share, 1)),
        ]),
      };
    }
    case "boxes":
      return {
        what: `of ${plural(table.classes.length, "class", "classes")}`,
        figures: [["mean average precision", `${textOf(meanBoxPrecision(table))} (overlap of at least ½)`]],
        heading: ["class", "boxes", "found", "precision", "recall", "average precision"],
        rows: boxMetrics(table).map((each) => [
          countText(each.support),
          countText(each.found),
          ...[each.precision, each.recall].map((share) => percentText(share, 1)),
          textOf(each.averagePrecision),
        ]),
      };
  }
}

const textOf = (value: number): string => (Number.isFinite(value) ? numberText(value) : "–");
