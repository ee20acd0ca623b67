/** Data sets that are a list of pictures: comma-separated values or JSON Lines. */

import { readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { atOnce } from "../../files/at-once.js";
import { parseTable } from "../../files/csv.js";
import { statIfExists } from "../../files/exists-file.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { orderClasses } from "./class-order.js";
import { classProblems } from "./class-problems.js";
import {
  type Box,
  type Dataset,
  type DatasetItem,
  type DatasetOptions,
  fewOf,
  keyOf,
  type Part,
  type Problem,
  partNamed,
} from "./dataset.js";

/** The columns of a list. */
const COLUMNS = ["path", "label", "group", "split", "box"] as const;

/** What each column is called in the list. */
type Columns = readonly (readonly [(typeof COLUMNS)[number], string])[];

/** What a line of a list says, before it is believed. */
interface Row {
  readonly line: number;
  readonly values: Readonly<Partial<Record<(typeof COLUMNS)[number], string>>>;
}

/** A believed row: its class still a name. */
interface Entry extends Omit<DatasetItem, "label"> {
  readonly name: string;
  readonly line: number;
}

/**
 * Reads a list: CSV with a heading (divided by commas, semicolons or tabulators) or JSON Lines, with `path` (relative to the list)
 * and `label`, and if wanted `group` (or the column that the options name), `split` (train, val, test) and `box` ("x y width height").
 *
 * @throws Error when the list cannot be understood, or no line of it leads to a picture
 */
export async function openList(path: string, { groupOf, groupColumn }: DatasetOptions = {}): Promise<Dataset> {
  const text = await readFile(path, "utf8");
  const problems: Problem[] = [];
  const list = basename(path);
  const complain = (line: number, reason: string): void => {
    problems.push({ path: `${list}:${line}`, reason: `left out: ${reason}` });
  };
  const columns = COLUMNS.map((name) => [name, (name === "group" && groupColumn?.toLowerCase()) || name] as const);
  const rows = explained(path, () =>
    /^\.(?:jsonl|ndjson)$/i.test(extname(path)) ? jsonRows(text, columns, complain) : csvRows(text, columns),
  );
  if (groupColumn !== undefined && !rows.some(({ values }) => values.group)) {
    throw new Error(`${path}: expected groups in the column '${groupColumn}', but no line has anything there.`);
  }
  const entries: Entry[] = [];
  const first = new Map<string, Entry>();
  for (const row of rows) {
    const entry = entryOf(row, groupOf);
    if (typeof entry === "string") {
      complain(row.line, entry);
      continue;
    }
    const key = keyOf({ ...entry, label: 0 });
    const earlier = first.get(key);
    if (earlier) {
      const other = earlier.name === entry.name ? "" : ` as '${earlier.name}'`;
      complain(row.line, `'${key}' stands in line ${earlier.line} already${other}`);
      continue;
    }
    first.set(key, entry);
    entries.push(entry);
  }

  const root = dirname(resolve(path));
  const missing = await missingOf(root, new Set(entries.map((entry) => entry.path)));
  for (const [name, reason] of missing) problems.push({ path: name, reason: `left out: ${reason}` });
  const present = entries.filter((entry) => !missing.has(entry.path));
  if (present.length === 0) {
    const why =
      missing.size > 0
        ? `none of its pictures is there: ${fewOf([...missing.keys()])}`
        : (problems[0]?.reason ?? "it is empty");
    throw new Error(`${path} leads to no picture: ${why.replace(/^left out: /, "")}.`);
  }
  const classes = orderClasses(new Set(present.map(({ name }) => name)));
  const labels = new Map(classes.map((name, i) => [name, i]));
  const items = present.map(({ name, line: _, ...item }): DatasetItem => ({ ...item, label: labels.get(name) ?? 0 }));
  return { root, format: "list", classes, items, problems: [...problems, ...classProblems(classes)] };
}

function csvRows(text: string, wanted: Columns): Row[] {
  const { head, names, rows } = parseTable(text);
  for (const needed of ["path", "label"]) {
    if (!names.includes(needed)) {
      throw new Error(
        `line 1: expected a heading with path and label, and if wanted group, split and box; got '${head.slice(0, 80)}'`,
      );
    }
  }
  const columns = wanted.map(([name, title]) => [name, names.indexOf(title)] as const).filter(([, at]) => at >= 0);
  return rows.map(({ line, fields }) => ({
    line,
    values: Object.fromEntries(columns.map(([name, at]) => [name, (fields[at] ?? "").trim()])),
  }));
}

function jsonRows(text: string, columns: Columns, complain: (line: number, reason: string) => void): Row[] {
  return text.split("\n").flatMap((content, i): Row[] => {
    if (content.trim() === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (error) {
      complain(i + 1, `it is no JSON (${errorText(error)})`);
      return [];
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      complain(i + 1, `expected an object with path and label, got ${content.trim().slice(0, 40)}`);
      return [];
    }
    const fields = new Map(
      Object.entries(value).map(([name, field]): [string, unknown] => [name.toLowerCase(), field]),
    );
    const values = columns.flatMap(([name, title]): [string, string][] => {
      const field = fields.get(title);
      if (field === undefined || field === null) return [];
      return [[name, Array.isArray(field) ? field.join(" ") : String(field).trim()]];
    });
    return [{ line: i + 1, values: Object.fromEntries(values) }];
  });
}

/** A row as an entry, or why it is none. */
function entryOf({ line, values }: Row, groupOf: DatasetOptions["groupOf"]): Entry | string {
  const { label = "", split = "", box = "" } = values;
  // as Windows writes it
  const path = (values.path ?? "").replaceAll("\\", "/");
  const group = values.group || groupOf?.(path);
  if (path === "") return "it has no path";
  if (label === "") return `'${path}' has no label`;
  const part: Part | undefined = partNamed(split);
  if (split !== "" && part === undefined) return `expected the split train, val or test, got '${split}'`;
  const rectangle = box === "" ? undefined : boxOf(box);
  if (box !== "" && rectangle === undefined) {
    return `expected a box of four whole numbers "x y width height", width and height above 0, got '${box}'`;
  }
  return {
    path,
    name: label,
    line,
    ...(group ? { group } : {}),
    ...defined({ split: part, box: rectangle }),
  };
}

function boxOf(text: string): Box | undefined {
  const numbers = text.split(/[\s,]+/).map(Number);
  if (numbers.length !== 4 || !numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) return undefined;
  const [x, y, width, height] = numbers;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** The paths at which there is no file, with the reason. */
async function missingOf(root: string, paths: ReadonlySet<string>): Promise<Map<string, string>> {
  const reasons = new Map<string, string>();
  await atOnce([...paths], 32, async (path) => {
    const found = await statIfExists(resolve(root, path));
    if (!found) reasons.set(path, "there is no such file");
    else if (!found.isFile()) reasons.set(path, "it is a folder, not a picture");
  });
  // in the order of the list, whichever answer came first
  return new Map(
    [...paths].flatMap((path): [string, string][] => {
      const reason = reasons.get(path);
      return reason === undefined ? [] : [[path, reason]];
    }),
  );
}

function explained<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`${path}, ${errorText(error)}.`, { cause: error });
  }
}
