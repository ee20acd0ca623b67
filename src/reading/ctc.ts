/** The text that scores of single columns say, of a network trained by {@link ctcLoss}: the last channel is the blank. */

import type { Tensor } from "../graph/types.js";

/** How a text is looked for. */
export interface DecodingOptions {
  /** how many beginnings of texts are kept from column to column; 1 takes the best character of each column; 1 */
  readonly beam?: number;
  /** the words that a text may have, between spaces; any */
  readonly words?: readonly string[];
}

/** A text, and how likely it is. */
export interface DecodedText {
  readonly text: string;
  /** log P of the text, over all ways that were followed to write it; with a beam of 1 of the one way that was read */
  readonly logProbability: number;
}

/**
 * The texts of a batch of scores.
 *
 * With a beam of 1 the best channel of each column is taken, repeats are joined and blanks left out: the best way, which need not be that of the best text. With a
 * larger beam the ways that write the same text are added up (prefix search, Graves 2012; as Hannun et al. 2014 have it), so many beginnings being followed from each
 * column to the next. With a list of words only beginnings of its words are followed, and a text ends with a whole word; that needs a beam of more than 1.
 *
 * @param scores N×C×1×W, before the softmax
 * @param names the characters of the first C − 1 channels
 * @throws RangeError when the scores have not one channel more than there are names, or the beam does not go with the words
 * @example
 * const scores = float32([2, 2, 0, 0, 0, 0, 1, 0, 1], [1, 3, 1, 3]);
 * readText(scores, ["a", "b"])[0].text; // "a"
 */
export function readText(
  scores: Tensor,
  names: readonly string[],
  { beam = 1, words }: DecodingOptions = {},
): DecodedText[] {
  const [batch, channels, height, width] = scores.shape;
  if (channels !== names.length + 1 || height !== 1) {
    throw new RangeError(
      `Expected scores of N×${names.length + 1}×1×W, for ${names.length} characters and the blank; got ${scores.shape.join("×")}.`,
    );
  }
  if (!Number.isInteger(beam) || beam < 1)
    throw new RangeError(`beam: expected a whole number of at least 1, got ${beam}.`);
  if (words && beam === 1) throw new RangeError("A list of words needs a beam of more than 1, such as 16.");
  const size = channels * width;
  const beginnings = words && beginningsOf(words);
  return Array.from({ length: batch }, (_, n) => {
    const columns = logProbabilities(scores, n * size, channels, width);
    return beam === 1 ? bestWay(columns, names) : bestText(columns, names, beam, beginnings);
  });
}

/** For each column the logarithms of the softmax of its scores. */
function logProbabilities({ data }: Tensor, begin: number, channels: number, width: number): Float64Array[] {
  return Array.from({ length: width }, (_, t) => {
    const own = Float64Array.from({ length: channels }, (_, c) => Number(data[begin + c * width + t]));
    const most = Math.max(...own);
    const total = most + Math.log(own.reduce((sum, score) => sum + Math.exp(score - most), 0));
    return own.map((score) => score - total);
  });
}

function bestWay(columns: readonly Float64Array[], names: readonly string[]): DecodedText {
  let [text, logProbability, before] = ["", 0, -1];
  for (const logs of columns) {
    const best = logs.indexOf(Math.max(...logs));
    logProbability += logs[best];
    if (best !== before && best < names.length) text += names[best];
    before = best;
  }
  return { text, logProbability };
}

/** The beginning of a text: log P of the ways to write it that end with a blank, and with its last character. */
interface Beginning {
  readonly characters: readonly number[];
  blank: number;
  character: number;
}

const logSum = (a: number, b: number): number => {
  const most = Math.max(a, b);
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log(Math.exp(a - most) + Math.exp(b - most));
};

const totalOf = ({ blank, character }: Beginning): number => logSum(blank, character);

function bestText(
  columns: readonly Float64Array[],
  names: readonly string[],
  beam: number,
  words: WordBeginnings | undefined,
): DecodedText {
  const textOf = ({ characters }: Beginning): string => characters.map((c) => names[c]).join("");
  let kept: Beginning[] = [{ characters: [], blank: 0, character: Number.NEGATIVE_INFINITY }];
  for (const logs of columns) {
    const next = new Map<string, Beginning>();
    const at = (characters: readonly number[]): Beginning => {
      const key = characters.join();
      const known = next.get(key);
      if (known) return known;
      const made = { characters, blank: Number.NEGATIVE_INFINITY, character: Number.NEGATIVE_INFINITY };
      next.set(key, made);
      return made;
    };
    for (const beginning of kept) {
      const { characters } = beginning;
      const last = characters.at(-1);
      const stays = at(characters);
      stays.blank = logSum(stays.blank, totalOf(beginning) + logs[names.length]);
      if (last !== undefined) stays.character = logSum(stays.character, beginning.character + logs[last]);
      for (const [c, name] of names.entries()) {
        if (words && !words.goesOn(textOf(beginning) + name)) continue;
        const longer = at([...characters, c]);
        // the same character again is written only behind a blank
        const before = c === last ? beginning.blank : totalOf(beginning);
        longer.character = logSum(longer.character, before + logs[c]);
      }
    }
    kept = [...next.values()].sort((a, b) => totalOf(b) - totalOf(a)).slice(0, beam);
  }
  const whole = words ? kept.filter((beginning) => words.mayEnd(textOf(beginning))) : kept;
  const [best = kept[0]] = whole;
  return { text: textOf(best), logProbability: totalOf(best) };
}

/** Which texts are beginnings of words with single spaces between them. */
interface WordBeginnings {
  goesOn(text: string): boolean;
  mayEnd(text: string): boolean;
}

function beginningsOf(words: readonly string[]): WordBeginnings {
  const whole = new Set(words);
  const begun = new Set(words.flatMap((word) => Array.from({ length: word.length + 1 }, (_, i) => word.slice(0, i))));
  const lastWord = (text: string): string => text.slice(text.lastIndexOf(" ") + 1);
  return {
    goesOn: (text) => (text.endsWith(" ") ? whole.has(lastWord(text.slice(0, -1))) : begun.has(lastWord(text))),
    mayEnd: (text) => text === "" || whole.has(lastWord(text)),
  };
}
