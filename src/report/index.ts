/** A run as a page and as pictures: `bellpepper/report`. Runs in Node. */

export { type ComparisonInput, writeComparison } from "./comparison-file.js";
export { writeDatasetPage } from "./dataset-page-file.js";
export { type EvaluationInput, writeEvaluation } from "./evaluation-file.js";
export { type EvaluationOptions, evaluationText } from "./evaluation-text.js";
export type { ReportInput } from "./input.js";
export { type JitterSheetOptions, jitterSheet } from "./jitter-sheet.js";
export { writeReport } from "./report-file.js";
