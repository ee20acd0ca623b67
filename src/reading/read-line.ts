/** Reads a picture of a line of writing. */

import type { Image } from "../data/image.js";
import type { Engine } from "../engine/engine.js";
import type { TrainedModel } from "../network/model.js";
import { chooseLetters, type PlacedLetter } from "./choose-letters.js";
import { type Ink, inkOf } from "./ink.js";
import { type ColumnScores, type LetterScorer, letterScorer } from "./letter-scorer.js";
import { findLine } from "./line-band.js";
import { normalizeLine } from "./normalized-line.js";
import { piecesOf } from "./pieces.js";
import { scored, segmentsOf } from "./segments.js";

/** What was read in a picture of a line. */
export interface LineReading {
  /** the words, divided by single spaces; "" when there is no writing */
  readonly text: string;
  /**
   * The lecture's reading: the class with the highest score in each column of one fully-convolutional pass. Letters are repeated
   * while the window moves over them, and between them stands whatever the network makes of two halves.
   */
  readonly columns: string;
  /** the letters of `text`, with their ink's left and right sides in pixels of the picture that was given */
  readonly letters: readonly PlacedLetter[];
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

export async function lineReader(engine: Engine, model: TrainedModel): Promise<LineReader> {
  const scorer = await letterScorer(engine, model);
  return {
    read: (image) => read(scorer, image),
    close: () => scorer.close(),
  };
}

export async function readLine(engine: Engine, model: TrainedModel, image: Image): Promise<LineReading> {
  const reader = await lineReader(engine, model);
  try {
    return await reader.read(image);
  } finally {
    await reader.close();
  }
}

export const HOOK: { f?: (x: unknown) => void } = {};

async function read(scorer: LetterScorer, image: Image): Promise<LineReading> {
  const found = inkOf(image);
  const band = found && findLine(found.ink);
  if (found === undefined || band === undefined) return nothing(scorer);
  const { ink: line, placement } = await normalizeLine(scorer, band);
  const { pieces, owner } = piecesOf(line);
  if (pieces.length === 0) return nothing(scorer);
  const dense = await scorer.slide(line, true);
  const columns = everyColumn(dense, scorer.stride);
  const [height, width] = scorer.window;
  const segments = await scored(scorer, line, owner, segmentsOf(pieces, width), dense);
  HOOK.f?.({ pieces, segments, placement });
  const letters = chooseLetters(pieces, segments, scorer.classes, height / 32);
  const toPicture = (x: number): number => ((x - placement.left) / placement.scale + band.left) * found.shrunk;
  return {
    text: textOf(letters, height / 32),
    columns: argmaxText(columns),
    letters: letters.map((letter) => ({ ...letter, left: toPicture(letter.left), right: toPicture(letter.right) })),
    scores: columns,
    line: imageOf(line),
  };
}

export function textOf(letters: readonly PlacedLetter[], unit: number): string {
  const threshold = 6 * unit;
  return letters
    .map(({ letter, left }, i) => (i > 0 && left - letters[i - 1].right > threshold ? ` ${letter}` : letter))
    .join("");
}

/** Of scores at each pixel those that a single pass gives. */
function everyColumn(dense: ColumnScores, stride: number): ColumnScores {
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

function nothing({ classes, window, stride }: LetterScorer): LineReading {
  const [height, width] = window;
  const scores = { classes, count: 0, stride, offset: (width - 1) / 2, values: new Float32Array(0) };
  const data = new Uint8Array(width * height).fill(255);
  return { text: "", columns: "", letters: [], scores, line: { width, height, channels: 1, data } };
}
