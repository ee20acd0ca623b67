import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "../../files/exists-file.js";
import { formatByEnding } from "../pictures/formats/formats-file.js";

/** Where the pictures of a list are. */
export interface PictureFolder {
  /** from the folder that was looked in, with `/` at the end; empty for itself */
  readonly prefix: string;
  /** what the names lack: ".JPEG", or nothing */
  readonly ending: string;
}

/** So many folders are looked into, and none deeper than so many below the first. */
const [MOST_FOLDERS, DEEPEST] = [500, 5];

const ENDINGS = [".JPEG", ".jpg", ".jpeg", ".JPG", ".png"];

/**
 * The folder in which pictures are, which a list names by less than its path: a folder, or one of those below it, nearest first.
 *
 * @param names of a few of the pictures, of which one at least is expected there
 */
export async function findPictureFolder(root: string, names: readonly string[]): Promise<PictureFolder> {
  const endings = names.some((name) => formatByEnding(name)) ? [""] : ENDINGS;
  const queue = [{ prefix: "", depth: 0 }];
  for (let looked = 0; looked < MOST_FOLDERS; looked++) {
    const next = queue.shift();
    if (!next) break;
    for (const ending of endings) {
      for (const name of names) {
        if (await exists(join(root, next.prefix, name + ending))) return { prefix: next.prefix, ending };
      }
    }
    if (next.depth === DEEPEST || queue.length > MOST_FOLDERS) continue;
    const entries = await readdir(join(root, next.prefix), { withFileTypes: true }).catch(() => []);
    const inner = entries.filter((entry) => !entry.name.startsWith(".") && !entry.isFile()).map(({ name }) => name);
    for (const name of inner.sort()) queue.push({ prefix: `${next.prefix}${name}/`, depth: next.depth + 1 });
  }
  return { prefix: "", ending: endings[0] };
}
