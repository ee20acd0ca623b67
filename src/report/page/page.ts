import type { Section } from "../training/input.js";
import { html, type Markup, trusted } from "./markup.js";
import { styleSheet } from "./style.js";

/** A weight of the font that the page brings with it. */
export interface PageFont {
  readonly weight: number;
  readonly woff2: Uint8Array;
}

/**
 * A whole report as one HTML file that needs nothing else.
 *
 * @param header what stands above the sections
 */
export function page(title: string, header: Markup, sections: readonly Section[], fonts: readonly PageFont[]): string {
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
