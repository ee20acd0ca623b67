/**
 * Bell Pepper: networks of simple blocks, trained as one ONNX graph.
 *
 * This module runs anywhere. An engine comes from `bellpepper/engine/node` or `bellpepper/engine/web`; pictures, letters, reading and
 * reports from `bellpepper/data`, `bellpepper/reading` and `bellpepper/report`.
 */

export * from "./blocks/index.js";
export type { Device, Engine, Program, Values } from "./engine/engine.js";
export { EngineError } from "./engine/engine.js";
export { type Classifier, type Guess, loadClassifier, SomeBroken } from "./evaluation/classifier.js";
export * from "./formats/index.js";
export { type FoldOptions, foldModel } from "./graph/fold/fold.js";
export { ShapeError } from "./graph/infer/infer.js";
export type { Model } from "./graph/model.js";
export type { DataType, Graph, Tensor } from "./graph/types.js";
export { UpgradeError, upgradeModel } from "./graph/upgrade/upgrade.js";
export * from "./network/index.js";
export * from "./training/index.js";
