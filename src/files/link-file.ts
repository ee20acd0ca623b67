import { readlink, realpath } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/**
 * Where a path leads: what its symbolic link names, and so on. There need not be anything there yet.
 *
 * @returns the path itself where it is no link
 * @throws Error with the code ELOOP where links lead round and round
 */
export async function endOfLinks(path: string): Promise<string> {
  let end = path;
  for (let i = 0; i <= MOST_LINKS; i++) {
    const link = await readlink(end).catch(() => undefined);
    if (link === undefined) return end;
    // not normalised: folders on the way may be links, and then ".." is not what it looks like
    end = isAbsolute(link) ? link : `${await realpath(dirname(end))}/${link}`;
  }
  throw Object.assign(new Error(`ELOOP: too many symbolic links encountered, '${path}'`), { code: "ELOOP", path });
}
