/** Text in columns of letters that fit a terminal. */

import { stripVTControlCharacters } from "node:util";

/** The columns of a terminal, where nothing else is known. */
export const TERMINAL = 80;

/** How many columns a text takes; colours take none. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length;

/**
 * Breaks the lines of a text that are too long at their spaces; the parts are set in by as much as the line begins with spaces, marks and a label
 * ("model    runs/…"). What has no space, such as a path, stays whole.
 *
 * @param width columns of the terminal
 * @example
 * wrapLines("! one two three", 11); // "! one two\n  three"
 */
export const wrapLines = (text: string, width = TERMINAL): string =>
  text
    .split("\n")
    .map((line) => wrapLine(line, width))
    .join("\n");

/** Spaces, a mark or a label with two spaces after it: what continues a line stands below what follows it. */
const LEAD = /^(?: *[!✓✗·-] | *(?:[^ ]+ )*?[^ ]+ {2,}| +)/;
/** A label that is longer than that takes too much room from what follows. */
const LONGEST_LEAD = 26;

function wrapLine(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  const [lead = ""] = LEAD.exec(stripVTControlCharacters(line)) ?? [];
  const indent = " ".repeat(lead.length <= LONGEST_LEAD ? lead.length : 2);
  const lines: string[] = [];
  let current = "";
  for (const piece of line.match(/ *[^ ]+/g) ?? []) {
    // A label stays with what it is the label of.
    if (widthOf(current) > lead.trimEnd().length && widthOf(current + piece) > width) {
      lines.push(current);
      current = indent + piece.replace(/^ +/, "");
    } else current += piece;
  }
  return [...lines, current].join("\n");
}

/** A text of at most so many columns, its middle left out: ("chimpanzee-12", 8) → "chim…-12" */
export function shortenMiddle(text: string, width: number): string {
  const letters = [...text];
  if (letters.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return `${letters.slice(0, width - 1 - end).join("")}…${end > 0 ? letters.slice(-end).join("") : ""}`;
}

/** How {@link textColumns} sets a table. */
export interface ColumnOptions {
  /** columns of the terminal; 80 */
  readonly width?: number;
  /** how many of the columns, from the left, are texts, which stand left and may be shortened; 1 */
  readonly texts?: number;
}

const GAP = "  ";
/** A text is not shortened to less than this. */
const SHORTEST = 12;

/**
 * Rows of cells as lines, the first of them the heading. Numbers stand right; texts are shortened where they would take more than half of the width,
 * and columns that are too many follow in a second table with the texts again.
 *
 * @example
 * textColumns([["class", "recall"], ["cat", "90 %"]]); // "class  recall\ncat      90 %"
 */
export function textColumns(
  rows: readonly (readonly string[])[],
  { width = TERMINAL, texts = 1 }: ColumnOptions = {},
): string {
  const room = Math.max(SHORTEST, Math.floor((width / 2 - GAP.length * texts) / texts));
  const cells = rows.map((row) => row.map((text, i) => (i < texts ? shortenMiddle(text, room) : text)));
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => widthOf(row[i]))));
  const own = (i: number): number => widths[i] + GAP.length;
  const keys = Array.from({ length: texts }, (_, i) => i);
  const used = keys.reduce((sum, i) => sum + own(i), -GAP.length);
  const blocks: number[][] = [[]];
  let at = used;
  for (let i = texts; i < widths.length; i++) {
    if (at + own(i) > width && (blocks.at(-1)?.length ?? 0) > 0) {
      blocks.push([]);
      at = used;
    }
    blocks.at(-1)?.push(i);
    at += own(i);
  }
  const pad = (text: string, i: number): string => {
    const space = " ".repeat(widths[i] - widthOf(text));
    return i < texts ? text + space : space + text;
  };
  return blocks
    .map((block) =>
      cells
        .map((row) =>
          [...keys, ...block]
            .map((i) => pad(row[i], i))
            .join(GAP)
            .trimEnd(),
        )
        .join("\n"),
    )
    .join("\n\n");
}
