/** What is in the folders of a data set, without what systems and this program have left there. */

import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { statIfExists } from "../../files/exists-file.js";
import { naturally } from "./dataset.js";
import type { LeftOut } from "./left-out.js";
import { madeIn } from "./own-folder-file.js";

/** Files that systems leave behind, which nobody wants to hear of. */
const LITTER = /^(?:\..*|(?:eh)?thumbs\.db|desktop\.ini|icon\r)$/i;
/** Folders that systems, network drives, notebooks and package managers make among one's own; they may be full of small copies of the pictures. */
const SYSTEM =
  /^(?:\..*|__MACOSX|__pycache__|@eaDir|@__thumb|@recycle|@recently-snapshot|@tmp|#recycle|#snapshot|\$RECYCLE\.BIN|recycler|recycled|lost\+found|System Volume Information|node_modules|Network Trash Folder|Temporary Items)$/i;

/** What is in a folder: paths from the root, in natural order. */
export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** Reads the folders below a root, each by one path: by another one, which links make, it is empty. */
export type FolderReader = (folder: string) => Promise<Listing>;

/**
 * A reader of folders. Links are followed; folders of systems and of this program are left out, and said.
 *
 * @param root the folder that paths start from; it is read as "."
 */
export function folderReader(root: string, left: LeftOut): FolderReader {
  const visited = new Set<string>();
  const known = new Map<string, Listing>();
  const list = async (folder: string): Promise<Listing> => {
    const real = await realpath(join(root, folder));
    if (visited.has(real)) {
      left.note("left out: a link to a folder that was read already", folder);
      return { folders: [], files: [] };
    }
    visited.add(real);
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    const [folders, files]: [string[], string[]] = [[], []];
    for (const entry of entries.sort((a, b) => naturally(a.name, b.name))) {
      const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await statIfExists(join(root, path)) : entry;
      if (kind?.isDirectory()) {
        if (SYSTEM.test(entry.name)) left.note("left out: a folder of the system, or of a program", path);
        else folders.push(path);
      } else if (LITTER.test(entry.name)) continue;
      else if (kind?.isFile()) files.push(path);
      else left.note("left out: neither a file nor a folder, or a link that leads nowhere", path);
    }
    const made =
      folder === "."
        ? undefined
        : await madeIn(
            join(root, folder),
            entries.map(({ name }) => name),
          );
    if (made === undefined) return { folders, files };
    left.note(`left out: made by Bell Pepper, ${made}`, folder);
    return { folders: [], files: [] };
  };
  return async (folder) => {
    const before = known.get(folder);
    if (before) return before;
    const listing = await list(folder);
    known.set(folder, listing);
    return listing;
  };
}
