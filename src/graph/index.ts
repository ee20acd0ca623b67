/** ONNX graphs as plain data: `bellpepper/graph`. */

export { type AttributeInput, attributes, float, tensorAttribute } from "./attributes.js";
export { GraphBuilder } from "./builder.js";
export { decodeModel, type ExternalData, type ExternalFiles, encodeModel, ModelFormatError } from "./codec/codec.js";
export { type Evaluator, type FoldOptions, foldModel } from "./fold/fold.js";
export { inferShapes, ShapeError } from "./infer/infer.js";
export type { LocalFunction, Model } from "./model.js";
export { sortNodes } from "./sort.js";
export { float32, int64, tensor, zeros } from "./tensor.js";
export * from "./types.js";
export { UpgradeError, upgradeModel } from "./upgrade/upgrade.js";
