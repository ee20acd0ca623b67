/** Folders that this program has made: they may lie among the pictures that they were made from. */

import { open } from "node:fs/promises";
import { basename, join } from "node:path";

/** The files by which a folder is known, how they begin, and what the folder is then. */
const SIGNS = [
  ["config.json", /"task"\s*:\s*"(?:pictures|letters|crossvalidation)"/, "a run"],
  ["split.json", /"format"\s*:\s*"bellpepper split/, "a run"],
  ["evaluation.html", /^<!doctype html>/i, "an evaluation"],
  ["list.csv", /^path,label,group,x,y\n/, "patches that `cut` made; open its list.csv to use them"],
] as const;
/** The charts that lie in `pictures/` beside a page, also where the page is not there. */
const CHARTS = ["confusion-matrix.png", "objective.png"];
/** So many bytes of a file are looked at. */
const LOOK = 16384;

/**
 * What this program made in a folder, seen by what is in it.
 *
 * @param names of the files in it
 * @returns undefined where it is anybody else's
 */
export async function madeIn(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const [name, sign, what] of SIGNS) {
    if (names.includes(name) && sign.test(await startOf(join(folder, name)))) return what;
  }
  const charts = basename(folder) === "pictures" && names.some((name) => CHARTS.includes(name));
  return charts ? "the charts of a page" : undefined;
}

/** The first bytes of a file as text; nothing where it cannot be read. */
async function startOf(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return "";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOK), 0, LOOK, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    return "";
  } finally {
    await file.close();
  }
}
