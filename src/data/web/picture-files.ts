/** Files of pictures as a page gets them: chosen, dropped, or in a zip. */

import { unzip } from "fflate";
import type { GivenFor } from "../../values/kind.js";
import { PREPROCESSING, type Preprocessing } from "../../values/preprocessing.js";
import { BrokenPicture } from "../pictures/broken-picture.js";
import type { Samples } from "../samples.js";
import { type ClassTarget, classTarget } from "../target.js";
import { decodePicture } from "./decode-picture.js";

/** A picture's file, with its path in what was chosen, dropped or zipped: "animals/cat/1.png". */
export interface PictureFile {
  readonly path: string;
  readonly blob: Blob;
}

/** Endings of what browsers decode, and their types. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", webp: "image/webp" },
  ...{ gif: "image/gif", bmp: "image/bmp", avif: "image/avif" },
};

/** The type of a picture by its path; undefined where it is none, or one that is hidden. */
const typeOf = (path: string): string | undefined =>
  /(^|\/)(\.|__MACOSX\/)/.test(path) ? undefined : TYPES[path.split(".").pop()?.toLowerCase() ?? ""];

/**
 * The pictures among files that were chosen, such as those of `<input type="file" webkitdirectory>`; those of a zip among them are taken out of it.
 *
 * @throws Error that names a zip which cannot be read
 * @example
 * const files = await pictureFiles(document.querySelector("input").files);
 */
export async function pictureFiles(files: Iterable<File>): Promise<PictureFile[]> {
  const found: PictureFile[] = [];
  for (const file of files) found.push(...(await picturesIn(file, file.webkitRelativePath || file.name)));
  return found;
}

/**
 * The pictures among files and folders that were dropped on a page, in folders of any depth. It must be called before the handler of the event first waits.
 *
 * @throws Error when a folder or a zip cannot be read
 * @example
 * page.addEventListener("drop", async (event) => show(await droppedPictures(event.dataTransfer)));
 */
export async function droppedPictures({ items }: DataTransfer): Promise<PictureFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: PictureFile[] = [];
  for (const entry of entries) {
    for await (const [file, path] of filesBelow(entry)) found.push(...(await picturesIn(file, path)));
  }
  return found;
}

async function* filesBelow(entry: FileSystemEntry): AsyncGenerator<readonly [File, string]> {
  if (isFile(entry))
    yield [await new Promise<File>((resolve, reject) => entry.file(resolve, reject)), entry.fullPath.slice(1)];
  if (!isFolder(entry)) return;
  const reader = entry.createReader();
  for (;;) {
    // a reader gives up to 100 entries at a time, and none at the end
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) yield* filesBelow(each);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** A file as a picture, or the pictures of a zip. */
async function picturesIn(file: File, path: string): Promise<PictureFile[]> {
  if (/\.zip$/i.test(path)) return await zippedPictures(file, path);
  return typeOf(path) === undefined ? [] : [{ path, blob: file }];
}

/**
 * The pictures of a zip, which is unpacked off the main thread.
 *
 * @param name what it is called in a message
 * @throws Error that names the zip when it cannot be read
 * @example
 * const files = await zippedPictures(await (await fetch("animals.zip")).blob());
 */
export async function zippedPictures(zip: Blob, name = "zip"): Promise<PictureFile[]> {
  const bytes = new Uint8Array(await zip.arrayBuffer());
  const files = await new Promise<Record<string, Uint8Array>>((resolve, reject) =>
    unzip(bytes, { filter: (file) => typeOf(file.name) !== undefined }, (error, unzipped) => {
      if (error) reject(new Error(`Cannot read ${name}: expected a zip, but ${error.message}.`, { cause: error }));
      else resolve(unzipped);
    }),
  );
  return Object.entries(files).map(([path, data]) => ({
    path,
    blob: new Blob([data as Uint8Array<ArrayBuffer>], { type: typeOf(path) ?? "" }),
  }));
}

/** Pictures of a page, decoded: what `train` takes. */
export interface WebPictures extends Samples<ClassTarget> {
  /** the path of each sample */
  readonly paths: readonly string[];
  readonly preprocessing: Preprocessing;
  /** those that could not be decoded, which are no samples, and why */
  readonly broken: readonly BrokenPicture[];
}

/** The options of {@link decodePictures}. */
export interface DecodeOptions {
  /** called after each picture, with how many are done, and all */
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** So many pictures are decoded at a time. */
const AT_A_TIME = 8;

/**
 * Decodes pictures that lie in a folder for each class, off the main thread, and keeps them as the bytes that a network takes.
 *
 * @param preprocessing their size, channels and what else it says, as in Node
 * @returns samples in alphabetical order of their paths; the classes are the names of the folders, in alphabetical order
 * @throws TypeError, RangeError when the preprocessing is wrong; Error when a file lies in no folder, or none can be decoded
 * @example
 * const pictures = await decodePictures(await droppedPictures(event.dataTransfer), { width: 32, height: 32, channels: 3, fit: "crop" });
 */
export async function decodePictures(
  files: readonly PictureFile[],
  preprocessing: GivenFor<typeof PREPROCESSING>,
  { progress, signal }: DecodeOptions = {},
): Promise<WebPictures> {
  const rule = PREPROCESSING.take(preprocessing, { path: "preprocessing" });
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const bare = sorted.find(({ path }) => !path.includes("/"));
  if (bare) throw new Error(`Expected pictures in a folder for each class, such as cat/1.png, got ${bare.path}.`);
  const decoded: { readonly path: string; readonly data: Uint8Array }[] = [];
  const broken: BrokenPicture[] = [];
  let done = 0;
  for (let start = 0; start < sorted.length; start += AT_A_TIME) {
    signal?.throwIfAborted();
    const some = sorted.slice(start, start + AT_A_TIME).map(async ({ path, blob }) => {
      const image = await decodePicture(blob, rule, path).catch((error) => {
        if (error instanceof BrokenPicture) return error;
        throw error;
      });
      progress?.(++done, sorted.length);
      return image instanceof BrokenPicture ? image : { path, data: image.data };
    });
    for (const each of await Promise.all(some)) each instanceof BrokenPicture ? broken.push(each) : decoded.push(each);
  }
  if (decoded.length === 0)
    throw new Error(broken[0]?.message ?? "Expected pictures that a browser decodes, got none.");
  const folders = decoded.map(({ path }) => path.split("/").at(-2) ?? "");
  const names = [...new Set(folders)].sort();
  return {
    count: decoded.length,
    shape: { channels: rule.channels, height: rule.height, width: rule.width },
    target: classTarget(
      names,
      folders.map((folder) => names.indexOf(folder)),
    ),
    order: rule.order,
    paths: decoded.map(({ path }) => path),
    preprocessing: rule,
    broken,
    read: (index, _epoch, into, offset) => into.set(decoded[index].data, offset),
  };
}
