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
  /** height and width of the network's window */
  readonly window: readonly [number, number];
  /** how far the window moves from one column of scores to the next */
  readonly stride: number;
  /**
   * One fully-convolutional pass over a line that is as high as the window, or one for each pixel between the columns
   * (`stride` passes, run as one batch).
   *
   * @param line at least as wide as the window
   * @param dense whether there are to be scores at each pixel
   */
  slide(line: Ink, dense: boolean): Promise<ColumnScores>;
  /** Scores of windows, one after the other in `windows` (ink: 0 paper … 1 ink): windows × classes. */
  each(windows: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads a letter network.
 *
 * @throws RangeError when the model is none: more than one channel, fewer than two classes, or scores for more than one
 *   place in an image of its own size
 */
export async function letterScorer(engine: Engine, model: TrainedModel): Promise<LetterScorer> {
  const { network, classes } = model;
  const { channels, height, width } = inputOf(network);
  const output = outputOf(network);
  const expected = `Network '${network.name}' cannot read letters: expected`;
  if (channels !== 1) throw new RangeError(`${expected} 1 channel (grey), got ${channels}.`);
  if (classes.length < 2) throw new RangeError(`${expected} at least 2 classes, got ${classes.length}.`);
  if (output.height !== 1 || output.width !== 1) {
    throw new RangeError(
      `${expected} 1×1 scores for its ${height}×${width} image, got ${output.height}×${output.width}.`,
    );
  }
  if (hasMeanImage(model.normalization, inputOf(network))) {
    throw new RangeError(`${expected} one mean for all pixels, got a mean image, which cannot slide along a line.`);
  }
  const field = receptiveFields(network).at(-1);
  const stride = field?.stride[1] ?? 1;
  const K = classes.length;
  const program = await engine.load(modelGraph(model));
  const run = async (bytes: Float32Array, count: number, columns: number): Promise<Float32Array> => {
    const { scores } = await program.run({ image: tensor("float32", [count, 1, height, columns], bytes) });
    return expectType(scores, "float32", "scores").data;
  };
  return {
    classes,
    window: [height, width],
    stride,
    async slide(line, dense) {
      const passes = dense ? stride : 1;
      const columns = Math.floor((line.width - width) / stride) + 1;
      const seen = (columns - 1) * stride + width;
      const bytes = new Float32Array(passes * height * seen).fill(255);
      for (let shift = 0; shift < passes; shift++) {
        for (let y = 0; y < height; y++) {
          const row = (shift * height + y) * seen;
          const end = Math.min(seen, line.width - shift);
          for (let x = 0; x < end; x++) bytes[row + x] = 255 * (1 - line.data[y * line.width + x + shift]);
        }
      }
      const scores = await run(bytes, passes, seen);
      const values = new Float32Array(K * columns * passes);
      for (let shift = 0; shift < passes; shift++) {
        for (let k = 0; k < K; k++) {
          for (let c = 0; c < columns; c++) {
            values[(k * columns + c) * passes + shift] = scores[(shift * K + k) * columns + c];
          }
        }
      }
      return { classes, count: columns * passes, stride: stride / passes, offset: (width - 1) / 2, values };
    },
    async each(windows) {
      const area = height * width;
      const count = windows.length / area;
      const scores = new Float32Array(count * K);
      for (let first = 0; first < count; first += MOST_WINDOWS) {
        const some = Math.min(MOST_WINDOWS, count - first);
        const bytes = windows.subarray(first * area, (first + some) * area).map((ink) => 255 * (1 - ink));
        scores.set(await run(bytes, some, width), first * K);
      }
      return scores;
    },
    close: () => program.close(),
  };
}
