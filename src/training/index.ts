/** Training: `bellpepper/training`. */

export { DivergenceError } from "./diagnosis.js";
export type { EpochStatistics, Statistics, TrainingEvent, TrainingState } from "./events.js";
export { evaluationGraph, trainingGraph } from "./graphs.js";
export { initialize, type Parameters } from "./initialize.js";
export type { Samples } from "./samples.js";
export { type Sgd, sgdStep } from "./sgd.js";
export { evaluate, TRAINING_DEFAULTS, type TrainingOptions, train } from "./train.js";
