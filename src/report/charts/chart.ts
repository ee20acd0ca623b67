/** Charts as SVG, drawn by Observable Plot. */

import { type Markish, type PlotOptions, plot, text } from "@observablehq/plot";
// one file in place of 190, which take three times as long to load
import { parseHTML } from "linkedom/worker";
import { html, type Markup, trusted } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";

/** What is used here of an element of linkedom. */
interface Element {
  readonly outerHTML: string;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelectorAll(selector: string): Iterable<Element>;
  closest(selector: string): Element | null;
  remove(): void;
}

/** The size of a chart's text, in its own units. */
export const TEXT_SIZE = 12;

/** How lines of a grid look. */
export const GRID = { stroke: colour("line"), strokeOpacity: 1 } as const;
/** How an axis with ticks looks. */
export const TICKED = { tickSize: 4, stroke: colour("soft"), fill: colour("soft") } as const;
/** How an axis is labelled: in its middle, without an arrow. */
export const CENTRED = { labelAnchor: "center", labelArrow: "none" } as const;

/** The margins of a chart that its title stands in. */
export interface Corner {
  readonly left: number;
  readonly top: number;
}

/** Where a mark stands, counted from the top left corner of the whole chart. */
export const fromCorner = ({ left, top }: Corner, dx: number, dy: number) => ({
  frameAnchor: "top-left" as const,
  dx: dx - left + 6,
  dy: dy - top,
});

/** The title of a chart, and below it what is good to know of it. */
export const titleMarks = (corner: Corner, title: string, note?: string): Markish[] => [
  text([title], { ...fromCorner(corner, 0, 8), fill: colour("ink"), fontSize: TEXT_SIZE + 1, fontWeight: 700 }),
  ...(note === undefined ? [] : [text([note], { ...fromCorner(corner, 0, 28), fill: colour("soft") })]),
];

/**
 * Draws a chart. Colours may be `var(--…)` of the theme; the font is the page's.
 *
 * @param label what the chart shows, for those who cannot see it
 * @returns an `<svg>` of plain attributes, which stands in a page and by itself
 */
export function drawChart(options: PlotOptions, label: string): Markup {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const svg: Element = plot({ ...options, document });
  for (const style of [...svg.querySelectorAll("style")]) style.remove();
  for (const name of ["class", "font-family", "fill"]) svg.removeAttribute(name);
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("font-size", `${TEXT_SIZE}`);
  for (const label of [...svg.querySelectorAll("text")]) convertOffsets(label);
  // linkedom leaves "<" in attributes as it is, which XML forbids
  return html`<svg aria-label="${label}"${trusted(svg.outerHTML.slice("<svg".length))}`;
}

/** Plot gives some offsets in em, which not every renderer knows: here they are in pixels. */
function convertOffsets(text: Element): void {
  const size = Number(text.closest("[font-size]")?.getAttribute("font-size") ?? TEXT_SIZE);
  for (const name of ["x", "y", "dx", "dy"]) {
    const value = text.getAttribute(name);
    if (value?.endsWith("em")) text.setAttribute(name, `${Number.parseFloat(value) * size}`);
  }
}
