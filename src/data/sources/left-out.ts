/** What is left out when folders are read, gathered so that a thousand cases of one kind are one problem. */

import { extname } from "node:path";
import { formatByEnding, namesOf, PICTURES_ALONE } from "../pictures/formats/formats-file.js";
import { fewOf, type Problem } from "./dataset.js";

const LIST = /\.(?:csv|tsv|jsonl|ndjson)$/i;
/** Endings of pictures, of photographs, scans, slides and drawings, that no decoder reads. */
const UNREAD =
  /^\.(?:bmp|dib|avif|heic|heif|hif|jp2|j2k|jpx|jxl|p[bgnp]m|pcx|tga|psd|svgz?|ico|xcf|exr|hdr|raw|dng|cr[23]|nef|arw|orf|rw2|raf|dcm|dicom|nii|nrrd|mha|mhd|svs|ndpi|mrxs|scn|czi|lif|vsi|npy|npz|mat)$/i;

/** Endings of sounds that no decoder reads. */
const UNREAD_SOUND = /^\.(?:mp3|flac|ogg|oga|opus|m4a|aac|wma|aiff?|au|amr|caf)$/i;

/** Gathers what is left out. */
export interface LeftOut {
  /** Whether a file is a picture; one that is none is noted. */
  isPicture(path: string): boolean;
  /** Notes a path that is left out for a reason; the same reason is said once for many paths. */
  note(reason: string, path: string): void;
  /** Whether something was noted about a folder, or about what is in it. */
  explains(folder: string): boolean;
  /** What was noted, in the order in which it was found first. */
  problems(): Problem[];
  /** "8 files '.bmp'": files of pictures that no decoder reads */
  unreadPictures(): string;
  /** "8 files '.mp3'": files of sounds that no decoder reads */
  unreadSounds(): string;
  /** files whose names have no ending */
  withoutEnding(): readonly string[];
}

/** Up to so many paths that are left out for the same reason are said one by one. */
const APART = 3;

/** A collection in which nothing is left out yet. */
export function leftOut(): LeftOut {
  const noted = new Map<string, string[]>();
  const files = new Map<string, string[]>();
  const countsOf = (endings: RegExp): string =>
    [...files].flatMap(([kind, { length }]) => (endings.test(kind) ? countText(kind, length) : [])).join(", ");
  const add = (to: Map<string, string[]>, key: string, path: string): void => {
    const same = to.get(key);
    if (same) same.push(path);
    else to.set(key, [path]);
  };
  return {
    isPicture(path) {
      if (formatByEnding(path)) return true;
      add(files, extname(path).toLowerCase(), path);
      return false;
    },
    note: (reason, path) => add(noted, reason, path),
    explains: (folder) => [...noted.values()].flat().some((path) => path === folder || path.startsWith(`${folder}/`)),
    problems: () => [
      ...[...noted].flatMap(([reason, paths]) =>
        paths.length <= APART
          ? paths.map((path) => ({ path, reason }))
          : [{ path: paths[0], reason: `${reason}, as are ${paths.length - 1} others (${fewOf(paths.slice(1))})` }],
      ),
      ...[...files].map(([kind, paths]) => ({ path: paths[0], reason: fileReason(kind, paths.length) })),
    ],
    unreadPictures: () => countsOf(UNREAD),
    unreadSounds: () => countsOf(UNREAD_SOUND),
    withoutEnding: () => files.get("") ?? [],
  };
}

/** "8 files '.bmp'" */
const countText = (kind: string, count: number): string =>
  `${count} ${count === 1 ? "file" : "files"} ${kind === "" ? "without an ending" : `'${kind}'`}`;

/** Why files of an ending are left out. */
function fileReason(kind: string, count: number): string {
  const many = count === 1 ? "" : ` (${countText(kind, count)})`;
  if (LIST.test(kind)) return `a list; open it, not the folder, to use what it says${many}`;
  if (UNREAD_SOUND.test(kind)) return `left out: a sound in a format that is not read${many}; save it as WAV`;
  if (!UNREAD.test(kind)) return `left out: no picture${many}`;
  const known = namesOf(PICTURES_ALONE);
  return `left out: a picture in a format that is not read${many}; save it as ${known}`;
}
