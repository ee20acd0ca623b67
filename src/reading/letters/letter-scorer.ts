/** A letter network on an engine: scores of a line at each pixel, and of letters by themselves. */

import type { Engine } from "../../engine/engine.js";
import { expectType, tensor } from "../../graph/tensor.js";
import { receptiveFields } from "../../network/geometry.js";
import { modelGraph, type TrainedModel } from "../../network/model/model.js";
import { inputOf, outputOf } from "../../network/network.js";
import { hasMeanImage } from "../../values/normalization.js";
import type { Ink } from "../ink/ink.js";

/** Scores at equally spaced places along a line. */
export interface ColumnScores {
  readonly classes: readonly string[];
  /** how many columns */
  readonly count: number;
  /** pixels from one column to the next */
  readonly stride: number;
  /** the middle of the first column's window in pixels; 0 is the middle of the first pixel */
  readonly offset: number;
  /** classes × columns, before the softmax */
  readonly values: Float32Array;
}

/** Windows that are scored in one run at most: 512 of 32×32 are 2 MB. */
const MOST_WINDOWS = 512;

/** Scores what a letter network sees. Made by {@link letterScorer}. */
export interface LetterScorer {
  readonly classes: readonly string[];
  /** whether all classes are small letters a–z, in the sizes and places of the packaged letters */
  readonly isAlphabet: boolean;
  /** height and width of the network's window */
  readonly window: readonly [number, number];
  /** how far the window moves from one column of scores to the next */
  readonly stride: number;
  /**
   * One fully-convolutional pass over a line that is as high as the window, or one for each pixel between the columns
   * (`stride` passes, run as one batch). A network that cannot slide is shown window after window.
   *
   * @param line at least as wide as the window
   * @param dense whether there are to be scores at each pixel
   */
  slide(line: Ink, dense: boolean): Promise<ColumnScores>;
  /** Scores of windows, one after the other in `windows` (ink: 0 paper … 1 ink): windows × classes. */
  each(windows: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The name of a class is a sign, or two at most, such as ch or fi. */
const LONGEST_NAME = 2;
/** A network that cannot slide looks at so many places in the width of its window, and closely at four times as many. */
const PLACES = 4;

/**
 * Loads a letter network: of a–z or of other signs, dark on light or light on dark, of any size, grey or in colour.
 *
 * @throws RangeError when the model is none: fewer than two classes, classes that are no single signs, or scores for more than one
 *   place in an image of its own size
 */
export async function letterScorer(engine: Engine, model: TrainedModel): Promise<LetterScorer> {
  const { network, classes, normalization } = model;
  const { channels, height, width } = inputOf(network);
  expectLetters(model);
  const program = await engine.load(modelGraph(model));
  // a mean byte that is dark is that of letters that are light on dark
  const { mean } = normalization;
  const average = mean.reduce((sum, value) => sum + value, 0) / mean.length;
  const [paper, ink] = average > 0 && average < 127 ? [0, 255] : [255, 0];
  const K = classes.length;
  const run = async (windows: Float32Array, count: number, columns: number): Promise<Float32Array> => {
    const area = height * columns;
    const bytes = new Float32Array(count * channels * area);
    for (let n = 0; n < count; n++) {
      for (let i = 0; i < area; i++) bytes[n * channels * area + i] = paper + (ink - paper) * windows[n * area + i];
      for (let c = 1; c < channels; c++) {
        bytes.copyWithin((n * channels + c) * area, n * channels * area, (n * channels + 1) * area);
      }
    }
    const { scores } = await program.run({ image: tensor("float32", [count, channels, height, columns], bytes) });
    return expectType(scores, "float32", "scores").data;
  };
  const step = receptiveFields(network).at(-1)?.stride[1] ?? 0;
  const slides = !hasMeanImage(normalization, inputOf(network)) && (await canSlide(run, model, step));
  const each = async (windows: Float32Array): Promise<Float32Array> => {
    const area = height * width;
    const count = windows.length / area;
    const scores = new Float32Array(count * K);
    for (let first = 0; first < count; first += MOST_WINDOWS) {
      const some = Math.min(MOST_WINDOWS, count - first);
      scores.set(await run(windows.subarray(first * area, (first + some) * area), some, width), first * K);
    }
    return scores;
  };
  const shared = {
    classes,
    isAlphabet: classes.every((name) => /^[a-z]$/.test(name)),
    window: [height, width] as const,
  };
  const close = (): Promise<void> => program.close();
  if (slides) return { ...shared, stride: step, slide: slider(run, model, step), each, close };
  const stride = PLACES * Math.max(1, Math.round(width / (4 * PLACES * PLACES)));
  return { ...shared, stride, slide: stepper(each, model, stride), each, close };
}

/** @throws RangeError unless a model tells signs apart */
function expectLetters({ network, classes }: TrainedModel): void {
  const { channels, height, width } = inputOf(network);
  const output = outputOf(network);
  const expected = `Network '${network.name}' cannot read letters: expected`;
  if (channels !== 1 && channels !== 3) throw new RangeError(`${expected} 1 channel (grey) or 3, got ${channels}.`);
  if (classes.length < 2) throw new RangeError(`${expected} at least 2 classes, got ${classes.length}.`);
  if (output.height !== 1 || output.width !== 1) {
    throw new RangeError(
      `${expected} 1×1 scores for its ${height}×${width} image, got ${output.height}×${output.width}.`,
    );
  }
  // two digits are a number, and no sign as ch or fi are
  const words = classes.filter((name) => [...name].length > LONGEST_NAME || /^\p{N}{2,}$/u.test(name));
  if (words.length > 0) {
    const some = words.slice(0, 3).map((name) => `'${name}'`);
    throw new RangeError(
      `${expected} classes that are signs, such as 'a' or '7', got ${some.join(", ")}${words.length > 3 ? ` and ${words.length - 3} more` : ""}.`,
    );
  }
}

type Run = (windows: Float32Array, count: number, columns: number) => Promise<Float32Array>;

/** Whether a network gives one more column of scores where its image is a step wider, the first as without. */
async function canSlide(run: Run, { network, classes }: TrainedModel, step: number): Promise<boolean> {
  if (!(step >= 1)) return false;
  const { height, width } = inputOf(network);
  const K = classes.length;
  try {
    const both = await run(new Float32Array(height * (width + step)), 1, width + step);
    if (both.length !== 2 * K) return false;
    const one = await run(new Float32Array(height * width), 1, width);
    return one.every((score, k) => Math.abs(score - both[2 * k]) <= 1e-3 * Math.max(1, Math.abs(score)));
  } catch {
    // a layer that takes one size alone
    return false;
  }
}

function slider(run: Run, { network, classes }: TrainedModel, stride: number): LetterScorer["slide"] {
  const { height, width } = inputOf(network);
  const K = classes.length;
  return async (line, dense) => {
    const passes = dense ? stride : 1;
    const columns = Math.floor((line.width - width) / stride) + 1;
    const seen = (columns - 1) * stride + width;
    const values = new Float32Array(K * columns * passes);
    // pass by pass: a long line is large
    for (let shift = 0; shift < passes; shift++) {
      const window = new Float32Array(height * seen);
      for (let y = 0; y < height; y++) {
        const row = y * line.width + shift;
        window.set(line.data.subarray(row, row + Math.min(seen, line.width - shift)), y * seen);
      }
      const scores = await run(window, 1, seen);
      for (let k = 0; k < K; k++) {
        for (let c = 0; c < columns; c++) values[(k * columns + c) * passes + shift] = scores[k * columns + c];
      }
    }
    return { classes, count: columns * passes, stride: stride / passes, offset: (width - 1) / 2, values };
  };
}

/** Shows a network each window of a line by itself. */
function stepper(
  each: LetterScorer["each"],
  { network, classes }: TrainedModel,
  stride: number,
): LetterScorer["slide"] {
  const { height, width } = inputOf(network);
  return async (line, dense) => {
    const step = dense ? stride / PLACES : stride;
    const count = Math.floor((line.width - width) / step) + 1;
    const values = new Float32Array(classes.length * count);
    for (let first = 0; first < count; first += MOST_WINDOWS) {
      const some = Math.min(MOST_WINDOWS, count - first);
      const windows = new Float32Array(some * height * width);
      for (let n = 0; n < some; n++) {
        for (let y = 0; y < height; y++) {
          const row = y * line.width + (first + n) * step;
          windows.set(line.data.subarray(row, row + width), (n * height + y) * width);
        }
      }
      const scores = await each(windows);
      for (let n = 0; n < some; n++) {
        for (let k = 0; k < classes.length; k++) values[k * count + first + n] = scores[n * classes.length + k];
      }
    }
    return { classes, count, stride: step, offset: (width - 1) / 2, values };
  };
}
