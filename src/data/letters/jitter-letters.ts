import { type Stream, stream } from "../../random/stream.js";
import type { ImageShape } from "../../values/image-shape.js";
import { expectInRange, expectWhole } from "../../values/range.js";
import type { Samples } from "../samples.js";
import { type ClassTarget, classesOf } from "../target.js";
import type { Ligature } from "./ligatures.js";

/** Samples of which some belong together: letters of one typeface. */
export interface GroupedSamples extends Samples<ClassTarget> {
  /** the group of each sample */
  readonly groups?: ArrayLike<number>;
}

/** Pictures of signs that are no letters. */
export type SignPictures = Pick<Samples, "count" | "read">;

/** Pictures of letters that touch, each with its middle in the middle. */
export interface LigatureSamples extends SignPictures {
  readonly list: readonly Ligature[];
}

/** The options of {@link jitterLetters}; every one has a default. */
export interface LetterJitterOptions {
  /**
   * Where the neighbours of a letter stand.
   *
   * "text" (default), as in a line of text: letters of the same group (typeface) to both sides, as many as the window
   * shows, −1 to 5 free columns from ink to ink, or 7 to 14 with probability 1/5, as between words. A shift ends where
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
  /** the share of letters without neighbours, as reading looks at each one by itself too; 0. For neighbours "text" alone */
  readonly alone?: number;
  /**
   * The share of pictures that show no letter, whatever their label is: a sign, two letters, the middle between two,
   * or halves of two. All labels
   * are equally frequent there, so that a network learns to give each class the same probability, as with the uniform targets of
   * outlier exposure (Hendrycks, Mazeika and Dietterich 2019). 0. For neighbours "text" alone
   */
  readonly others?: number;
  /** signs that are no letters, of the letters' size and on their baseline */
  readonly signs?: SignPictures | undefined;
  /**
   * Letters that touch, as large as the letters and on their baseline. An eighth of the pictures of a letter that some of them have show it
   * there, in the middle, or cut out where it is alone; as a whole they are signs that are no letters. For neighbours "text" alone
   */
  readonly ligatures?: LigatureSamples | undefined;
  /** the largest shift in pixels, down or up and left or right; [2, 5]. At most half the picture. */
  readonly maxShift?: readonly [number, number];
}

// Measured over 11 typefaces (sans, serif, mono, script) at the letters' size: from ink to ink, half of all pairs of
// letters have 1.4 to 3.2 pixels, 19 in 20 less than 4.9; with a space between them the proportional ones have 7 to 14.
// Tightly set letters touch, as ligatures do.
const LETTER_GAP = [-1, 5] as const;
const WORD_GAP = [7, 14] as const;
// English words have 4.7 letters on average, so about every fifth letter ends one
const WORD_END = 1 / 5;
/** What may be seen in the place of a letter, equally often; signs come first, since there may be none. */
const OTHERS = ["sign", "sign", "sign", "pair", "between", "halves"] as const;
const SIGNS = 3;
/** From the ink of a letter to that of the next where a pair may be taken for one letter. */
const PAIR_GAP = [-1, 2] as const;
/** How often a letter is shown as part of a ligature: with twice as often, single letters were read worse. */
const IN_LIGATURE = 1 / 8;
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
  const { neighbours = "text", maxShift = [2, 5], alone = 0, others = 0, signs, ligatures } = options;
  const { count, shape } = samples;
  expectInRange("jitter's alone", alone, { least: 0, most: 1 });
  expectInRange("jitter's others", others, { least: 0, most: 1 });
  const limits = [Math.floor(shape.height / 2), Math.floor(shape.width / 2)];
  expectWhole("jitter's maxShift", maxShift, 0);
  if (maxShift.some((shift, axis) => shift > limits[axis])) {
    throw new RangeError(
      `Invalid value for jitter's maxShift: expected at most half the picture, ${limits.join(", ")}, got ${maxShift.join(", ")}.`,
    );
  }
  const picture = new Uint8Array(shape.channels * shape.height * shape.width);
  const target = classesOf(samples, "jitter of letters");
  const all = [signs, ligatures].reduce<GroupedSamples>((one, more) => (more ? withSigns(one, more) : one), samples);
  const text = { maxShift: maxShift[1], alone, others, parts: partsOf(target, all.count, ligatures?.list ?? []) };
  const arrange = neighbours === "text" ? textLine(all, all.count - count, text) : lectureContext(samples, maxShift[1]);
  return {
    count,
    shape,
    target,
    read(index, epoch, into, offset) {
      const random = stream(seed, "jitter", epoch, index);
      const dy = random.integer(-maxShift[0], maxShift[0]);
      into.fill(255, offset, offset + picture.length);
      arrange(index, random, (which, from, to, column, top = 0, bottom = shape.height) => {
        all.read(which, epoch, picture, 0);
        const area = shape.height * shape.width;
        for (let plane = 0; plane < picture.length; plane += area) {
          picture.fill(255, plane, plane + top * shape.width).fill(255, plane + bottom * shape.width, plane + area);
        }
        darken(into, offset, picture, shape, from, to, column, dy);
      });
    },
  };
}

/** A letter of a ligature: the picture, and its columns there. */
interface Part {
  readonly which: number;
  readonly from: number;
  readonly to: number;
}

/** For each sample the ligatures with its letter; their pictures are the last of so many. */
function partsOf(
  { labels, names }: ClassTarget,
  count: number,
  list: readonly Ligature[],
): (index: number) => readonly Part[] {
  const ofClass: Part[][] = names.map(() => []);
  list.forEach(({ letters, cuts }, i) => {
    [...letters].forEach((letter, k) => {
      ofClass[names.indexOf(letter)]?.push({ which: count - list.length + i, from: cuts[k], to: cuts[k + 1] });
    });
  });
  return (index) => ofClass[labels[index]];
}

/** Letters, and behind them signs. */
const withSigns = (samples: GroupedSamples, signs: SignPictures): GroupedSamples => ({
  ...samples,
  count: samples.count + signs.count,
  read(index, epoch, into, offset) {
    if (index < samples.count) samples.read(index, epoch, into, offset);
    else signs.read(index - samples.count, epoch, into, offset);
  },
});

/**
 * Pastes columns `from` … `to` − 1 of a picture so that the first one comes to `column`, which may be outside; of its rows those from `top` to
 * `bottom` − 1, or all.
 */
type Paste = (which: number, from: number, to: number, column: number, top?: number, bottom?: number) => void;

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

/** What a picture shows beside letters, or in their place. */
interface TextOptions {
  readonly maxShift: number;
  readonly alone: number;
  readonly others: number;
  /** the ligatures that a sample's letter is seen in */
  readonly parts: (index: number) => readonly Part[];
}

function textLine(samples: GroupedSamples, signs: number, { maxShift, alone, others, parts }: TextOptions): Arrange {
  const { width } = samples.shape;
  const ink = inkColumns(samples);
  const letters = samples.count - signs;
  const mates = matesOf({ count: letters, ...(samples.groups ? { groups: samples.groups } : {}) });
  const gap = (random: Stream): number =>
    random.uniform() < WORD_END ? random.integer(...WORD_GAP) : random.integer(...LETTER_GAP);
  const pasteInk = (index: number, column: number, paste: Paste): void => {
    // with the paler columns beside the ink, which smooth its edges
    const margin = Math.min(1, ink.from[index], width - ink.to[index]);
    paste(index, ink.from[index] - margin, ink.to[index] + margin, column - margin);
  };
  /** Neighbours to both sides of a picture that is moved by dx to the left, as far as the window shows them. */
  const arrangeLine = (which: number, left: number, right: number, dx: number, random: Stream, paste: Paste): void => {
    const group = mates(which < letters ? which : random.integer(0, letters - 1));
    const another = (): number => group[random.integer(0, group.length - 1)];
    for (let start = ink.to[which] - dx + right; start < width; ) {
      const index = another();
      pasteInk(index, start, paste);
      start += ink.to[index] - ink.from[index] + gap(random);
    }
    for (let end = ink.from[which] - dx - left; end > 0; ) {
      const index = another();
      const start = end - (ink.to[index] - ink.from[index]);
      pasteInk(index, start, paste);
      end = start - gap(random);
    }
  };
  /** Two letters by themselves, with the middle of both in the middle. */
  const pastePair = (first: number, random: Stream, paste: Paste): void => {
    const group = mates(first);
    const second = group[random.integer(0, group.length - 1)];
    const widths = [first, second].map((which) => ink.to[which] - ink.from[which]);
    const gap = random.integer(...PAIR_GAP);
    const start = Math.round((width - widths[0] - gap - widths[1]) / 2);
    pasteInk(first, start, paste);
    pasteInk(second, start + widths[0] + gap, paste);
  };
  /** A letter of a ligature with its middle in the middle, moved by dx: the whole ligature in its line, or the letter alone. */
  const pastePart = ({ which, from, to }: Part, random: Stream, paste: Paste): void => {
    // its neighbours are nearer than the narrowest gap
    const most = Math.min(maxShift, Math.floor((to - from) / 2));
    const dx = random.integer(-most, most) + Math.round((from + to - width) / 2);
    if (random.uniform() < alone) paste(which, from, to, from - dx);
    else {
      paste(which, 0, width, -dx);
      arrangeLine(which, gap(random), gap(random), dx, random, paste);
    }
  };
  return (index, random, paste) => {
    const kind =
      random.uniform() < others ? OTHERS[random.integer(signs > 0 ? 0 : SIGNS, OTHERS.length - 1)] : "letter";
    const possible = kind === "letter" ? parts(index) : [];
    if (possible.length > 0 && random.uniform() < IN_LIGATURE) {
      return pastePart(possible[random.integer(0, possible.length - 1)], random, paste);
    }
    const [left, right] = [gap(random), gap(random)];
    const which =
      kind === "letter"
        ? index
        : kind === "sign"
          ? letters + random.integer(0, signs - 1)
          : random.integer(0, letters - 1);
    const least = Math.ceil(ink.from[which] - left / 2 - width / 2);
    const most = Math.floor(ink.to[which] + right / 2 - width / 2);
    const dx =
      kind === "between"
        ? most
        : random.integer(Math.max(-maxShift, Math.min(least, 0)), Math.min(maxShift, Math.max(most, 0)));
    if (kind === "pair") return pastePair(which, random, paste);
    if (kind === "halves") pasteHalves(which, random.integer(0, letters - 1), dx, samples.shape, random, paste);
    else paste(which, 0, width, -dx);
    if (random.uniform() >= alone) arrangeLine(which, left, right, dx, random, paste);
  };
}

/** The upper part of one letter above the lower part of another, or the left one beside the right one. */
function pasteHalves(
  first: number,
  second: number,
  dx: number,
  { height, width }: ImageShape,
  random: Stream,
  paste: Paste,
): void {
  const share = 0.4 + 0.2 * random.uniform();
  if (random.uniform() < 0.5) {
    const row = Math.round(share * height);
    paste(first, 0, width, -dx, 0, row);
    paste(second, 0, width, -dx, row, height);
  } else {
    const column = Math.round(share * width);
    paste(first, 0, column, -dx);
    paste(second, column, width, column - dx);
  }
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
function matesOf({ count, groups }: Pick<GroupedSamples, "count" | "groups">): (index: number) => readonly number[] {
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
