/** Opens the files of a model of another toolbox. */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { diskCode, diskReason } from "../../files/disk-error.js";
import { type Bytes, bytesRead } from "../../formats/bytes.js";
import type { ForeignModel, ForeignOptions } from "../../formats/foreign-model.js";
import { readForeign } from "../../formats/read-foreign.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";

/** So many bytes are asked for at a time: the system reads at most 2 GB. */
const PIECE = 2 ** 30;

/**
 * Reads a model of another toolbox from its file, or from its files: Caffe has a `prototxt`, a `caffemodel`, and a mean image. Files are read piece by piece, straight into the tensors, so
 * that a large one takes no more memory than its numbers.
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
    return await readForeign(files, options);
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

/** Reads until all is there. */
function fill(file: number, offset: number, into: Uint8Array): void {
  for (let at = 0; at < into.length; ) {
    const count = readSync(file, into, at, Math.min(PIECE, into.length - at), offset + at);
    if (count === 0) throw new ModelFormatError("The file ended while it was read.");
    at += count;
  }
}
