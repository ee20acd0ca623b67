/** Charts as SVG, drawn by Observable Plot. */

import { type PlotOptions, plot } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { html, type Markup, trusted } from "../page/markup.js";

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

/**
 * Draws a chart. Colours may be `var(--…)` of the theme; the font is the page's.
 *
 * @param label what the chart shows, for those who cannot see it
 * @returns an `<svg>` of plain attributes, which stands in a page and by itself
 */
export function drawn(options: PlotOptions, label: string): Markup {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const svg: Element = plot({ ...options, document });
  for (const style of [...svg.querySelectorAll("style")]) style.remove();
  for (const name of ["class", "font-family", "fill"]) svg.removeAttribute(name);
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("font-size", `${TEXT_SIZE}`);
  for (const text of [...svg.querySelectorAll("text")]) inPixels(text);
  // linkedom leaves "<" in attributes as it is, which XML forbids
  return html`<svg aria-label="${label}"${trusted(svg.outerHTML.slice("<svg".length))}`;
}

/** Plot gives some offsets in em, which not every renderer knows. */
function inPixels(text: Element): void {
  const size = Number(text.closest("[font-size]")?.getAttribute("font-size") ?? TEXT_SIZE);
  for (const name of ["x", "y", "dx", "dy"]) {
    const value = text.getAttribute(name);
    if (value?.endsWith("em")) text.setAttribute(name, `${Number.parseFloat(value) * size}`);
  }
}
