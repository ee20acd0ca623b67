import type { Markup } from "../../drawing/markup.js";

/** A picture of a page as a file of its own: PNG as it is, or SVG to be drawn as PNG. */
export interface Picture {
  /** the name of its file, without ending */
  readonly name: string;
  readonly content: { readonly png: Uint8Array } | { readonly svg: string };
}

/** A part of a page, made from plain data: any page can show it. */
export interface Section {
  /** its anchor in the page */
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
  readonly pictures: readonly Picture[];
}

/** A chart, and the name of its file. */
export interface Drawing {
  readonly name: string;
  readonly svg: Markup;
}

/** Charts as files of their own. */
export const pictureFiles = (drawings: readonly Drawing[]): Picture[] =>
  drawings.map(({ name, svg }) => ({ name, content: { svg: svg.text } }));
