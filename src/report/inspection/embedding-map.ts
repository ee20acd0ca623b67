import { html, type Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import type { Tensor } from "../../graph/types.js";
import { shortenName } from "../page/text/words.js";
import { classColours } from "./class-colours.js";
import type { PictureSheet } from "./picture-sheet.js";

/** Rows on a plane, and what they are. */
export interface PlacedRows {
  /** row × 2 */
  readonly places: Tensor<"float32">;
  /** the class of each row, 0 … K − 1 */
  readonly labels: ArrayLike<number>;
  readonly classes: readonly string[];
  /** what each row is called, such as its file */
  readonly names?: readonly string[];
}

/** Up to so many classes have their names on the map. */
const NAMED = 40;
/** Free at each side, as a share of the longer one. */
const ROOM = 0.03;
const LONGEST = 18;

/** A row on the map: in hundredths of it from the left and from the top. */
interface Dot {
  readonly row: number;
  readonly x: number;
  readonly y: number;
}

/** Where rows are on a square that holds all of them, both axes to one scale. */
function dotsOf({ data }: Tensor<"float32">, shown: ArrayLike<number>): Dot[] {
  const rows = Array.from(shown);
  const range = (axis: 0 | 1): [number, number] =>
    rows.reduce(
      ([low, high], row) => [Math.min(low, data[2 * row + axis]), Math.max(high, data[2 * row + axis])],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
  const [[left, right], [bottom, top]] = [range(0), range(1)];
  const side = Math.max(right - left, top - bottom) * (1 + 2 * ROOM) || 1;
  return rows.map((row) => ({
    row,
    x: 50 + (100 * (data[2 * row] - (left + right) / 2)) / side,
    y: 50 - (100 * (data[2 * row + 1] - (bottom + top) / 2)) / side,
  }));
}

/** The dots of each class that has any. */
const byClass = (dots: readonly Dot[], { labels, classes }: PlacedRows): { k: number; own: Dot[] }[] =>
  classes.map((_, k) => ({ k, own: dots.filter(({ row }) => labels[row] === k) })).filter(({ own }) => own.length > 0);

/** The middle of a class: half of its dots are on either side. */
function middleOf(own: readonly Dot[]): { x: number; y: number } {
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
  return { x: middle(own.map(({ x }) => x)), y: middle(own.map(({ y }) => y)) };
}

/**
 * Rows as dots in the colours of their classes, each with its picture where the pointer is over it, or the dot is chosen by touch or the arrow keys: without a script, the dots are one
 * group of radio buttons and the pictures are parts of one sheet.
 *
 * @param group what no other map of the page is called
 * @param shown which rows; picture i of the sheet is that of `shown[i]`
 */
export function mapMarkup(group: string, rows: PlacedRows, shown: ArrayLike<number>, sheet?: PictureSheet): Markup {
  const colours = classColours(rows.classes.length);
  const order = new Map(Array.from(shown, (row, i) => [row, i]));
  const dots = dotsOf(rows.places, shown);
  const groups = byClass(dots, rows);
  const dot = ({ row, x, y }: Dot): Markup => {
    const place = sheet ? `;--p:${sheet.placeOf(order.get(row) ?? 0)}` : "";
    const name = rows.names?.[row];
    // the picture stands within the page
    const side = x > 60 ? html` class="left"` : undefined;
    const rest = html`${side} style="left:${x.toFixed(2)}%;top:${y.toFixed(2)}%${place}"${name === undefined ? undefined : html` title="${name}"`}`;
    return sheet ? html`<input type="radio" name="${group}"${rest}>` : html`<i${rest}></i>`;
  };
  const drawn = groups.map(({ k, own }) => html`<div style="color:${colours[k]}">${own.map(dot)}</div>`);
  const named = groups.slice(0, NAMED).map(({ k, own }) => {
    const { x, y } = middleOf(own);
    return html`<b style="left:${x.toFixed(1)}%;top:${y.toFixed(1)}%">${shortenName(rows.classes[k], LONGEST)}</b>`;
  });
  return html`<div class="map">${drawn}${named}</div>`;
}

/** The classes and their colours. */
export function mapLegend({ classes }: Pick<PlacedRows, "classes">): Markup | undefined {
  if (classes.length > NAMED) return undefined;
  const colours = classColours(classes.length);
  return html`<p class="legend">${classes.map((name, k) => html`<span><i style="color:${colours[k]}"></i>${shortenName(name, LONGEST)}</span> `)}</p>`;
}

/** The side of a map as a picture. */
const PIXELS = 640;

/** The same as a picture of its own. */
export function mapPicture(rows: PlacedRows, shown: ArrayLike<number>): Markup {
  const colours = classColours(rows.classes.length);
  const groups = byClass(dotsOf(rows.places, shown), rows);
  const at = (share: number): string => ((share * PIXELS) / 100).toFixed(1);
  const drawn = groups.map(
    ({ k, own }) =>
      html`<g fill="${colours[k]}" fill-opacity="0.75">${own.map(({ x, y }) => html`<circle cx="${at(x)}" cy="${at(y)}" r="2.5"/>`)}</g>`,
  );
  const named = groups.slice(0, NAMED).map(({ k, own }) => {
    const { x, y } = middleOf(own);
    const [text, place] = [shortenName(rows.classes[k], LONGEST), html`x="${at(x)}" y="${at(y)}"`];
    return html`<text ${place} stroke="${colour("paper")}" stroke-width="4">${text}</text><text ${place} fill="${colour("ink")}">${text}</text>`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${PIXELS} ${PIXELS}" width="${PIXELS}" height="${PIXELS}" font-size="14" font-weight="700" text-anchor="middle" dominant-baseline="middle">${drawn}${named}</svg>`;
}
