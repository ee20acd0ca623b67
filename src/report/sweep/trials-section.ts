import { html, type Markup, trusted } from "../../drawing/markup.js";
import type { Section } from "../page/section.js";
import { percentText } from "../page/text/words.js";
import type { ShownTrial, SweepInput } from "./input.js";

/** A cell of the table: what it shows, and what it is sorted by. */
interface Cell {
  readonly text: string;
  readonly by: string | number;
  readonly isNumber: boolean;
}

/** A click on a title sorts the rows by that column, numbers as numbers; the next one turns them round. What has no value stays at the end. */
const SORT = `
for (const button of document.querySelectorAll("table.sortable button")) button.addEventListener("click", () => {
  const head = button.parentElement, body = head.closest("table").tBodies[0];
  const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
  const key = (row) => row.cells[head.cellIndex].dataset.by;
  const compare = (a, b) => a === "" || b === "" ? (a === "") - (b === "") : turn * (isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b);
  body.append(...[...body.rows].sort((a, b) => compare(key(a), key(b))));
});
`;

/** All trials with their values and errors, the best first; a click on a title sorts them. */
export function trialsSection({ space, trials, best, tied, seeds }: SweepInput): Section {
  const titles = ["trial", ...space.map(({ name }) => name), "epochs", "error", "±", ""];
  const rows = trials.map((trial) =>
    cellsOf(
      trial,
      space.map(({ name }) => name),
      { best: best.number, tied },
    ),
  );
  const isNumber = (column: number): boolean => rows.every((row) => row[column].isNumber);
  const heads = titles.map(
    (title, i) =>
      html`<th scope="col"${isNumber(i) ? html` class="number"` : undefined}><button type="button">${title === "" ? "verdict" : title}</button></th>`,
  );
  const lines = rows.map(
    (row) =>
      html`<tr>${row.map(({ text, by }, i) => html`<td data-by="${`${by}`}"${isNumber(i) ? html` class="number"` : undefined}>${text}</td>`)}</tr>`,
  );
  const body: Markup = html`<p>The best first, of those that were trained for most epochs; then the others. A click on a title sorts by it. Each error is that of the last epoch${seeds > 1 ? `, the mean of ${seeds} seeds` : ""}: no epoch was chosen by the pictures that measure.</p>
<div class="scroll"><table class="sortable"><thead><tr>${heads}</tr></thead>
<tbody>${lines}</tbody></table></div>
<script>${trusted(SORT)}</script>`;
  return { id: "trials", title: "Trials", body, pictures: [] };
}

function cellsOf(
  { number, values, epochs, measured, failed }: ShownTrial,
  names: readonly string[],
  { best, tied }: { readonly best: number; readonly tied: readonly number[] },
): Cell[] {
  const of = (value: string | number | undefined, text = `${value ?? "–"}`): Cell => ({
    ...{ text, by: value ?? "" },
    isNumber: value === undefined || (typeof value === "number" ? true : value !== "" && !Number.isNaN(Number(value))),
  });
  const said =
    number === best ? "lowest" : failed !== undefined ? "diverged" : tied.includes(number) ? "within noise" : "";
  return [
    of(number),
    ...names.map((name) => of(values[name])),
    of(epochs),
    of(measured?.error, measured && percentText(measured.error)),
    of(measured?.standardError, measured && percentText(measured.standardError)),
    { text: said, by: said, isNumber: false },
  ];
}
