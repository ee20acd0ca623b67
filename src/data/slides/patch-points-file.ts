import { basename, extname } from "node:path";
import { parseTable } from "../../files/csv.js";
import { readText } from "../../files/text-file.js";
import { errorText } from "../../values/error-text.js";
import { fewOf, type Problem } from "../sources/dataset.js";
import type { PatchPlace } from "./patch-place.js";

/** A point of a list. */
export interface PatchPoint extends Omit<PatchPlace, "group"> {
  /** the slide, as {@link readPoints} was told of it */
  readonly slide: string;
  /** what the list says that it belongs to */
  readonly group?: string;
  /** where it stands: "points.csv:12" */
  readonly source: string;
}

/**
 * Reads a list of labelled points: CSV with a heading that has `x`, `y` and `label`, `slide` where there are several slides, and if wanted
 * a column of groups.
 *
 * @param slides the slides that there are; a line names one by its path, or by its file's name with or without the ending
 * @param groupColumn the column of groups; `patient`, or `group`, unless given
 * @throws Error when a column is missing, a line names a slide that is not there, or the list cannot be understood
 */
export async function readPoints(
  path: string,
  slides: readonly string[],
  groupColumn?: string,
): Promise<{ readonly points: readonly PatchPoint[]; readonly problems: readonly Problem[] }> {
  const text = await readText(path);
  const fail = (reason: string): never => {
    throw new Error(`${path}, ${reason}.`);
  };
  const { head, names, rows } = (() => {
    try {
      return parseTable(text);
    } catch (error) {
      return fail(errorText(error));
    }
  })();
  const needed = ["x", "y", "label", ...(slides.length > 1 ? ["slide"] : [])];
  const absent = needed.filter((name) => !names.includes(name));
  if (absent.length > 0) fail(`line 1: expected the columns ${needed.join(", ")}; got '${head.slice(0, 80)}'`);
  if (groupColumn !== undefined && !names.includes(groupColumn.toLowerCase())) {
    fail(`line 1: there is no column '${groupColumn}', only ${names.join(", ")}`);
  }
  const groups = groupColumn?.toLowerCase() ?? ["patient", "group"].find((name) => names.includes(name));
  const find = slideFinder(slides);

  const points: PatchPoint[] = [];
  const problems: Problem[] = [];
  const first = new Map<string, PatchPoint>();
  const absentSlides = new Set<string>();
  for (const { line, fields } of rows) {
    const source = `${basename(path)}:${line}`;
    const field = (name: string | undefined): string => (fields[names.indexOf(name ?? "")] ?? "").trim();
    const leave = (reason: string): void => void problems.push({ path: source, reason });
    const [x, y] = [field("x"), field("y")].map((value) => (value === "" ? Number.NaN : Number(value)));
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      leave(`expected numbers x and y, got '${field("x")}' and '${field("y")}'`);
      continue;
    }
    const label = field("label");
    if (label === "" || label === "." || label === ".." || /[\\/:*?"<>|\p{Cc}]/u.test(label)) {
      leave(`expected a label that can be a folder's name, got '${label}'`);
      continue;
    }
    const named = field("slide");
    const slide = slides.length === 1 && named === "" ? slides[0] : find(named);
    if (slide === undefined) {
      absentSlides.add(named);
      leave(`there is no slide '${named}'`);
      continue;
    }
    const group = field(groups);
    const point = { slide, x, y, label, source, ...(group === "" ? {} : { group }) };
    const key = `${x} ${y} ${slide}`;
    const earlier = first.get(key);
    if (earlier) {
      const other = earlier.label === label ? "" : ` as '${earlier.label}'`;
      leave(`the same point stands in ${earlier.source} already${other}`);
      continue;
    }
    first.set(key, point);
    points.push(point);
  }
  // one slide of many may be cut alone; a slide that is missing in a folder is a mistake
  if (absentSlides.size > 0 && (slides.length > 1 || points.length === 0)) {
    fail(`there are no slides ${fewOf([...absentSlides].map((name) => `'${name}'`))} among ${fewOf(slides)}`);
  }
  if (points.length === 0) fail(problems[0] ? `no point can be used: ${problems[0].reason}` : "it has no points");
  return { points, problems };
}

/** Finds a slide by its path, with or without the ending, else by its file's name, where one alone has it. */
function slideFinder(slides: readonly string[]): (name: string) => string | undefined {
  const bare = (name: string): string => name.slice(0, name.length - extname(name).length);
  const rules: ((slide: string, wanted: string) => boolean)[] = [
    (slide, wanted) => slide === wanted,
    (slide, wanted) => bare(slide) === wanted,
    // the list may begin at another folder
    (slide, wanted) => wanted.endsWith(`/${slide}`),
    (slide, wanted) => basename(slide) === wanted,
    (slide, wanted) => basename(bare(slide)) === wanted,
  ];
  return (name) => {
    const wanted = name.replaceAll("\\", "/").replace(/^\.\//, "");
    for (const rule of rules) {
      const found = slides.filter((slide) => rule(slide, wanted));
      if (found.length === 1) return found[0];
    }
    return undefined;
  };
}
