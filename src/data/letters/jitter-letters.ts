import { type Stream, stream } from "../../random/stream.js";
import type { ImageShape } from "../../values/image-shape.js";
import { expectWhole } from "../../values/range.js";
import type { Samples } from "../samples.js";
import { type ClassTarget, classesOf } from "../target.js";

/** Samples of which some belong together: letters of one typeface. */
export interface GroupedSamples extends Samples<ClassTarget> {
  /** the group of each sample */
  readonly groups?: ArrayLike<number>;
}

/** The options of {@link jitterLetters}; every one has a default. */
export interface LetterJitterOptions {
  /**
   * Where the neighbours of a letter stand.
   *
   * "text" (default), as in a line of text: letters of the same group (typeface) to both sides, as many as the window
   * shows, 0 to 5 free columns from ink to ink, or 7 to 14 with probability 1/5, as between words. A shift ends where
   * a neighbour would be nearer to the middle of the picture than the letter itself: "i" between others is not moved
   * as far as "m".
   *
   * "lecture", as in the lecture's exercise: one picture of any group to each side, half a picture away, whatever the
   * letters' widths, and any shift. Narrow letters then stand too far apart, wide ones overlap.
   *
   * Measured with the lecture's network after 6 epochs, on windows of 32 pixels within 2 pixels of a letter's middle in
   * lines of 7 typefaces that were not trained on (one run each): misread without jitter 28 %, with
   * "lecture" 9 %, with "text" 2 %. Single letters of the validation set: 3, 5 and 5 %.
   */
  readonly neighbours?: "text" | "lecture";
  /** the largest shift in pixels, down or up and left or right; [2, 5]. At most half the picture. */
  readonly maxShift?: readonly [number, number];
}

// Measured over 11 typefaces (sans, serif, mono, script) at the letters' size: from ink to ink, half of all pairs of
// letters have 1.4 to 3.2 pixels, 19 in 20 less than 4.9; with a space between them the proportional ones have 7 to 14.
const LETTER_GAP = [0, 5] as const;
const WORD_GAP = [7, 14] as const;
// English words have 4.7 letters on average, so about every fifth letter ends one
const WORD_END = 1 / 5;
/** A column belongs to a letter when a byte in it is darker than this. */
const INK = 128;

/**
 * Letters as they look in the middle of a line of text: with neighbours to both sides, and shifted a little.
 *
 * Every sample in every epoch has neighbours and a shift (dy, dx) of its own, uniform in ±maxShift (but see
 * `neighbours`), which depend on the seed, the epoch and the index alone. The result shows, of the line of letters L in which the sample has its usual
 * place at rows 0 … H−1 and columns 0 … W−1,
 *
 *     y[i, j] = L[clamp(i + dy, 0, H−1), j + dx]
 *
 * where letters that overlap keep the darker byte. With neighbours "lecture" this is the exercise of the Oxford
 * practical: two pictures side by side, their middle min-ed with the sample, cut at (17:48) + dx (its program draws one
 * shift for a whole batch and dy from −1 … 3; its text says ±2 as here).
 *
 * Neighbours are taken from the given samples only, so training pictures jittered this way never show another part of
 * the data. Pictures must be dark on white.
 *
 * @param seed the run's seed
 * @throws RangeError when a shift is no whole number, below 0 or beyond half the picture
 * @example
 * const samples = jitterLetters(letters.training, 1); // differs in every epoch
 */
export function jitterLetters(
  samples: GroupedSamples,
  seed: number,
  options: LetterJitterOptions = {},
): Samples<ClassTarget> {
  const { neighbours = "text", maxShift = [2, 5] } = options;
  const { count, shape } = samples;
  const limits = [Math.floor(shape.height / 2), Math.floor(shape.width / 2)];
  expectWhole("jitter's maxShift", maxShift, 0);
  if (maxShift.some((shift, axis) => shift > limits[axis])) {
    throw new RangeError(
      `Invalid value for jitter's maxShift: expected at most half the picture, ${limits.join(", ")}, got ${maxShift.join(", ")}.`,
    );
  }
  const picture = new Uint8Array(shape.channels * shape.height * shape.width);
  const arrange = neighbours === "text" ? textLine(samples, maxShift[1]) : lectureContext(samples, maxShift[1]);
  return {
    count,
    shape,
    target: classesOf(samples, "jitter of letters"),
    read(index, epoch, into, offset) {
      const random = stream(seed, "jitter", epoch, index);
      const dy = random.integer(-maxShift[0], maxShift[0]);
      into.fill(255, offset, offset + picture.length);
      arrange(index, random, (which, from, to, column) => {
        samples.read(which, epoch, picture, 0);
        darken(into, offset, picture, shape, from, to, column, dy);
      });
    },
  };
}

/** Pastes columns `from` … `to` − 1 of a picture so that the first one comes to `column`, which may be outside. */
type Paste = (which: number, from: number, to: number, column: number) => void;

/** Chooses a shift and neighbours and pastes the sample and them. */
type Arrange = (index: number, random: Stream, paste: Paste) => void;

function lectureContext({ count, shape }: Samples, maxShift: number): Arrange {
  const { width } = shape;
  const half = Math.floor(width / 2);
  return (index, random, paste) => {
    const dx = random.integer(-maxShift, maxShift);
    paste(index, 0, width, -dx);
    if (count < 2) return;
    for (const column of [-half, width - half]) {
      const other = random.integer(0, count - 2);
      paste(other < index ? other : other + 1, 0, width, column - dx);
    }
  };
}

function textLine(samples: GroupedSamples, maxShift: number): Arrange {
  const { width } = samples.shape;
  const ink = inkColumns(samples);
  const mates = matesOf(samples);
  const gap = (random: Stream): number =>
    random.uniform() < WORD_END ? random.integer(...WORD_GAP) : random.integer(...LETTER_GAP);
  return (index, random, paste) => {
    const [left, right] = [gap(random), gap(random)];
    const least = Math.ceil(ink.from[index] - left / 2 - width / 2);
    const most = Math.floor(ink.to[index] + right / 2 - width / 2);
    const dx = random.integer(Math.max(-maxShift, Math.min(least, 0)), Math.min(maxShift, Math.max(most, 0)));
    paste(index, 0, width, -dx);
    const group = mates(index);
    const another = (): number => group[random.integer(0, group.length - 1)];
    const pasteInk = (which: number, column: number): void => {
      // with the paler columns beside the ink, which smooth its edges
      const margin = Math.min(1, ink.from[which], width - ink.to[which]);
      paste(which, ink.from[which] - margin, ink.to[which] + margin, column - margin);
    };
    for (let start = ink.to[index] - dx + right; start < width; ) {
      const which = another();
      pasteInk(which, start);
      start += ink.to[which] - ink.from[which] + gap(random);
    }
    for (let end = ink.from[index] - dx - left; end > 0; ) {
      const which = another();
      const start = end - (ink.to[which] - ink.from[which]);
      pasteInk(which, start);
      end = start - gap(random);
    }
  };
}

/** The first column with ink and the one after the last; the middle column for a blank picture. */
function inkColumns(samples: Samples): { from: Uint16Array; to: Uint16Array } {
  const { count, shape } = samples;
  const { width } = shape;
  const picture = new Uint8Array(shape.channels * shape.height * width);
  const [from, to] = [new Uint16Array(count), new Uint16Array(count)];
  for (let index = 0; index < count; index++) {
    samples.read(index, 0, picture, 0);
    let [first, last] = [width, -1];
    for (let row = 0; row < picture.length; row += width) {
      for (let x = 0; x < first; x++) if (picture[row + x] < INK) first = x;
      for (let x = width - 1; x > last; x--) if (picture[row + x] < INK) last = x;
    }
    from[index] = last < 0 ? width >> 1 : first;
    to[index] = last < 0 ? (width >> 1) + 1 : last + 1;
  }
  return { from, to };
}

/** The samples of the same group as a given one. */
function matesOf({ count, groups }: GroupedSamples): (index: number) => readonly number[] {
  const members = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const group = groups?.[i] ?? 0;
    const list = members.get(group);
    if (list === undefined) members.set(group, [i]);
    else list.push(i);
  }
  return (index) => members.get(groups?.[index] ?? 0) ?? [index];
}

/** into[i, j] = min(into[i, j], picture[clamp(i + dy), from + j − column]) for the columns that both have. */
function darken(
  into: Uint8Array,
  offset: number,
  picture: Uint8Array,
  { channels, height, width }: ImageShape,
  from: number,
  to: number,
  column: number,
  dy: number,
): void {
  const low = Math.max(0, column);
  const high = Math.min(width, column + to - from);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < height; i++) {
      const row = c * height + Math.min(Math.max(i + dy, 0), height - 1);
      let source = row * width + from + low - column;
      const start = offset + (c * height + i) * width;
      for (let at = start + low; at < start + high; at++, source++) {
        if (picture[source] < into[at]) into[at] = picture[source];
      }
    }
  }
}
