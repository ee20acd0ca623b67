/** Looking inside a network: what its values are, what they depend on, and what it would say if they were others. */

export { answersTo, type ResultKind, resultKind } from "./answers.js";
export {
  type BaselineOptions,
  deconvolution,
  guidedBackpropagation,
  type IntegratedGradients,
  inputTimesGradient,
  integratedGradients,
  type SmoothGradOptions,
  saliency,
  smoothGrad,
} from "./attribution/by-gradient.js";
export { type OcclusionOptions, occlusion, type RiseOptions, rise } from "./attribution/by-hiding.js";
export {
  classActivationMap,
  evidenceLayer,
  gradCam,
  gradCamPlusPlus,
  type LayerOption,
  layerCam,
  scoreCam,
} from "./attribution/class-activation.js";
export { evidenceModel } from "./attribution/class-evidence.js";
export { boxInPicture, type EvidenceMap, evidenceBox } from "./attribution/evidence-box.js";
export { enlarge, perPixel } from "./attribution/maps.js";
export { METHOD_NAMES, METHODS, type Method, type MethodName } from "./attribution/methods.js";
export {
  type Answer,
  type AnswerEvidence,
  answerOf,
  type Evidence,
  meanEvidence,
  type NoExplanation,
  type Why,
  type WhyOptions,
  whyOf,
} from "./attribution/why.js";
export { batchOf, samplesBatch } from "./batches.js";
export type { MapProgress } from "./embedding/map-progress.js";
export { type Neighbours, neighbours, sameClassShare } from "./embedding/neighbours.js";
export { type PrincipalComponents, pca } from "./embedding/pca.js";
export { type TsneOptions, tsne } from "./embedding/tsne.js";
export { type UmapOptions, umap } from "./embedding/umap.js";
export { evidenceShare } from "./faithfulness/evidence-share.js";
export { type ExplainOptions, type Explanation, explain } from "./faithfulness/explain.js";
export { type ImputationOptions, imputed } from "./faithfulness/imputation.js";
export {
  cascadingRandomization,
  fullRandomization,
  type RandomizationOptions,
  type RandomizationStep,
  rankCorrelation,
} from "./faithfulness/randomization.js";
export {
  deletion,
  insertion,
  type RemovalCurve,
  type RemovalOptions,
  type Road,
  type RoadOptions,
  road,
} from "./faithfulness/removal.js";
export {
  type Aim,
  type Backward,
  type Distance,
  type Gradient,
  type GradientQuestion,
  gradient,
  valueAimedAt,
} from "./gradient.js";
export { madePicture, type Reconstruction } from "./made-picture.js";
export { activations, type Opened, openNetwork, replaced } from "./opened.js";
export { type Inversion, type InversionOptions, invertFeatures } from "./visualisation/invert-features.js";
export type { PictureRun } from "./visualisation/made-picture.js";
export { type MadePicture, type MaximizeOptions, maximizeActivation } from "./visualisation/maximize-activation.js";
export {
  type Patch,
  type PatchOptions,
  type PatchProgress,
  type Projection,
  projectPatches,
  strongestPatches,
} from "./visualisation/strongest-patches.js";
