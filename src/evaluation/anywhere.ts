/** What of `bellpepper/evaluation` needs no files: all that it is in a page. */

export type { Baseline } from "./baselines/features.js";
export { type Classifier, type Guess, loadClassifier, SomeBroken } from "./classifier.js";
export * from "./label-errors.js";
export { type LocatedSample, localisationError, type PlacedGuess } from "./localisation/localisation-error.js";
export * from "./metrics/agreement.js";
export {
  type AverageMetrics,
  balancedAccuracy,
  type ClassMetrics,
  classMetrics,
  macroAverage,
  weightedAverage,
} from "./metrics/class-metrics.js";
export {
  meanAveragePrecision,
  type PrecisionRecallCurve,
  precisionRecallCurve,
} from "./metrics/curves/precision-recall.js";
export * from "./metrics/curves/roc.js";
export * from "./metrics/metrics.js";
export * from "./metrics/probabilities/calibration.js";
export * from "./metrics/probabilities/scoring-rules.js";
export * from "./metrics/probabilities/temperature.js";
export * from "./metrics/targets/attribute-metrics.js";
export * from "./metrics/targets/box-metrics.js";
export * from "./metrics/targets/overlap.js";
export * from "./metrics/targets/value-metrics.js";
export * from "./statistics/intervals.js";
export * from "./statistics/mcnemar.js";
export { averageTables } from "./table/average.js";
export * from "./table/predict.js";
export * from "./table/predictions.js";
export { type CsvKind, type CsvOptions, predictionsToCsv } from "./table/predictions-csv.js";
export { predictionsFromCsv } from "./table/predictions-from-csv.js";
export * from "./table/sample-lists.js";
export { byFold, pooled, subset } from "./table/subset.js";
