/** Reads an image of a line of writing. */

import type { Image } from "../data/pictures/image.js";
import type { Engine } from "../engine/engine.js";
import type { TrainedModel } from "../network/model/model.js";
import { type Ink, inkOf } from "./ink/ink.js";
import { findLine } from "./ink/line-band.js";
import { normalizeLine } from "./ink/normalized-line.js";
import { scoreSegments, segmentsOf } from "./ink/segments.js";
import { chooseLetters } from "./letters/choose-letters.js";
import { type ColumnScores, type LetterScorer, letterScorer } from "./letters/letter-scorer.js";
import { piecesOf } from "./letters/pieces.js";
import { gapsBetween, spaceWidth } from "./words.js";

/** A letter that was read. */
export interface ReadLetter {
  readonly letter: string;
  /** the left and right sides of its ink, in pixels of the image that was given */
  readonly left: number;
  readonly right: number;
  /** 0 … 1 */
  readonly confidence: number;
}

/** What was read in an image of a line. */
export interface LineReading {
  /** the words, divided by single spaces; "" when there is no writing */
  readonly text: string;
  /**
   * The lecture's reading: the class with the highest score in each column of one fully-convolutional pass. Letters are repeated
   * while the window moves over them, and between them stands whatever the network makes of two halves.
   */
  readonly columns: string;
  /** the letters of `text`, spaces left out */
  readonly letters: readonly ReadLetter[];
  /** the scores that `columns` is made of, over `line` */
  readonly scores: ColumnScores;
  /** the line as the network saw it: dark on white, as high as its window */
  readonly line: Image;
}

/** Reads lines with one network. Made by {@link lineReader}. */
export interface LineReader {
  read(image: Image): Promise<LineReading>;
  /** Frees the memory that the engine holds. */
  close(): Promise<void>;
}

/**
 * Loads a letter network to read lines with.
 *
 * @throws RangeError when the model is no letter network: more than one channel, fewer than two classes, or scores for more
 *   than one place in an image of its own size; EngineError when the engine cannot run it
 * @example
 * const reader = await lineReader(nodeEngine(), fromOnnx(await readFile("letters.onnx")));
 * const { text } = await reader.read(await readImage("sentence.png", { channels: 1 }));
 * await reader.close();
 */
export async function lineReader(engine: Engine, model: TrainedModel): Promise<LineReader> {
  const scorer = await letterScorer(engine, model);
  return {
    read: (image) => readInk(scorer, image),
    close: () => scorer.close(),
  };
}

/**
 * Reads an image of one line of writing: dark on light or light on dark, of any size, grey or in colour.
 *
 * The line is found and scaled to the network's letters. One fully-convolutional pass gives `columns`; for `text` the line is
 * passed at every pixel, its pieces of ink are scored by themselves too, and the best way to put them together is chosen.
 * There is no dictionary. Of several lines the one with the most ink is read.
 *
 * @throws RangeError when the model is no letter network or the image's bytes do not fit its size
 * @example
 * const image = await readImage("sentence.png", { channels: 1 });
 * const { text, letters } = await readLine(nodeEngine(), model, image);
 */
export async function readLine(engine: Engine, model: TrainedModel, image: Image): Promise<LineReading> {
  const reader = await lineReader(engine, model);
  try {
    return await reader.read(image);
  } finally {
    await reader.close();
  }
}

async function readInk(scorer: LetterScorer, image: Image): Promise<LineReading> {
  const bytes = image.channels * image.width * image.height;
  if (image.data.length !== bytes) {
    throw new RangeError(
      `An image of ${image.channels}×${image.height}×${image.width} has ${bytes} bytes, got ${image.data.length}.`,
    );
  }
  const found = inkOf(image);
  const band = found && findLine(found);
  if (found === undefined || band === undefined) return emptyReading(scorer);
  const { ink: line, placement } = await normalizeLine(scorer, band);
  const { pieces, owner } = piecesOf(line);
  if (pieces.length === 0) return emptyReading(scorer);
  const dense = await scorer.slide(line, true);
  const columns = thinColumns(dense, scorer.stride);
  const [height, width] = scorer.window;
  const segments = await scoreSegments(scorer, line, owner, segmentsOf(pieces, width), dense);
  const letters = chooseLetters(pieces, segments, scorer.classes, height / 32);
  const gaps = gapsBetween(letters, line, owner);
  const space = spaceWidth(gaps, height / 32);
  const text = letters.map(({ letter }, i) => (i > 0 && gaps[i - 1] >= space ? ` ${letter}` : letter)).join("");
  const toImage = (x: number): number => ((x - placement.left) / placement.scale + band.left) * found.shrunk;
  return {
    text,
    columns: argmaxText(columns),
    letters: letters.map(({ letter, left, right, confidence }) => ({
      letter,
      left: toImage(left),
      right: toImage(right),
      confidence,
    })),
    scores: columns,
    line: imageOf(line),
  };
}

/** Of scores at each pixel those that a single pass gives. */
function thinColumns(dense: ColumnScores, stride: number): ColumnScores {
  const step = Math.round(stride / dense.stride);
  const count = Math.ceil(dense.count / step);
  const values = new Float32Array(dense.classes.length * count);
  for (let k = 0; k < dense.classes.length; k++) {
    for (let c = 0; c < count; c++) values[k * count + c] = dense.values[k * dense.count + c * step];
  }
  return { ...dense, count, stride, values };
}

function argmaxText({ classes, count, values }: ColumnScores): string {
  return Array.from({ length: count }, (_, c) => {
    let best = 0;
    for (let k = 1; k < classes.length; k++) if (values[k * count + c] > values[best * count + c]) best = k;
    return classes[best];
  }).join("");
}

function imageOf({ width, height, data }: Ink): Image {
  return { width, height, channels: 1, data: Uint8Array.from(data, (ink) => Math.round(255 * (1 - ink))) };
}

function emptyReading({ classes, window, stride }: LetterScorer): LineReading {
  const [height, width] = window;
  const scores = { classes, count: 0, stride, offset: (width - 1) / 2, values: new Float32Array(0) };
  const data = new Uint8Array(width * height).fill(255);
  return { text: "", columns: "", letters: [], scores, line: { width, height, channels: 1, data } };
}
