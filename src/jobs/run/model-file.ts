import { join } from "node:path";
import { statIfExists } from "../../files/exists-file.js";
import { readBytes } from "../../files/read-file.js";
import { ModelFormatError } from "../../graph/codec/codec.js";
import { fromOnnx, type TrainedModel } from "../../network/model/model.js";
import { errorText } from "../../values/error-text.js";
import { expectPath } from "../../values/kind.js";

/**
 * Reads a model file.
 *
 * @throws ModelFormatError that begins with the file's name, and says what was expected and what is there; Error of that form when it cannot be read
 */
export async function readModel(path: string): Promise<TrainedModel> {
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
    return fromOnnx(bytes);
  } catch (error) {
    throw new ModelFormatError(`${path}: ${errorText(error)}`, { cause: error });
  }
}
