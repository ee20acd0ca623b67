/** A network's table as text for a terminal, Markdown, CSV and JSON. */

import { formatCsv } from "../../files/csv.js";
import { shapeText } from "../../values/image-shape.js";
import type { NetworkTable, TableRow } from "./table.js";

/** A column of {@link textTable} and {@link markdownTable}. */
export interface TableColumn {
  readonly title: string;
  /** numbers stand to the right */
  readonly numeric: boolean;
  readonly cells: readonly string[];
}

/**
 * The table for people: one line for each layer, the inputs first, and the totals below. Dilation and groups appear when a
 * layer uses them, what each layer reads where that is not just what the line above makes. K, M and G are thousands, millions and milliards; KiB, MiB and GiB are 1024, 1024² and 1024³ bytes.
 *
 * @param options.width columns of the terminal: where the table is wider, the columns that are too many follow in a
 *   second table with the layers' numbers and names again; without it, one table
 * @example
 * console.log(textTable(networkTable(ocr()), { width: 80 }));
 */
export function textTable(table: NetworkTable, { width }: { readonly width?: number | undefined } = {}): string {
  const [number, name, ...rest] = tableColumns(table);
  const blocks = flow([number, name], rest, width ?? Number.POSITIVE_INFINITY).map((columns) => {
    const widths = columns.map(({ title, cells }) => Math.max(...[title, ...cells].map((text) => text.length)));
    const line = (cells: readonly string[]): string =>
      cells
        .map((cell, i) => (columns[i].numeric ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join(GAP)
        .trimEnd();
    return [
      line(columns.map((c) => c.title)),
      widths.map((w) => "─".repeat(w)).join(GAP),
      ...table.rows.map((_, row) => line(columns.map((c) => c.cells[row]))),
    ].join("\n");
  });
  const totals = tableTotals(table);
  const longest = Math.max(...totals.map(([what]) => what.length));
  const footer = totals.map(([what, value]) => `${what.padEnd(longest)}  ${value}`);
  return `${[...blocks, footer.join("\n")].join("\n\n")}\n`;
}

/**
 * The table in GitHub's Markdown, with the columns of {@link textTable}, and the totals as a list.
 *
 * @example
 * await writeFile("ocr.md", markdownTable(networkTable(ocr())));
 */
export function markdownTable(table: NetworkTable): string {
  const columns = tableColumns(table);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/[\\|]/g, "\\$&")).join(" | ")} |`;
  return `${[
    line(columns.map((c) => c.title)),
    `| ${columns.map((c) => (c.numeric ? "---:" : "---")).join(" | ")} |`,
    ...table.rows.map((_, row) => line(columns.map((c) => c.cells[row]))),
    "",
    ...tableTotals(table).map(([what, value]) => `- ${what}: ${value}`),
  ].join("\n")}\n`;
}

/**
 * The rows as CSV (RFC 4180: commas, CRLF, quotes doubled inside quotes), every size a number of its own, vertical before
 * horizontal; bytes and multiply-adds exact. Cells that do not apply are empty. The header names the columns.
 *
 * @example
 * await writeFile("ocr.csv", csvTable(networkTable(ocr())));
 */
export function csvTable(table: NetworkTable): string {
  const records = table.rows.map(recordOf);
  const rows = records.map((record) => Object.values(record).map((value) => (value === null ? "" : `${value}`)));
  return formatCsv([Object.keys(records[0]), ...rows], "\r\n");
}

/**
 * Everything in the table as JSON, numbers as numbers; null where something does not apply.
 *
 * @example
 * JSON.parse(jsonTable(networkTable(ocr()))).totals.parameters; // 478096
 */
export function jsonTable({ network, batchSize, rows, totals }: NetworkTable): string {
  const layers = rows.map(({ window, filterDepth, ...row }) => ({
    ...row,
    support: window?.support ?? null,
    stride: window?.stride ?? null,
    pad: window?.pad ?? null,
    dilation: window?.dilation ?? null,
    filterDepth: filterDepth ?? null,
  }));
  return `${JSON.stringify({ network, batchSize, layers, totals }, null, 2)}\n`;
}

const GAP = "  ";

/** Deals columns out to tables no wider than `width`; each begins with the `keys` and has at least one column more. */
function flow(keys: readonly TableColumn[], rest: readonly TableColumn[], width: number): TableColumn[][] {
  const widthOf = ({ title, cells }: TableColumn): number =>
    GAP.length + Math.max(title.length, ...cells.map((c) => c.length));
  const keyWidth = keys.reduce((sum, key) => sum + widthOf(key), -GAP.length);
  let current = [...keys];
  let used = keyWidth;
  const tables = [current];
  for (const column of rest) {
    if (used + widthOf(column) > width && current.length > keys.length) {
      current = [...keys];
      used = keyWidth;
      tables.push(current);
    }
    current.push(column);
    used += widthOf(column);
  }
  return tables;
}

/** The columns of the table for people, each with a cell for the image and one for each layer. */
export function tableColumns({ rows }: NetworkTable): [number: TableColumn, name: TableColumn, ...TableColumn[]] {
  const column = (title: string, numeric: boolean, cell: (row: TableRow) => string): TableColumn => ({
    title,
    numeric,
    cells: rows.map(cell),
  });
  const dilated = rows.some(({ window }) => window?.dilation.some((d) => d > 1));
  const grouped = rows.some(({ groups }) => groups > 1);
  const chained = rows.every(({ inputs }, i) => i === 0 || inputs.join("\n") === rows[i - 1].variable);
  const forConvolutions = (row: TableRow, value: number): string => (row.filterDepth === undefined ? "" : `${value}`);
  return [
    column("#", true, (r) => `${r.layer}`),
    column("name", false, (r) => r.name),
    column("type", false, (r) => r.type),
    ...(chained ? [] : [column("inputs", false, (r) => r.inputs.join(", "))]),
    column("support", true, ({ window }) => window?.support.join("×") ?? ""),
    column("stride", true, ({ window }) => (window ? brief(window.stride, "×") : "")),
    column("pad", true, ({ window }) => (window ? brief(window.pad, ",") : "")),
    ...(dilated ? [column("dilation", true, ({ window }) => (window ? brief(window.dilation, "×") : ""))] : []),
    ...(grouped ? [column("groups", true, (r) => forConvolutions(r, r.groups))] : []),
    column("output", true, ({ output }) => shapeText(output)),
    column("filt depth", true, ({ filterDepth }) => `${filterDepth ?? ""}`),
    column("rec field", true, ({ field }) => field.size.join("×")),
    column("rf stride", true, ({ field }) => brief(field.stride, "×")),
    column("parameters", true, (r) => (r.parameters === 0 ? "" : grouping(r.parameters))),
    column("param mem", true, (r) => (r.parameters === 0 ? "" : byteText(r.parameterBytes))),
    column("data mem", true, (r) => byteText(r.dataBytes)),
    column("mult-adds", true, (r) => (r.multiplyAdds === 0 ? "" : countText(r.multiplyAdds))),
  ];
}

/** What stands below the table: the network's name and its sums, in words. */
export function tableTotals({ network, batchSize, totals }: NetworkTable): [what: string, value: string][] {
  return [
    ["network", network],
    ["parameters", `${grouping(totals.parameters)} (${byteText(totals.parameterBytes)})`],
    ["multiply-adds", `${countText(totals.multiplyAdds)} for one image, of convolutions and fully connected layers`],
    ["data memory", `${byteText(totals.dataBytes)} for a batch of ${batchSize}`],
  ];
}

function recordOf(row: TableRow): Record<string, string | number | null> {
  const { window, output, field } = row;
  return {
    layer: row.layer,
    name: row.name,
    type: row.type,
    inputs: row.inputs.join(";"),
    variable: row.variable,
    supportHeight: window?.support[0] ?? null,
    supportWidth: window?.support[1] ?? null,
    strideVertical: window?.stride[0] ?? null,
    strideHorizontal: window?.stride[1] ?? null,
    padTop: window?.pad[0] ?? null,
    padBottom: window?.pad[1] ?? null,
    padLeft: window?.pad[2] ?? null,
    padRight: window?.pad[3] ?? null,
    dilationVertical: window?.dilation[0] ?? null,
    dilationHorizontal: window?.dilation[1] ?? null,
    groups: row.groups,
    channels: output.channels,
    height: output.height,
    width: output.width,
    filterDepth: row.filterDepth ?? null,
    fieldHeight: field.size[0],
    fieldWidth: field.size[1],
    fieldStrideVertical: field.stride[0],
    fieldStrideHorizontal: field.stride[1],
    fieldOffsetVertical: field.offset[0],
    fieldOffsetHorizontal: field.offset[1],
    parameters: row.parameters,
    parameterBytes: row.parameterBytes,
    dataBytes: row.dataBytes,
    multiplyAdds: row.multiplyAdds,
  };
}

/** "2" when all numbers are the same, otherwise each of them. */
const brief = (values: readonly number[], separator: string): string =>
  values.every((v) => v === values[0]) ? `${values[0]}` : values.join(separator);

/** 138357544 → "138 357 544" */
const grouping = (value: number): string => `${value}`.replace(/\B(?=(\d{3})+$)/g, " ");

/** 15470264320 → "15.5 G" */
const countText = (value: number): string => scaled(value, 1000, ["", " K", " M", " G", " T"]);

/** 552 → "552 B", 1992294 → "1.90 MiB" */
const byteText = (value: number): string => scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);

/** Three digits that count, and a unit. */
function scaled(value: number, base: number, units: readonly string[]): string {
  let unit = 0;
  let rest = value;
  while (rest >= base && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  const digits = unit === 0 ? 0 : rest < 10 ? 2 : rest < 100 ? 1 : 0;
  return rest.toFixed(digits) + units[unit];
}
