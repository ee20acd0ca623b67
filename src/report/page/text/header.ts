import { html, type Markup, type Part } from "../../../drawing/markup.js";

/** What stands above the sections of a page: its title, and what else there is to say at once. */
export const pageHeader = (title: string, ...parts: readonly Part[]): Markup =>
  html`<header><p class="brand">Bell Pepper</p><h1>${title}</h1>${parts}</header>`;

/** What surprises, and what was assumed: a sentence each. */
export const notesMarkup = (notes: readonly string[] = []): Markup | undefined =>
  notes.length === 0 ? undefined : html`<ul class="findings">${notes.map((note) => html`<li>${note}</li>`)}</ul>`;

/** Names with their values: as large "figures", as "settings" or as "totals" of a table. */
export const valueList = (
  kind: "figures" | "settings" | "totals",
  values: readonly (readonly [name: string, value: string])[],
): Markup =>
  html`<dl class="${kind}">${values.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
