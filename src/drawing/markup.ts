/** HTML and SVG as text in which nothing that comes from outside can become a tag. */

/** Text that is markup already. Made by {@link html} and {@link trusted} only. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template: markup as it is, lists item after item, nothing for undefined, the rest escaped. */
export type Part = Markup | string | number | undefined | readonly Part[];

/**
 * Markup from a template; every value in it that is not markup itself is escaped, in text as in quoted attributes.
 *
 * @example
 * html`<td title="${"a < b"}">1</td>`.text; // "<td title=\"a &#60; b\">1</td>"
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, i) => (i === 0 ? text : renderPart(parts[i - 1]) + text)).join(""));
}

/** Text as markup, unchecked: for what a library has drawn and for constants of this program. */
export const trusted = (text: string): Markup => new Markup(text);

/** Text with the characters escaped that mean something in HTML and in XML. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function renderPart(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  return typeof part === "string" || typeof part === "number" ? escapeText(`${part}`) : part.map(renderPart).join("");
}
