import type { ReportInput, Section } from "./input.js";
import { html, trusted } from "./markup.js";
import { styleSheet } from "./style.js";
import { summary } from "./summary.js";

/** A weight of the font that the page brings with it. */
export interface PageFont {
  readonly weight: number;
  readonly woff2: Uint8Array;
}

/** The whole report as one HTML file that needs nothing else. */
export function page(input: ReportInput, sections: readonly Section[], fonts: readonly PageFont[]): string {
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${input.title} · Bell Pepper</title>
<style>${trusted(styleSheet(fonts))}</style>
</head>
<body>
<main>
${summary(input)}
<nav>${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
${sections.map(({ id, title, body }) => html`<section id="${id}"><h2>${title}</h2>\n${body}</section>\n`)}</main>
</body>
</html>
`}`;
}
