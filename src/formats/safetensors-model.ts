/** A trained model as a safetensors file, and back. */

import { assignWeights } from "../network/import/state-dict.js";
import { torchTensors } from "../network/import/torch-tensors.js";
import { describedModel, isOwnMetadata, MEAN, ownMetadata, type TrainedModel } from "../network/model/model.js";
import { meanTensor } from "../network/model/normalization.js";
import { inputOf } from "../network/network.js";
import { hasMeanImage } from "../values/normalization.js";
import { asFloat32 } from "./elements.js";
import type { ForeignModel } from "./foreign-model.js";
import { writeSafetensors } from "./safetensors.js";

/**
 * The parameters of a model as a safetensors file: by PyTorch's names and in its shapes (`torchTensors`), those of torchvision for the networks of the zoo; where
 * PyTorch has no such layers, as the network calls them. What else the model is stands in the metadata, as in a model file, so that it is read again.
 *
 * @throws RangeError when parts of the model do not fit each other
 * @example
 * const { tensors } = await readForeign(writeSafetensorsModel(fromOnnx(await readFile("letters.onnx"))));
 * tensors?.get("conv1.weight")?.shape; // [20, 1, 5, 5]
 */
export function writeSafetensorsModel(model: TrainedModel): Uint8Array {
  const { network, parameters, normalization } = model;
  const image = inputOf(network);
  const tensors = new Map(torchTensors(network, parameters) ?? parameters);
  if (hasMeanImage(normalization, image)) tensors.set(MEAN, meanTensor(normalization, image));
  return writeSafetensors(tensors, { format: "pt", ...ownMetadata(model) });
}

/**
 * The model in a file that {@link writeSafetensorsModel} wrote; undefined where it is none.
 *
 * @throws ModelFormatError when its parts do not fit each other
 */
export function modelOfSafetensors({ metadata, tensors }: ForeignModel): TrainedModel | undefined {
  if (!metadata || !tensors || !isOwnMetadata(metadata)) return undefined;
  const weights = new Map([...tensors].map(([name, value]) => [name, asFloat32(value)] as const));
  weights.delete(MEAN);
  return describedModel(metadata, tensors, (network) => assignWeights(network, weights).parameters);
}
