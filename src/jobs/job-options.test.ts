import { expect, test } from "vitest";
import {
  classifyPictures,
  crossvalidate,
  cutSlides,
  evaluateModel,
  finishJob,
  trainLetters,
  trainPictures,
} from "./index.js";

/** What a program in plain JavaScript may give in the place of options. */
const WRONG: readonly [given: unknown, message: string][] = [
  [null, "Invalid value for options: expected an object, got null."],
  ["fast", 'Invalid value for options: expected an object, got "fast".'],
  [[1, 2], "Invalid value for options: expected an object, got [1,2]."],
  [3, "Invalid value for options: expected an object, got 3."],
  [{ signal: "stop" }, 'Invalid value for signal: expected an AbortSignal, got "stop".'],
];

const JOBS: readonly [name: string, start: (options: never) => AsyncIterable<{ readonly type: string }>][] = [
  ["trainPictures", (options) => trainPictures("animals", options)],
  ["trainLetters", (options) => trainLetters(options)],
  ["crossvalidate", (options) => crossvalidate("animals", options)],
  ["evaluateModel", (options) => evaluateModel("model.onnx", "animals", options)],
  ["classifyPictures", (options) => classifyPictures("model.onnx", "animals", options)],
  ["cutSlides", (options) => cutSlides("slides", options)],
];

test.each(JOBS)("%s refuses options that are none with one clear TypeError", async (_, start) => {
  for (const [given, message] of WRONG) {
    const refused = finishJob(start(given as never));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(TypeError);
  }
});
