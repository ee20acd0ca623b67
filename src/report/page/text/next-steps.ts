/** What may be typed next, at the end of a page and of what a command prints. */

import { html, type Markup } from "../../../drawing/markup.js";

/** A command, and what it is good for. */
export interface NextStep {
  readonly command: string;
  readonly why: string;
}

/** A word of a command as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The steps in the head of a page. */
export const nextStepsMarkup = (steps: readonly NextStep[]): Markup | undefined =>
  steps.length === 0
    ? undefined
    : html`<ul class="next">${steps.map(({ command, why }) => html`<li><code>${command}</code> ${why}</li>`)}</ul>`;
