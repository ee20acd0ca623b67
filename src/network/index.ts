/** Networks, their shapes, tables and files: `bellpepper/network`. */

export { deployed } from "./deploy.js";
export { descriptionOf, networkFrom } from "./description.js";
export { networkDot, networkMermaid } from "./diagram.js";
export {
  frozen,
  type LayerChoice,
  type NewNames,
  renamed,
  renamedModel,
  replacedLayer,
  truncated,
  truncatedModel,
  unfrozen,
  withInputs,
  withLayers,
  withoutLayer,
} from "./edit.js";
export { type ReceptiveField, receptiveFields } from "./geometry.js";
export { lectureTable } from "./lecture-table.js";
export { fromOnnx, modelGraph, type TrainedModel, toOnnx } from "./model.js";
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
export type { Normalization } from "./normalization.js";
export { type NetworkTable, networkTable } from "./table.js";
export { csvTable, jsonTable, markdownTable, textTable } from "./table-format.js";
export {
  type CompactOptions,
  cifarQuick,
  cifarVgg,
  compact,
  lenet,
  networkNamed,
  ocr,
  resnet20,
  vgg16,
  ZOO,
} from "./zoo.js";
