import { join } from "node:path";
import { statIfExists } from "../../files/exists-file.js";
import { readBytes } from "../../files/read-file.js";
import { ModelFormatError } from "../../graph/codec/codec.js";
import { type ModelFile, readModelFile, type TrainedModel } from "../../network/model/model.js";
import { errorText } from "../../values/error-text.js";
import { expectPath } from "../../values/kind.js";
import { digestOf } from "./contents-file.js";
import { isSealed } from "./seal.js";

/** A model, with what else its file has. */
export interface ReadModel extends ModelFile {
  /** the checksum of the file */
  readonly digest: string;
}

/** Reads a model file. @throws as {@link readWholeModel} */
export const readModel = async (path: string): Promise<TrainedModel> => (await readWholeModel(path)).model;

/**
 * Reads a model file with all that it has; one that was damaged since it was written is refused, where it has its checksum.
 *
 * @throws ModelFormatError that begins with the file's name, and says what was expected and what is there; Error of that form when it cannot be read
 */
export async function readWholeModel(path: string): Promise<ReadModel> {
  expectPath("path", path);
  const found = await statIfExists(path);
  if (!found) throw new ModelFormatError(`${path}: there is no such file.`);
  if (found.isDirectory()) {
    throw new ModelFormatError(`${path} is a folder; expected a model file, such as ${join(path, "model.onnx")}.`);
  }
  if (!found.isFile()) {
    throw new ModelFormatError(`${path} is no regular file; expected a model file, such as model.onnx.`);
  }
  const bytes = await readBytes(path);
  try {
    isSealed(bytes);
    return { ...readModelFile(bytes), digest: digestOf(bytes) };
  } catch (error) {
    throw new ModelFormatError(`${path}: ${errorText(error)}`, { cause: error });
  }
}
