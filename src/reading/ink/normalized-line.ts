/** A line of writing as a letter network expects it. */

import { logProbabilities, WEIGHTS } from "../letters/choose-letters.js";
import type { LetterScorer } from "../letters/letter-scorer.js";
import { ANY_BREADTH, widthFit } from "../letters/letter-widths.js";
import { piecesOf } from "../letters/pieces.js";
import { nearbyPlacements, otherPlacements, placementsOf } from "../letters/placements.js";
import type { Ink } from "./ink.js";
import type { LineBand } from "./line-band.js";
import { type Placement, resample } from "./resample.js";
import { profileFit } from "./row-profile.js";
import { scoreAlone, uncutSegments } from "./segments.js";
import { sharpenInk } from "./sharpen.js";

/** A line, normalised, and where it was. */
export interface NormalizedLine {
  /** as high as the network's window, with half a window free at either end */
  readonly ink: Ink;
  readonly placement: Placement;
  /** how sharp its letters are, see {@link sharpenInk} */
  readonly slope: number;
}

/** What parts of a line are looked at to find its scale. */
const ENOUGH = 40;
/** The power of ink: chosen on faces that no result is reported for. */
const PALE = 0.75;
const PAPER = 0.03;
/** In a line that is longer than this by half, so many times its height is enough. */
const EXCERPT = 30;
/** What the fit of the rows counts beside the network's sureness, and the fit of a letter's width. */
const ROWS = 20;
const WIDTH = 0.5;
/** A part that is no letter at all does not count as worse than this. */
const WORST = -4;

/**
 * Scales and places a line so that its letters are as large and stand as high as those that the network was trained on.
 *
 * Which letters a line has is not known yet, so that ink from top to bottom may be anything from x-height alone to ascent and
 * descent. Every possibility of {@link placementsOf} is tried; the one is kept where the network is surest of the
 * line's parts, their widths fit, and so does the way the ink is spread over the rows; then, once more, the best nearby.
 */
export async function normalizeLine(scorer: LetterScorer, band: LineBand): Promise<NormalizedLine> {
  const height = scorer.window[0];
  const part = excerptOf(band);
  const possible = scorer.isAlphabet ? placementsOf : otherPlacements;
  const coarse = await chooseSurest(scorer, part, possible(part, height));
  const fine = await chooseSurest(scorer, part, nearbyPlacements(coarse.placement, height));
  return part === band ? fine : placeLine(scorer, band, fine.placement);
}

/** The middle of a line that is longer than is needed to find its scale. */
function excerptOf(band: LineBand): LineBand {
  const { width, height, data } = band.ink;
  const length = EXCERPT * height;
  if (width <= 1.5 * length) return band;
  const start = Math.floor((width - length) / 2);
  const part = new Float32Array(length * height);
  for (let y = 0; y < height; y++) part.set(data.subarray(y * width + start, y * width + start + length), y * length);
  return { ...band, ink: { width: length, height, data: part }, left: band.left + start };
}

async function chooseSurest(
  scorer: LetterScorer,
  band: LineBand,
  placements: readonly Placement[],
): Promise<NormalizedLine> {
  const [first, ...others] = placements;
  let best = placeLine(scorer, band, first);
  let highest = await measurePlacement(scorer, best);
  for (const placement of others) {
    const next = placeLine(scorer, band, placement);
    const score = await measurePlacement(scorer, next);
    if (score > highest) [best, highest] = [next, score];
  }
  return best;
}

function placeLine(scorer: LetterScorer, { ink: source }: LineBand, { scale, top }: Placement): NormalizedLine {
  const [height, window] = scorer.window;
  const left = Math.ceil(window / 2);
  const needed = Math.max(window, Math.ceil(source.width * scale) + 2 * left);
  const width = window + Math.ceil((needed - window) / scorer.stride) * scorer.stride;
  const placement = { scale, left, top };
  const { ink, slope } = sharpenInk(strengthen(resample(source, width, height, placement)));
  return { ink, placement, slope };
}

/** Makes hairlines stronger, which are paler than the strokes of the same letters, in colours more than in black on white; not what is almost paper. */
const strengthen = ({ width, height, data }: Ink): Ink => ({
  width,
  height,
  data: data.map((ink) => (Math.max(0, ink - PAPER) / (1 - PAPER)) ** PALE),
});

/** How well a placement suits a line. */
async function measurePlacement(scorer: LetterScorer, { ink }: NormalizedLine): Promise<number> {
  const sureness = await measureSureness(scorer, ink);
  return scorer.isAlphabet ? sureness + ROWS * profileFit(ink) : sureness;
}

/** The mean over a line's parts of the best letter's logarithmic probability. */
async function measureSureness(scorer: LetterScorer, line: Ink): Promise<number> {
  const { classes } = scorer;
  const { pieces, owner } = piecesOf(line);
  const parts = uncutSegments(pieces);
  if (parts.length === 0) return Number.NEGATIVE_INFINITY;
  const some = parts.filter((_, i) => i % Math.ceil(parts.length / ENOUGH) === 0);
  const scores = await scoreAlone(scorer, line, owner, some);
  const sure = some.map(({ left, right }, n) => {
    const likely = logProbabilities(scores.subarray(n * classes.length, (n + 1) * classes.length), WEIGHTS.least);
    const width = ((right - left) * 32) / scorer.window[0];
    const suits = (name: string): number => (scorer.isAlphabet ? WIDTH * widthFit(name, width, ANY_BREADTH) : 0);
    const best = Math.max(...likely.map((value, k) => value + suits(classes[k])));
    return Math.max(WORST, best);
  });
  return sure.reduce((sum, value) => sum + value, 0) / sure.length;
}
