/** A training run in its folder: `bellpepper/jobs`. Runs in Node. */

export type { Choice } from "./events/job-events.js";
export {
  OCR_DEFAULTS,
  type OcrOptions,
  type OcrRun,
  type OcrTask,
  ocrTask,
  openOcr,
} from "./letters/letters-task-file.js";
export {
  BALANCES,
  type PicturesOptions,
  type PicturesTask,
  picturesTask,
} from "./pictures/pictures-task-file.js";
export { type Configuration, openRun, type Run, RunError, trainedIn } from "./run/run-file.js";
