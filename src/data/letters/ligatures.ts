/** A picture of letters that touch, as a typeface sets them: fi, fl, ff. */
export interface Ligature {
  readonly letters: string;
  /** the columns at which its letters begin, and the one after the last letter's ink: one more than there are letters */
  readonly cuts: readonly number[];
}

/** Ligatures of many typefaces, as large as the letters and on their baseline. */
export interface LigaturePictures {
  readonly list: readonly Ligature[];
  /** ligature × row × column, 0 black … 255 white */
  readonly pixels: Uint8Array;
}

/**
 * Parses `ligatures.tsv`: a heading, then a line per ligature of its letters and its cuts, divided by a tabulator; the cuts by commas.
 *
 * @throws Error with the number of the line that is none
 * @example
 * parseLigatures("letters\tcuts\nfi\t11,18,22\n"); // [{ letters: "fi", cuts: [11, 18, 22] }]
 */
export function parseLigatures(tsv: string): Ligature[] {
  const [heading, ...lines] = tsv.trimEnd().split(/\r?\n/);
  if (heading !== "letters\tcuts") throw new Error(`line 1: expected the heading letters, cuts, got "${heading}"`);
  return lines.map((line, i) => {
    const [letters, cuts = ""] = line.split("\t");
    const columns = cuts.split(",").map(Number);
    const isGrowing = columns.every((column, k) => Number.isInteger(column) && (k === 0 || column > columns[k - 1]));
    if (!isGrowing || columns.length !== letters.length + 1 || !/^[a-z]+$/.test(letters)) {
      throw new Error(
        `line ${i + 2}: expected letters a–z and one more growing whole number than letters, got "${line}"`,
      );
    }
    return { letters, cuts: columns };
  });
}

/** The content of `ligatures.tsv`. */
export const ligaturesText = (list: readonly Ligature[]): string =>
  `letters\tcuts\n${list.map(({ letters, cuts }) => `${letters}\t${cuts.join(",")}\n`).join("")}`;
