/** A run as a page and as pictures: `bellpepper/report`. Runs in Node. */

export { writeDatasetPage } from "./dataset-page-file.js";
export type { ReportInput } from "./input.js";
export { type JitterSheetOptions, jitterSheet } from "./jitter-sheet.js";
export { writeReport } from "./report-file.js";
