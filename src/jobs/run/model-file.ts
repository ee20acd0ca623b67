import { join } from "node:path";
import { statIfExists } from "../../files/exists-file.js";
import { readBytes } from "../../files/read-file.js";
import { fromOnnx, type TrainedModel } from "../../network/model/model.js";
import { errorText } from "../../values/error-text.js";

/** Reads a model file. @throws Error that begins with the file's name, and says what was expected and what is there */
export async function readModel(path: string): Promise<TrainedModel> {
  const found = await statIfExists(path);
  if (!found) throw new Error(`${path}: there is no such file.`);
  if (found.isDirectory()) {
    throw new Error(`${path} is a folder; expected a model file, such as ${join(path, "model.onnx")}.`);
  }
  if (!found.isFile()) throw new Error(`${path} is no regular file; expected a model file, such as model.onnx.`);
  const bytes = await readBytes(path);
  try {
    return fromOnnx(bytes);
  } catch (error) {
    throw new Error(`${path}: ${errorText(error)}`, { cause: error });
  }
}
