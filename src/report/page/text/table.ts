import { html, type Markup, type Part } from "../../../drawing/markup.js";

/** A column of a table: its title, and what its cells are where they are no plain text. */
export interface Column {
  readonly title: string;
  /** "number": stands right, with a dash where there is none; "wrong": in the accent colour */
  readonly kind?: "number" | "wrong" | undefined;
}

/** The options of {@link table}. */
export interface TableOptions {
  /** the class of its element in the style sheet */
  readonly name?: string;
  /** titles over several columns, in a row above those of the columns */
  readonly groups?: readonly { readonly title: string; readonly span: number }[];
}

/**
 * A table with a row of titles.
 *
 * @param rows as many cells in each as there are columns
 * @example
 * table([{ title: "class" }, ...numberColumns("recall")], [["cat", "90 %"]]);
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Part[])[],
  { name, groups }: TableOptions = {},
): Markup {
  const over = groups?.map(({ title, span }) =>
    title === ""
      ? Array.from({ length: span }, () => html`<th></th>`)
      : html`<th colspan="${span}" class="number">${title}</th>`,
  );
  const heads = columns.map(
    ({ title, kind }) => html`<th scope="col"${kind === "number" ? html` class="number"` : undefined}>${title}</th>`,
  );
  const cells = (row: readonly Part[]): Markup[] =>
    columns.map(({ kind }, i) => html`<td${classOf(kind)}>${row[i] ?? (kind === "number" ? "–" : "")}</td>`);
  return html`<table${classOf(name)}><thead>${over && html`<tr>${over}</tr>`}<tr>${heads}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody></table>`;
}

/** Columns of numbers. */
export const numberColumns = (...titles: readonly string[]): Column[] =>
  titles.map((title) => ({ title, kind: "number" }));

const classOf = (name: string | undefined): Markup | undefined =>
  name === undefined ? undefined : html` class="${name}"`;
