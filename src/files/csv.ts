/** A row of a table and the line where it begins, from 1. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Parses comma-separated values (RFC 4180): fields in double quotes may hold the divider, line ends, and doubled quotes.
 * A byte order mark is dropped, lines may end in LF or CRLF, and empty lines are no rows.
 *
 * @param divider "," unless given
 * @throws Error naming the line when a quoted field does not end, goes on after its closing quote, or has a space before its first one
 * @example
 * parseCsv('path,label\n"a, b.png","the ""cat"""')[1]; // {"line": 2, "fields": ["a, b.png", "the \"cat\""]}
 */
export const parseCsv = (text: string, divider = ","): CsvRow[] => [...csvRows(text, divider)];

/** The rows of {@link parseCsv} one by one, for files whose fields are too many for memory. */
export function* csvRows(text: string, divider = ","): Generator<CsvRow, undefined, undefined> {
  let fields: string[] = [];
  let line = 1;
  let begun = 1;
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    let field = "";
    if (text[at] === '"') {
      const opened = line;
      for (;;) {
        const close = text.indexOf('"', at + 1);
        if (close < 0) throw new Error(`line ${opened}: a quoted field does not end`);
        const part = text.slice(at + 1, close);
        field += part;
        line += part.split("\n").length - 1;
        at = close + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
      if (at < text.length && text[at] !== divider && !/^\r?\n/.test(text.slice(at, at + 2))) {
        throw new Error(
          `line ${line}: expected '${divider}' or the line's end after a quoted field, got '${text[at]}'`,
        );
      }
    } else {
      const from = at;
      while (at < text.length && text[at] !== divider && text[at] !== "\n") at++;
      field = text.slice(from, at);
      if (text[at] !== divider) field = field.replace(/\r$/, "");
      if (/^\s+"/.test(field)) {
        throw new Error(
          `line ${line}: a quoted field begins right after the '${divider}', and here is a space before ${field.trim().slice(0, 20)}`,
        );
      }
    }
    fields.push(field);
    if (text[at] === divider) {
      at++;
      // a divider at the very end has an empty field behind it
      if (at < text.length) continue;
      fields.push("");
    }
    if (text[at] === "\r") at++;
    at++;
    line++;
    if (fields.length > 1 || fields[0] !== "") yield { line: begun, fields };
    fields = [];
    begun = line;
  }
  return undefined;
}

/** A table with a heading. */
export interface CsvTable {
  /** the first line as it stands, for messages */
  readonly head: string;
  /** the names of the columns, in small letters */
  readonly names: readonly string[];
  /** the lines below the heading */
  readonly rows: readonly CsvRow[];
}

/**
 * Parses a table whose first line names its columns. What divides them is seen there: commas, or where it has none, tabulators or semicolons.
 *
 * @throws Error as {@link parseCsv}, or naming a line that has more fields than the heading, as where a text with a comma lacks its quotes
 * @example
 * parseTable("Path;Label\n1.png;cat").names; // ["path", "label"]
 */
export function parseTable(text: string): CsvTable {
  const head = (/^\uFEFF?[^\n]*/.exec(text)?.[0] ?? "").replace("\uFEFF", "").trim();
  const divider = ["\t", ";"].find((d) => head.includes(d) && !head.includes(",")) ?? ",";
  const [heading, ...rows] = parseCsv(text, divider);
  const names = (heading?.fields ?? []).map((name) => name.trim().toLowerCase().normalize("NFC"));
  // spreadsheets fill lines up with empty fields
  const surplus = rows.filter(({ fields }) => fields.slice(names.length).some((field) => field.trim() !== ""));
  if (surplus.length > 0) {
    const [{ line, fields }] = surplus;
    const others = surplus.length === 1 ? "" : `, as in ${surplus.length - 1} more lines`;
    throw new Error(
      `line ${line}: expected ${names.length} fields as in the heading, got ${fields.length} (${fields.join(divider).slice(0, 60)})${others}; a text that holds a '${divider}' stands in double quotes`,
    );
  }
  return { head, names, rows };
}

/**
 * Writes comma-separated values (RFC 4180): fields that hold a comma, a quote or a line end are put in quotes, and quotes in them doubled.
 *
 * @param lineEnd what ends each row; "\n" unless given
 * @example
 * formatCsv([["path", "label"], ["a, b.png", 'the "cat"']]); // "path,label\n\"a, b.png\",\"the \"\"cat\"\"\"\n"
 */
export const formatCsv = (rows: readonly (readonly string[])[], lineEnd: "\n" | "\r\n" = "\n"): string =>
  rows.map((fields) => `${formatFields(fields)}${lineEnd}`).join("");

/** One row of {@link formatCsv}, without its end. */
export const formatFields = (fields: readonly string[]): string => fields.map(quoteField).join(",");

const quoteField = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
