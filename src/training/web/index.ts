/** Training in a page, by a worker beside it: `bellpepper/training/web`. */

export {
  type PlainArray,
  type PlainSamples,
  type PlainTarget,
  plainSamples,
  samplesFrom,
} from "../../data/plain-samples.js";
export type { Checkpoint, ModelFrame } from "../checkpoint.js";
export { readCheckpoint, removeCheckpoints } from "./checkpoints.js";
export { serveTraining } from "./serve-training.js";
export { trainInWorker, type WorkerTraining, type WorkerTrainingOptions } from "./train-in-worker.js";
