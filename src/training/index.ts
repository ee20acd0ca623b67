/** Training: `bellpepper/training`. */

export type { SampleArray, Samples } from "../data/samples.js";
export { type EvaluatedBatch, evaluate } from "./evaluate.js";
export {
  type Best,
  keptEpoch,
  modelParameters,
  type TrainingEvent,
  type TrainingState,
} from "./events.js";
export { type Steering, TRAINING_DEFAULTS, type TrainingOptions } from "./options.js";
export type { Clip } from "./solver/clip.js";
export { bestEpoch, type EarlyStopping, whyKept } from "./solver/early-stopping.js";
export { type Found, type LbfgsOptions, lbfgs, type Sloped } from "./solver/lbfgs.js";
export { findLearningRate, type RangeTest, type RangeTestOptions, type RatePoint } from "./solver/learning-rate.js";
export { type MinimizeOptions, type Minimum, minimize } from "./solver/minimize.js";
export { cosine, oneCycle, onPlateau, rateAt, type Schedule, scheduleOf, stepped, warmUp } from "./solver/schedule.js";
export { adaDelta, adaGrad, adam, adamW, rmsProp, type Solver, sgd } from "./solver/solver.js";
export { slotsOf, solverStep } from "./solver/solver-step.js";
export { DivergenceError } from "./statistics/diagnosis.js";
export {
  type EpochStatistics,
  type LayerFigures,
  type LayerStatistics,
  type Measured,
  measuredIn,
  type ParameterFigures,
  type Statistics,
} from "./statistics/epoch-statistics.js";
export { type Batch, batches } from "./step/batches.js";
export { batchFeeder, type Feeder } from "./step/feeder.js";
export { evaluationGraph, trainingGraph, trainingMode } from "./step/graphs.js";
export { initialize, type Parameters } from "./step/initialize.js";
export { buildObjective, metricsOf, type Objective } from "./step/objective.js";
export {
  openStepper,
  type StepPlace,
  type Stepped,
  type Stepper,
  type StepperOptions,
  type StepperState,
} from "./step/stepper.js";
export type { UpdateRule } from "./step/update.js";
export { train } from "./train.js";
