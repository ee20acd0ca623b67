import { html, type Markup, trusted } from "../../drawing/markup.js";
import type { Section } from "./section.js";
import { styleSheet } from "./style.js";

/** A weight of the font that the page brings with it. */
export interface PageFont {
  readonly weight: number;
  readonly woff2: Uint8Array;
}

/** What is in a page. */
export interface Page {
  readonly title: string;
  /** what stands above the sections */
  readonly header: Markup;
  /** what there is no data for is left out */
  readonly sections: readonly Section[];
}

/** A page as one HTML file that needs nothing else. */
export function page({ title, header, sections }: Page, fonts: readonly PageFont[]): string {
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Bell Pepper</title>
<style>${trusted(styleSheet(fonts))}</style>
</head>
<body>
<main>
${header}
<nav>${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
${sections.map(({ id, title, body }) => html`<section id="${id}"><h2>${title}</h2>\n${body}</section>\n`)}</main>
</body>
</html>
`}`;
}
