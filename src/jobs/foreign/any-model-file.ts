/** Opens any model: one of ours, or one of another toolbox. */

import { nodeEngine } from "../../engine/node.js";
import { modelFromForeign, type NetworkWithWeights } from "../../formats/model-from-foreign.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { isOwnModel } from "../../network/model/model.js";
import { errorText } from "../../values/error-text.js";
import type { ImageShape } from "../../values/image-shape.js";
import { readModel } from "../run/model-file.js";
import { formatOfFile, readForeignFile } from "./read-foreign-file.js";

/**
 * Reads the network in a file, with its parameters: of a model file that Bell Pepper wrote, or of another toolbox's, which is made layers by
 * `modelFromForeign`. Which it is follows from the content.
 *
 * @param image the size of the images, where the file leaves it open
 * @throws ModelFormatError that begins with the file's path, when it is damaged, of no format that is read, or cannot be made a network; Error when it cannot be read
 * @example
 * const { network, classes, notes } = await readAnyModel("letters.onnx");
 * classes.length; // 26
 */
export async function readAnyModel(path: string, image?: ImageShape): Promise<NetworkWithWeights> {
  const foreign = formatOfFile(path) === undefined ? undefined : await readForeignFile(path, { image });
  if (!foreign || (foreign.graph && isOwnModel(foreign.graph))) return { ...(await readModel(path)), notes: [] };
  try {
    return await modelFromForeign(foreign, nodeEngine({ threads: 1 }), { image });
  } catch (error) {
    throw new ModelFormatError(`${path}: ${errorText(error)}`, { cause: error });
  }
}
