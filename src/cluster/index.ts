/** Processes that work together: `bellpepper/cluster`. */

export type { Ranks } from "../training/step/ranks.js";
export { allOrNone, expectAgreement } from "./agreement-file.js";
export { type Launch, launchOf } from "./launch-file.js";
export { type Mpi, openMpi } from "./mpi-file.js";
