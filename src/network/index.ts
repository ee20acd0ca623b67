/** Networks, their shapes, tables and files: `bellpepper/network`. */

export { type Pixels, prepareImage } from "../data/pictures/prepare-image.js";
export { type Normalization, scaleOf } from "../values/normalization.js";
export type { Fit, Preprocessing } from "../values/preprocessing.js";
export { buildNetwork } from "./build-network.js";
export { descriptionOf, networkFrom } from "./description.js";
export { networkDot, networkMermaid } from "./display/diagram.js";
export { lectureTable } from "./display/lecture-table.js";
export { type NetworkTable, networkTable } from "./display/table.js";
export { csvTable, jsonTable, markdownTable, textTable } from "./display/table-format.js";
export {
  addLayers,
  freezeLayers,
  type LayerChoice,
  removeLayer,
  replaceLayer,
  rewireLayer,
  truncateModel,
  truncateNetwork,
  unfreezeLayers,
  withLoss,
} from "./edit/edit.js";
export {
  type CutNetwork,
  cutNetwork,
  type NewHead,
  resizeNetwork,
  scaleRates,
  withNewHead,
} from "./edit/head.js";
export { type NewNames, renameModel, renameNetwork } from "./edit/rename.js";
export { type ReceptiveField, receptiveFields } from "./geometry.js";
export { type ImportedNetwork, type ImportOptions, importGraph } from "./import/import-graph.js";
export { type Assigned, assignWeights, networkOfWeights, torchShapes, type Weights } from "./import/state-dict.js";
export { deployModel } from "./model/deploy.js";
export { fromOnnx, modelGraph, type TrainedModel, toOnnx } from "./model/model.js";
export { type QuantizedModel, quantizeModel } from "./model/quantize-model.js";
export { deployedOnnx, writeOnnx } from "./model/write-onnx.js";
export {
  dag,
  type InputShapes,
  inputOf,
  type Network,
  outputOf,
  outputsOf,
  type PlacedLayer,
  parametersOf,
  sequential,
  type Variable,
  withoutLoss,
} from "./network.js";
export * from "./zoo/index.js";
export { type KnownPreprocessing, knownPreprocessing, ORIGINS, type Origin } from "./zoo/preprocessing.js";
