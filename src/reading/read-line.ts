/** Reads an image of a line of writing. */

import type { Image } from "../data/pictures/image.js";
import type { Engine } from "../engine/engine.js";
import type { TrainedModel } from "../network/model/model.js";
import { INK } from "./ink/components.js";
import { faintInk } from "./ink/faint-ink.js";
import { splitGrounds } from "./ink/grounds.js";
import { type Ink, inkOf } from "./ink/ink.js";
import { slopeOf, straighten } from "./ink/level.js";
import { findLines, type LineBand, largestColumn, withoutLines } from "./ink/line-band.js";
import { normalizeLine } from "./ink/normalized-line.js";
import { type Panel, takePanels } from "./ink/panels.js";
import { scoreSegments, segmentsOf } from "./ink/segments.js";
import { chooseLetters, WEIGHTS } from "./letters/choose-letters.js";
import { type ColumnScores, type LetterScorer, letterScorer } from "./letters/letter-scorer.js";
import { piecesOf } from "./letters/pieces.js";
import { gapsBetween, spaceWidth } from "./words.js";

/** A letter that the network is less sure of than this is doubtful: nearly all signs that it does not know are, and few letters. */
export const SURE = 0.9;

/** Slopes at the edges of letters: of parts of pictures, of letters out of focus, and of sharp ones. */
const NO_EDGES = 0.2;
const SOFT = 0.35;
const SHARP = 0.45;
/** The mean confidence from which soft lines are text; what is sharp is text whatever a network makes of it, which may know other signs. */
const SURE_ENOUGH = 0.5;
/** What is much fainter than the rest is text from so many letters on, and from this mean confidence. */
const FAINT_LETTERS = 3;
const FAINT_SURE = 0.8;

/** A letter that was read. */
export interface ReadLetter {
  readonly letter: string;
  /** the left and right sides of its ink, in pixels of the image that was given */
  readonly left: number;
  readonly right: number;
  /** 0 … 1; below {@link SURE} the letter is doubtful, or a sign that the network does not know */
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
  /** small marks that were left out, as no letter is so low: full stops, commas, apostrophes, hyphens */
  readonly marks: readonly Omit<ReadLetter, "letter" | "confidence">[];
  /** the scores that `columns` is made of, over `line` */
  readonly scores: ColumnScores;
  /** the line as the network saw it: dark on white, as high as its window */
  readonly line: Image;
}

/**
 * What was read in an image of text, on one ground or on several, one below the other. Lines that do not look like text are left out: parts
 * of a photograph, marks on the paper.
 */
export interface TextReading {
  /** the lines, divided by line feeds; "" when there is no writing */
  readonly text: string;
  /** from top to bottom */
  readonly lines: readonly LineReading[];
  /** lines that may be text and were left out: much fainter than the others, or on another ground, and too doubtful */
  readonly leftOut: number;
}

/** Reads lines with one network. Made by {@link lineReader}. */
export interface LineReader {
  /** reads the line with the most ink */
  read(image: Image): Promise<LineReading>;
  /** reads all lines */
  readAll(image: Image): Promise<TextReading>;
  /** Frees the memory that the engine holds. */
  close(): Promise<void>;
}

/**
 * Loads a letter network to read lines with.
 *
 * @throws RangeError when the model is no letter network: fewer than two classes, classes that are words, or scores for more than one
 *   place in an image of its own size; EngineError when the engine cannot run it
 * @example
 * const reader = await lineReader(nodeEngine(), fromOnnx(await readFile("letters.onnx")));
 * const { text } = await reader.read(await readImage("sentence.png", { channels: 1 }));
 * await reader.close();
 */
export async function lineReader(engine: Engine, model: TrainedModel): Promise<LineReader> {
  const scorer = await letterScorer(engine, model);
  return {
    async read(image) {
      const [most] = linesOf(image).sort((a, b) => Number(a.isFaint) - Number(b.isFaint) || b.band.area - a.band.area);
      if (most === undefined) return emptyReading(scorer);
      return (await readFound(scorer, most)).reading;
    },
    async readAll(image) {
      const lines: LineReading[] = [];
      let leftOut = 0;
      for (const found of linesOf(image)) {
        const { isFaint, isApart } = found;
        const { reading, slope } = await readFound(scorer, found);
        const { letters } = reading;
        const isSure = !isFaint || (letters.length >= FAINT_LETTERS && meanConfidence(letters) >= FAINT_SURE);
        if (isSure && looksLikeText(letters, slope)) lines.push(reading);
        else if ((isFaint || isApart) && slope >= SHARP && letters.length >= 2) leftOut++;
      }
      return { text: lines.map(({ text }) => text).join("\n"), lines, leftOut };
    },
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

/** A line that is not yet read. */
interface FoundLine {
  readonly band: LineBand;
  /** so many pixels of the image make one of the band */
  readonly shrunk: number;
  /** the column of the image, shrunk, that a place in the level picture of its lines comes from */
  columnOf(x: number, y: number): number;
  /** much fainter than others of its ground */
  readonly isFaint: boolean;
  /** on one of several grounds */
  readonly isApart: boolean;
  /** where the part of the image lies that the band was found in */
  readonly left: number;
  readonly top: number;
}

/** The lines of an image in the order in which they are read. */
function linesOf(image: Image): FoundLine[] {
  const bytes = image.channels * image.width * image.height;
  if (image.data.length !== bytes) {
    throw new RangeError(
      `An image of ${image.channels}×${image.height}×${image.width} has ${bytes} bytes, got ${image.data.length}.`,
    );
  }
  return linesOnGrounds({ image, left: 0, top: 0, isDoubtful: false }, false);
}

/** The lines of a part of an image: of each of its bars, and of the panels in them. */
function linesOnGrounds({ image, left, top, isDoubtful }: Panel, isApart: boolean): FoundLine[] {
  const bars = splitGrounds(image);
  let above = top;
  return bars.flatMap((bar) => {
    const { rest, panels } = takePanels(bar);
    const place = { left, top: above };
    above += bar.height;
    const found = linesOnPaper(rest, place, isApart || bars.length > 1 || panels.length > 0);
    const lines = isDoubtful ? found.map((line) => ({ ...line, isFaint: true })) : found;
    return panels.reduce((all, panel) => {
      const { isDoubtful: isMore } = panel;
      const [x, y] = [place.left + panel.left, place.top + panel.top];
      const inside = { image: panel.image, left: x, top: y, isDoubtful: isDoubtful || isMore };
      return insertedLines(all, linesOnGrounds(inside, true));
    }, lines);
  });
}

/** The lines on one ground. */
function linesOnPaper(
  part: Image,
  place: { readonly left: number; readonly top: number },
  isApart: boolean,
): FoundLine[] {
  const first = inkOf(part);
  if (first === undefined) return [];
  const { ink: level, columnOf } = straighten(first.ink, slopeOf(largestColumn(first)));
  const found = withoutLines({ ...first, ink: level });
  // what has no dark pixel is read by its own contrast
  const bands = findLines(found).filter(({ ink }) => ink.data.some((value) => value > INK));
  const faint = bands.length === 0 ? undefined : faintInk(found, bands);
  const shared = { ...place, shrunk: found.shrunk, isApart, columnOf };
  const lines = bands.map((band) => ({ ...shared, band, isFaint: false }));
  const more = (faint === undefined ? [] : findLines(faint)).map((band) => ({ ...shared, band, isFaint: true }));
  return more.reduce((all, line) => insertedLines(all, [line]), lines);
}

/** Lines with others among them: before the first line that is below them, in their columns if there are any. */
function insertedLines(lines: readonly FoundLine[], others: readonly FoundLine[]): FoundLine[] {
  if (others.length === 0) return [...lines];
  const places = others.map(placeOf);
  const [left, top] = [Math.min(...places.map((p) => p.left)), Math.min(...places.map((p) => p.top))];
  const right = Math.max(...places.map((p) => p.right));
  const beside = lines.map(placeOf).map((p) => ({ isBelow: p.top > top, isNear: p.left < right && p.right > left }));
  const below = beside.findIndex(({ isBelow, isNear }) => isBelow && isNear);
  const above = beside.findLastIndex(({ isBelow, isNear }) => !isBelow && isNear);
  const any = beside.findIndex(({ isBelow }) => isBelow);
  const at = below >= 0 ? below : above >= 0 ? above + 1 : any >= 0 ? any : lines.length;
  return [...lines.slice(0, at), ...others, ...lines.slice(at)];
}

/** Where a line is in the image. */
function placeOf({ band, shrunk, left, top }: FoundLine): { left: number; right: number; top: number } {
  const from = left + band.left * shrunk;
  return { left: from, right: from + band.ink.width * shrunk, top: top + band.top * shrunk };
}

async function readFound(
  scorer: LetterScorer,
  { band, shrunk, left: start, columnOf }: FoundLine,
): Promise<{ readonly reading: LineReading; readonly slope: number }> {
  const { ink: line, placement, slope } = await normalizeLine(scorer, band);
  const { pieces, owner, marks: found } = piecesOf(line);
  if (pieces.length === 0) return { reading: emptyReading(scorer), slope: 0 };
  const dense = await scorer.slide(line, true);
  const columns = thinColumns(dense, scorer.stride);
  const [height, width] = scorer.window;
  const segments = await scoreSegments(scorer, line, owner, segmentsOf(pieces, width), dense);
  const weights = scorer.isAlphabet ? WEIGHTS : { ...WEIGHTS, width: 0 };
  // other networks may know such marks
  const marks = scorer.isAlphabet ? found : new Set<number>();
  const chosen = chooseLetters(pieces, segments, scorer.classes, height / 32, weights, marks);
  const gaps = gapsBetween(chosen, line, owner);
  const space = spaceWidth(gaps, height / 32);
  const text = chosen.map(({ letter }, i) => (i > 0 && gaps[i - 1] >= space ? ` ${letter}` : letter)).join("");
  const letters = chosen.filter(({ letter }) => letter !== "");
  const middle = band.top + band.ink.height / 2;
  const toImage = (x: number): number =>
    start + columnOf((x - placement.left) / placement.scale + band.left, middle) * shrunk;
  const reading = {
    text: text.trim().replace(/ +/g, " "),
    columns: argmaxText(columns),
    letters: letters.map(({ letter, left, right, confidence }) => ({
      letter,
      left: toImage(left),
      right: toImage(right),
      confidence,
    })),
    marks: chosen
      .filter(({ letter }) => letter === "")
      .map(({ left, right }) => ({ left: toImage(left), right: toImage(right) })),
    scores: columns,
    line: imageOf(line),
  };
  return { reading, slope };
}

/**
 * Whether a line is one of text: whether the network is sure enough of what it took for letters. Where they are sharp, less will do; what
 * has no sharp edges at all is part of a picture.
 */
function looksLikeText(letters: readonly ReadLetter[], slope: number): boolean {
  const sharp = Math.min(1, Math.max(0, (slope - SOFT) / (SHARP - SOFT)));
  return slope >= NO_EDGES && meanConfidence(letters) >= (1 - sharp) * SURE_ENOUGH;
}

const meanConfidence = (letters: readonly ReadLetter[]): number =>
  letters.reduce((sum, { confidence }) => sum + confidence, 0) / letters.length;

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
  return { text: "", columns: "", letters: [], marks: [], scores, line: { width, height, channels: 1, data } };
}
