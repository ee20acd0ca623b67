/** Pictures with words below them, on one sheet. */

import { html, type Markup } from "./markup.js";
import { colour } from "./theme.js";

/** A picture, and what stands below it. */
export interface LabelledPicture {
  /** the address of a PNG file, such as `data:image/png;base64,…` */
  readonly address: string;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** in smaller letters below the title */
  readonly lines: readonly string[];
}

const [APART, TITLE, LINE] = [20, 18, 14];
/** About so wide is a letter of the lines. */
const LETTER = 5.2;

/**
 * Pictures in rows, each with its title and its lines below it.
 *
 * @param pictures at least one
 * @returns an `<svg>`, whose colours are the theme's
 */
export function labelledPictures(pictures: readonly LabelledPicture[], columns: number): Markup {
  const [across, down] = [columns, Math.ceil(pictures.length / columns)];
  const lines = Math.max(...pictures.map((picture) => picture.lines.length));
  const longest = Math.max(0, ...pictures.flatMap((picture) => picture.lines.map((line) => line.length)));
  const wide = Math.max(Math.ceil(longest * LETTER), ...pictures.map(({ width }) => width));
  const high = Math.max(...pictures.map(({ height }) => height));
  const [stepX, stepY] = [wide + APART, high + TITLE + lines * LINE + APART];
  const drawn = pictures.map(({ address, width, height, title, lines: own }, i) => {
    const [x, y] = [(i % columns) * stepX + 1, Math.floor(i / columns) * stepY + 1];
    const below = own.map(
      (text, k) =>
        html`<text x="${x}" y="${y + height + TITLE + 13 + k * LINE}" font-size="11" fill="${colour("soft")}">${text}</text>`,
    );
    return html`<image x="${x}" y="${y}" width="${width}" height="${height}" href="${address}"/><rect x="${x - 0.5}" y="${y - 0.5}" width="${width + 1}" height="${height + 1}" fill="none" stroke="${colour("line")}"/><text x="${x}" y="${y + height + 16}" font-size="13" font-weight="700" fill="${colour("ink")}">${title}</text>${below}`;
  });
  const [width, height] = [Math.min(across, pictures.length) * stepX - APART + 2, down * stepY - APART + 8];
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${pictures.length} pictures">${drawn}</svg>`;
}
