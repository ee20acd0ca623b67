/** Training: `bellpepper/training`. */

export type { Clip } from "./clip.js";
export { DivergenceError } from "./diagnosis.js";
export type { EarlyStopping } from "./early-stopping.js";
export { type EvaluatedBatch, evaluate } from "./evaluate.js";
export {
  type Best,
  type EpochStatistics,
  modelParameters,
  type Statistics,
  type TrainingEvent,
  type TrainingState,
} from "./events.js";
export { evaluationGraph, trainingGraph } from "./graphs.js";
export { initialize, type Parameters } from "./initialize.js";
export { type Found, type LbfgsOptions, lbfgs, type Sloped } from "./lbfgs.js";
export { findLearningRate, type RangeTest, type RangeTestOptions, type RatePoint } from "./learning-rate.js";
export { type MinimizeOptions, type Minimum, minimize } from "./minimize.js";
export { TRAINING_DEFAULTS, type TrainingOptions } from "./options.js";
export type { SampleArray, Samples } from "./samples.js";
export { cosine, oneCycle, onPlateau, rateAt, type Schedule, scheduleOf, stepped, warmUp } from "./schedule.js";
export { adaDelta, adaGrad, adam, adamW, rmsProp, type Solver, sgd } from "./solver.js";
export { slotsOf, solverStep } from "./solver-step.js";
export { train } from "./train.js";
export type { UpdateRule } from "./update.js";
