/** Opens the files of a model of another toolbox. */

import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { diskCode, diskReason } from "../../files/disk-error.js";
import { type Bytes, bytesRead } from "../../formats/bytes.js";
import type { ForeignModel, ForeignOptions } from "../../formats/foreign-model.js";
import { readForeign } from "../../formats/read-foreign.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";

/** So many bytes are asked for at a time: the system reads at most 2 GB. */
const PIECE = 2 ** 30;

/**
 * Reads a model of another toolbox from its file, or from its files: Caffe has a `prototxt`, a `caffemodel`, and a mean image. Files are read piece by piece, straight into the tensors, so
 * that a large one takes no more memory than its numbers. The weights of an ONNX model may lie in files beside it, which are read as well.
 *
 * @param paths the file, or several of one model
 * @param options what the file may not say
 * @throws ModelFormatError, with the file's path, when it is of no format that is read, damaged, or has what is not read; Error when it cannot be opened
 * @example
 * const { format, graph } = await readForeignFile("letters.onnx");
 * format; // "onnx"
 */
export async function readForeignFile(
  paths: string | readonly string[],
  options: ForeignOptions = {},
): Promise<ForeignModel> {
  const list = typeof paths === "string" ? [paths] : paths;
  const opened: number[] = [];
  try {
    const files = new Map<string, Bytes>();
    for (const path of list) files.set(path, opening(path, opened));
    const beside = (location: string): Bytes | undefined => openingBeside(list[0], location, opened);
    return await readForeign(files, { beside, ...options });
  } catch (error) {
    if (!(error instanceof ModelFormatError)) throw error;
    const path = list.find((name) => error.message.includes(name)) === undefined ? `${list.join(", ")}: ` : "";
    throw new ModelFormatError(`${path}${error.message}`, { cause: error });
  } finally {
    for (const file of opened) closeSync(file);
  }
}

function opening(path: string, opened: number[]): Bytes {
  const refused = (reason: string, cause?: unknown): Error => new Error(`${path}: ${reason}.`, { cause });
  try {
    const found = statSync(path);
    // To open a pipe would wait for its writer.
    if (!found.isFile()) throw refused(found.isDirectory() ? "it is a folder, not a file" : "it is no file");
    const file = openSync(path, "r");
    opened.push(file);
    return bytesRead(found.size, (offset, into) => fill(file, offset, into));
  } catch (error) {
    const code = diskCode(error);
    throw code === undefined ? error : refused(code === "ENOENT" ? "there is no such file" : diskReason(error), error);
  }
}

/**
 * A file in the folder of a model, or in a folder in it. Links lead there, too, or, where the model itself is one, to where it is: Hugging Face's cache is made of links.
 *
 * @returns undefined where there is none
 * @throws ModelFormatError where a link leads elsewhere
 */
function openingBeside(model: string, location: string, opened: number[]): Bytes | undefined {
  const path = join(dirname(model), location);
  if (!existsSync(path)) return undefined;
  const real = realpathSync(path);
  const folders = [realpathSync(dirname(model)), dirname(realpathSync(model))];
  if (!folders.some((folder) => real.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    throw new ModelFormatError(
      `The model's numbers lie in '${location}', a link that leads out of its folder: expected a file in it.`,
    );
  }
  return opening(path, opened);
}

/** Reads until all is there. */
function fill(file: number, offset: number, into: Uint8Array): void {
  for (let at = 0; at < into.length; ) {
    const count = readSync(file, into, at, Math.min(PIECE, into.length - at), offset + at);
    if (count === 0) throw new ModelFormatError("The file ended while it was read.");
    at += count;
  }
}
