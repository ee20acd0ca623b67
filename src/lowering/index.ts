/** Graphs rewritten to run faster: `bellpepper/lowering`. */

export type { Layout } from "./layouts.js";
export { lower } from "./lower.js";
