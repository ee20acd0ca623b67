/** A run as a page and as pictures: `bellpepper/report`. Runs in Node. */

export { writeDatasetPage } from "./dataset/dataset-page-file.js";
export { type JitterSheetOptions, jitterSheet } from "./dataset/jitter-sheet.js";
export type { EvaluationOptions } from "./evaluation/evaluation-figures.js";
export { type EvaluationInput, writeEvaluation } from "./evaluation/evaluation-file.js";
export { evaluationText } from "./evaluation/evaluation-text.js";
export { type ComparisonInput, writeComparison } from "./training/comparison-file.js";
export type { ReportInput } from "./training/input.js";
export { writeReport } from "./training/report-file.js";
