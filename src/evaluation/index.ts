/** Predictions and what they are worth: `bellpepper/evaluation`. */

export * from "./metrics.js";
export * from "./predictions.js";
