/** Models of other toolboxes as plain data: `bellpepper/formats`. */

export { ModelFormatError } from "../graph/codec/foreign.js";
export { type Bytes, bytesInMemory, bytesRead } from "./bytes.js";
export { asFloat32 } from "./elements.js";
export type { ForeignFormat, ForeignModel, ForeignOptions, ForeignPreprocessing } from "./foreign-model.js";
export {
  type AskedPart,
  type ForeignSource,
  type ForeignUse,
  type MissingPart,
  preprocessingOfForeign,
} from "./foreign-preprocessing.js";
export { writeMatConvNet } from "./matconvnet/write.js";
export { modelFromForeign, type NetworkWithWeights } from "./model-from-foreign.js";
export { type ForeignInput, formatOf, readForeign } from "./read-foreign.js";
export { readSafetensors, writeSafetensors } from "./safetensors.js";
export { writeSafetensorsModel } from "./safetensors-model.js";
