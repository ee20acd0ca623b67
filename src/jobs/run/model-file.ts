import { readFile } from "node:fs/promises";
import { fromOnnx, type TrainedModel } from "../../network/model/model.js";
import { errorText } from "../../values/error-text.js";

/** Reads a model file. @throws Error that begins with the file's name */
export async function readModel(path: string): Promise<TrainedModel> {
  const bytes = await readFile(path);
  try {
    return fromOnnx(bytes);
  } catch (error) {
    throw new Error(`${path}: ${errorText(error)}`, { cause: error });
  }
}
