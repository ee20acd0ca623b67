/** Predictions and what they are worth: `bellpepper/evaluation`. Whole in Node; a page gets what needs no files. */

export * from "./anywhere.js";
export * from "./table/predictions-file.js";
