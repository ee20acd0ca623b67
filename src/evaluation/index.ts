/** Predictions and what they are worth: `bellpepper/evaluation`. */

export * from "./agreement.js";
export * from "./calibration.js";
export {
  type AverageMetrics,
  balancedAccuracy,
  type ClassMetrics,
  classMetrics,
  macroAverage,
  weightedAverage,
} from "./class-metrics.js";
export * from "./intervals.js";
export * from "./mcnemar.js";
export * from "./metrics.js";
export * from "./precision-recall.js";
export * from "./predictions.js";
export * from "./predictions-csv.js";
export * from "./predictions-file.js";
export * from "./roc.js";
export * from "./sample-lists.js";
export * from "./scoring-rules.js";
export { byFold, pooled, subset } from "./subset.js";
export * from "./temperature.js";
