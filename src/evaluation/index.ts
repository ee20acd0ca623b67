/** Predictions and what they are worth: `bellpepper/evaluation`. */

export * from "./metrics/agreement.js";
export * from "./metrics/attribute-metrics.js";
export * from "./metrics/box-metrics.js";
export * from "./metrics/calibration.js";
export {
  type AverageMetrics,
  balancedAccuracy,
  type ClassMetrics,
  classMetrics,
  macroAverage,
  weightedAverage,
} from "./metrics/class-metrics.js";
export * from "./metrics/metrics.js";
export * from "./metrics/overlap.js";
export { meanAveragePrecision, type PrecisionRecallCurve, precisionRecallCurve } from "./metrics/precision-recall.js";
export * from "./metrics/roc.js";
export * from "./metrics/scoring-rules.js";
export * from "./metrics/temperature.js";
export * from "./metrics/value-metrics.js";
export * from "./statistics/intervals.js";
export * from "./statistics/mcnemar.js";
export * from "./table/predict.js";
export * from "./table/predictions.js";
export * from "./table/predictions-csv.js";
export * from "./table/predictions-file.js";
export * from "./table/sample-lists.js";
export { byFold, pooled, subset } from "./table/subset.js";
