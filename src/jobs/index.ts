/** A training run in its folder: `bellpepper/jobs`. Runs in Node. */

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
  type Choice,
  type PicturesOptions,
  type PicturesTask,
  picturesTask,
} from "./pictures/pictures-task-file.js";
export { type Configuration, openRun, type Run, RunError, trainedIn } from "./run/run-file.js";
