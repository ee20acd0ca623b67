/** Data sets that are a list of pictures: comma-separated values or JSON Lines. */

import { basename, dirname, extname, isAbsolute, posix, relative, resolve, sep } from "node:path";
import { atOnce } from "../../files/at-once.js";
import { parseTable } from "../../files/csv.js";
import { statIfExists } from "../../files/exists-file.js";
import { readText } from "../../files/text-file.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { UsageError } from "../../values/usage-error.js";
import { formatByEnding } from "../pictures/formats/formats-file.js";
import { orderClasses } from "./class-order.js";
import { classProblems } from "./class-problems.js";
import {
  type Box,
  type Dataset,
  type DatasetItem,
  fewOf,
  keyOf,
  type Part,
  type Problem,
  partNamed,
  sameName,
} from "./dataset.js";
import { findPictureFolder } from "./find-folder-file.js";
import { type ForeignRow, hasHeading, isSolution, rowsOfLines, rowsOfSolution } from "./foreign-list.js";
import type { GroupRule } from "./grouping.js";
import { keysOf } from "./json-keys.js";
import { type UnusedColumn, unusedProblems } from "./list-columns.js";
import { missingProblems, withoutBox, withoutLine, withoutPart } from "./list-problems-file.js";

/** The columns of a list. */
const COLUMNS = ["path", "label", "group", "split", "box", "boxY", "boxWidth", "boxHeight"] as const;

/** What each column is called in the list. */
type Columns = readonly (readonly [(typeof COLUMNS)[number], string])[];

/** What a line of a list says, before it is believed. */
interface Row {
  readonly line: number;
  readonly values: Readonly<Partial<Record<(typeof COLUMNS)[number], string>>>;
}

/** The rows of a list, and the columns that are not asked for. */
interface Table {
  readonly rows: readonly Row[];
  readonly unused: readonly UnusedColumn[];
  /** whether it names pictures by less than their paths */
  readonly isForeign?: boolean;
  /** whether it has boxes that are not asked for */
  readonly boxes?: boolean;
}

/** A believed row: its class still a name. */
interface Entry extends Omit<DatasetItem, "label"> {
  readonly name: string;
  readonly line: number;
}

/** Which pictures of a list belong together. */
export interface ListOptions {
  /** the column that says it; "group" */
  readonly groupColumn?: string;
  /** finds it in a path, where no column says it */
  readonly groupOf?: GroupRule["of"];
  /** the folder of its pictures; its own */
  readonly folder?: string;
  /** the column that has the box, or four; "box" */
  readonly boxColumns?: readonly string[];
  /** whether the boxes in ImageNet's lists are what is meant of the pictures; without it these are whole */
  readonly boxes?: boolean;
  /** the WordNet numbers of the classes 1, 2, … of ILSVRC's ground truth beside a list */
  readonly synsets?: (path: string) => Promise<readonly string[]>;
}

/**
 * Reads a list: CSV with a heading (divided by commas, semicolons or tabulators) or JSON Lines, with `path` (relative to the list, or
 * absolute) and `label`, and if wanted `group` (or the column that the options name), `split` (train, val, test) and `box` ("x y width height").
 * Also lists as Caffe and ImageNet have them (`rowsOfLines`, `rowsOfSolution`), whose pictures may be in a folder below.
 *
 * @throws Error when the list cannot be understood, or no line of it leads to a picture
 */
export async function openList(path: string, options: ListOptions = {}): Promise<Dataset> {
  const { groupOf, groupColumn, boxColumns, folder } = options;
  const text = await readText(path);
  const root = resolve(folder ?? dirname(path));
  const problems: Problem[] = [];
  const list = basename(path);
  const complain = (line: number, reason: string): void => {
    problems.push({ path: `${list}:${line}`, reason: `left out: ${reason}` });
  };
  const columns = columnsOf(options);
  const {
    rows,
    unused,
    isForeign = false,
    boxes = false,
  } = await explained(path, async () => {
    if (/^\.(?:jsonl|ndjson)$/i.test(extname(path))) return jsonRows(text, columns, complain);
    const foreign = await foreignRows(path, text, options);
    return foreign ? foreignTable(foreign, root, options) : csvRows(text, columns);
  });
  if (groupColumn !== undefined && !rows.some(({ values }) => values.group)) {
    throw new Error(`${path}: expected groups in the column '${groupColumn}', but no line has anything there.`);
  }
  if (boxColumns !== undefined && !rows.some(({ values }) => values.box)) {
    throw new Error(`${path}: expected boxes in the column ${boxColumns.join(", ")}, but no line has anything there.`);
  }
  const has = (name: "group" | "split"): boolean => rows.some(({ values }) => values[name]);
  problems.unshift(
    ...unusedProblems(list, unused, { group: has("group") || groupOf !== undefined, split: has("split") }),
  );
  if (boxes) problems.unshift({ path: list, reason: "it has boxes, which are not used: its pictures are whole" });
  const entries: Entry[] = [];
  const first = new Map<string, Entry>();
  for (const row of rows) {
    const entry = entryOf(row, root, options);
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

  const { missing, there } = await findFiles(root, new Set(entries.map((entry) => entry.path)));
  problems.push(...missingProblems(list, missing, isForeign));
  const present = entries.flatMap((entry) => {
    const at = there.get(entry.path);
    return at === undefined ? [] : { ...entry, path: at };
  });
  if (present.length === 0) {
    const why =
      missing.size > 0
        ? `none of its pictures is there: ${fewOf([...missing.keys()])}`
        : (problems[0]?.reason ?? "it is empty");
    throw new Error(`${path} leads to no picture: ${why.replace(/^left out: /, "")}.`);
  }
  if (folder !== undefined)
    problems.unshift(
      ...(await withoutLine(list, root, [
        ...rows.map(({ values }) => pathOf(values.path ?? "", root)),
        ...there.values(),
      ])),
    );
  problems.unshift(...withoutPart(list, present), ...(options.boxes ? [] : withoutBox(list, present)));
  const classes = orderClasses(new Set(present.map(({ name }) => name)));
  const labels = new Map(classes.map((name, i) => [name, i]));
  const items = present.map(({ name, line: _, ...item }): DatasetItem => ({ ...item, label: labels.get(name) ?? 0 }));
  return { root, format: "list", classes, items, problems: [...problems, ...classProblems(classes)] };
}

/** What the columns are called, as far as they are looked for. */
function columnsOf({ groupColumn, boxColumns = ["box"] }: ListOptions): Columns {
  if (boxColumns.length !== 1 && boxColumns.length !== 4)
    throw new UsageError(`Expected one column of boxes, or four for x, y, width and height, got ${boxColumns.length}.`);
  const [box, boxY, boxWidth, boxHeight] = boxColumns;
  const titles = {
    path: "path",
    label: "label",
    group: groupColumn ?? "group",
    split: "split",
    box,
    boxY,
    boxWidth,
    boxHeight,
  };
  return COLUMNS.flatMap((name) => {
    const title: string | undefined = titles[name];
    return title === undefined ? [] : [[name, sameName(title.toLowerCase())] as const];
  });
}

/** The rows of a list as Caffe and ImageNet have it; undefined of another. */
async function foreignRows(path: string, text: string, { synsets }: ListOptions): Promise<ForeignRow[] | undefined> {
  if (/^\.txt$/i.test(extname(path)) && !hasHeading(text)) {
    return rowsOfLines(text, async () => {
      if (synsets) return synsets(path);
      throw new Error(
        "line 1: a number without a picture on each line, as in ILSVRC's ground truth; to train on these pictures, give their paths, too",
      );
    });
  }
  if (!/^\uFEFF?[^\n]*predictionstring/i.test(text)) return undefined;
  const { names, rows } = parseTable(text);
  return isSolution(names) ? rowsOfSolution(names, rows) : undefined;
}

/** Such rows as those of our lists, with the paths that lead to the pictures. */
async function foreignTable(foreign: readonly ForeignRow[], root: string, options: ListOptions): Promise<Table> {
  const boxes = options.boxes || options.boxColumns !== undefined;
  const few = [0, foreign.length >> 1, foreign.length - 1].flatMap((i) => foreign[i]?.path ?? []);
  const { prefix, ending } = await findPictureFolder(root, few);
  const rows = foreign.flatMap(({ line, path, label, boxes: places }): Row[] => {
    const values = { path: `${prefix}${path}${ending}`, label };
    return boxes && places.length > 0
      ? [...new Set(places)].map((box) => ({ line, values: { ...values, box } }))
      : [{ line, values }];
  });
  return {
    rows,
    unused: [],
    isForeign: true,
    ...(boxes ? {} : { boxes: foreign.some(({ boxes: places }) => places.length > 0) }),
  };
}

function csvRows(text: string, wanted: Columns): Table {
  const { head, names, rows } = parseTable(text);
  for (const needed of ["path", "label"]) {
    if (!names.includes(needed)) {
      throw new Error(
        `line 1: expected a heading with path and label, and if wanted group, split and box; got '${head.slice(0, 80)}'${headingFault(head, names)}`,
      );
    }
  }
  for (const [, title] of wanted) {
    if (names.indexOf(title) !== names.lastIndexOf(title)) throw new Error(`line 1: there are two columns '${title}'`);
  }
  const columns = wanted.map(([name, title]) => [name, names.indexOf(title)] as const).filter(([, at]) => at >= 0);
  const unused = names.flatMap((name, at) =>
    columns.some(([, used]) => used === at)
      ? []
      : { name, values: rows.map(({ fields }) => (fields[at] ?? "").trim()) },
  );
  const believed = rows.map(({ line, fields }) => ({
    line,
    values: Object.fromEntries(columns.map(([name, at]) => [name, (fields[at] ?? "").trim()])),
  }));
  return { rows: believed, unused };
}

/** What columns of pictures and of classes are called elsewhere. */
const OTHER_NAMES = {
  path: /^(?:(?:file|image|img|picture|photo)s?[-_. ]?(?:name|path|file|id)?|filename|filepath|name|url|id)$/,
  label:
    /^(?:(?:class|klass|label|category)(?:es)?[-_. ]?(?:names?|id|idx|index)?|labels|targets?|categories|y|tags?|diagnosis|dx)$/,
};

/** What is wrong with a heading that lacks a column, in more words where that shows; empty where it does not. */
function headingFault(head: string, names: readonly string[]): string {
  if (/^sep=.$/i.test(head)) return ", which spreadsheets alone understand: take the line out";
  const divider = ["|", ":", " "].find(
    (sign) => head.includes(sign) && head.split(sign).some((name) => name.trim().toLowerCase() === "path"),
  );
  if (names.length === 1 && divider)
    return `: divide the fields by commas, semicolons or tabulators, not by '${divider}'`;
  if (names.some((name) => formatByEnding(name))) return ", a picture already: put a line 'path,label' above it";
  const renamed = (["path", "label"] as const).flatMap((wanted) => {
    const other = names.includes(wanted)
      ? undefined
      : names.find((name) => name !== "" && OTHER_NAMES[wanted].test(name));
    return other === undefined ? [] : `'${wanted}' what is '${other}'`;
  });
  return renamed.length > 0 ? `: call ${renamed.join(" and ")}` : "";
}

function jsonRows(text: string, columns: Columns, complain: (line: number, reason: string) => void): Table {
  const others = new Map<string, string[]>();
  const rows = text.split("\n").flatMap((content, i): Row[] => {
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
    const keys = keysOf(content).map((key) => key.toLowerCase());
    const twice = columns.find(([, title]) => keys.indexOf(title) !== keys.lastIndexOf(title));
    if (twice) {
      complain(i + 1, `it has two fields '${twice[1]}'`);
      return [];
    }
    const fields = new Map(
      Object.entries(value).map(([name, field]): [string, unknown] => [name.toLowerCase(), field]),
    );
    const values = columns.flatMap(([name, title]): [string, string][] => {
      const field = fields.get(title);
      if (field === undefined || field === null) return [];
      return [[name, name === "box" && Array.isArray(field) ? field.join(" ") : textOf(field)]];
    });
    for (const [name, field] of fields) {
      if (columns.some(([, title]) => title === name) || field === null) continue;
      const before = others.get(name);
      if (before) before.push(textOf(field));
      else others.set(name, [textOf(field)]);
    }
    return [{ line: i + 1, values: Object.fromEntries(values) }];
  });
  return { rows, unused: [...others].map(([name, values]) => ({ name, values })) };
}

/** A value of JSON as a text; what is none is as JSON has it. */
const textOf = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value)).trim();

/** A path as a list has it, from the list's folder: absolute ones lead there as well, and backslashes are how Windows writes slashes. */
function pathOf(given: string, root: string): string {
  const inner = isAbsolute(given) ? relative(root, given).replaceAll(sep, "/") : given.replaceAll("\\", "/");
  return inner === "" ? inner : posix.normalize(inner);
}

/** A row as an entry, or why it is none. */
function entryOf({ line, values }: Row, root: string, { groupOf, boxColumns }: ListOptions): Entry | string {
  const { split = "" } = values;
  const box = boxText(values, boxColumns);
  const label = sameName(values.label ?? "");
  const path = pathOf(values.path ?? "", root);
  const group = values.group ? sameName(values.group) : groupOf?.(path);
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

/** The box of a row as one text: of four columns x, y, width and height, or of those of two corners. */
function boxText(
  { box = "", boxY = "", boxWidth = "", boxHeight = "" }: Row["values"],
  columns: ListOptions["boxColumns"],
): string {
  if (columns?.length !== 4) return box;
  const four = [box, boxY, boxWidth, boxHeight];
  if (!/max|right|x_?2/i.test(columns[2])) return four.join(" ").trim();
  const [left, top, right, bottom] = four.map(Number);
  return four.includes("") ? four.join(" ").trim() : `${left} ${top} ${right - left} ${bottom - top}`;
}

function boxOf(text: string): Box | undefined {
  const numbers = text.split(/[\s,]+/).map(Number);
  if (numbers.length !== 4 || !numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) return undefined;
  const [x, y, width, height] = numbers;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** Where the file of each path is, and the paths at which there is none, with the reason. */
async function findFiles(root: string, paths: ReadonlySet<string>) {
  const reasons = new Map<string, string>();
  const there = new Map<string, string>();
  await atOnce([...paths], 32, async (path) => {
    // a Mac may have written the list, or the names of the files, in the other Unicode form
    for (const form of new Set([path, path.normalize("NFC"), path.normalize("NFD")])) {
      const found = await statIfExists(resolve(root, form));
      if (found?.isFile()) return void there.set(path, form);
      if (found) return void reasons.set(path, "it is a folder, not a picture");
    }
    reasons.set(path, "there is no such file");
  });
  // in the order of the list, whichever answer came first
  const missing = [...paths].flatMap((path): [string, string][] => {
    const reason = reasons.get(path);
    return reason === undefined ? [] : [[path, reason]];
  });
  return { there, missing: new Map(missing) };
}

async function explained<T>(path: string, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    throw new Error(`${path}, ${errorText(error)}.`, { cause: error });
  }
}
