/** Pictures and letters: `bellpepper/data`. Runs in Node. */

export { type ChosenBorder, chooseBorder } from "./change/choose-border.js";
export { JITTER_PRESETS, type Jitter, type JitterPreset, type JitterRange } from "./change/jitter-description.js";
export { jitterPictures } from "./change/jitter-pictures.js";
export { type JitterTransform, jitterTransform } from "./change/jitter-transform.js";
export { type Mixing, mixPictures, SHARES } from "./change/mix-pictures.js";
export { clouds, POINT_NORMALIZATION, rings } from "./clouds.js";
export { type LabelMap, readLabels } from "./labels/labels-file.js";
export { type DrawnLetters, drawLetters } from "./letters/draw-letters-file.js";
export { drawLine, type LineOptions } from "./letters/draw-line-file.js";
export { jitterLetters, type LetterJitterOptions } from "./letters/jitter-letters.js";
export { LETTERS, type LetterSamples, type LetterSplit, splitLetters, type Typeface } from "./letters/letters.js";
export { loadLetters, readLetters } from "./letters/letters-file.js";
export { BrokenPicture } from "./pictures/broken-picture.js";
export type { Image } from "./pictures/image.js";
export { type Decoding, type Fit, preparePicture, readImage, writePng } from "./pictures/image-file.js";
export {
  MEANS,
  type NormalizationOptions,
  normalizationOf,
  type PixelStatistics,
  pixelStatistics,
} from "./pictures/mean.js";
export { proposeSize, type Size } from "./pictures/picture-size.js";
export { openPictures, type PictureOptions, type PictureSamples, type Pictures } from "./pictures/pictures-file.js";
export { type Pixels, prepareImage } from "./pictures/prepare-image.js";
export { readPicture } from "./pictures/read-picture-file.js";
export { resizeImage } from "./pictures/resize/resize.js";
export type { ClassCount, DatasetScan, DuplicateSet, ScannedPicture } from "./scan/scan.js";
export { type ScanOptions, scanDataset } from "./scan/scan-file.js";
export { type Counts, type NamedDuplicates, type ScanSummary, summarizeScan } from "./scan/scan-summary.js";
export { type CutOptions, type CutPatches, cutPatches } from "./slides/cut-file.js";
export type {
  Box,
  Dataset,
  DatasetItem,
  DatasetOptions,
  PackedPictures,
  Part,
  Problem,
} from "./sources/dataset.js";
export { openDataset } from "./sources/open-dataset-file.js";
export { type DivisionOptions, folds, type Split, type SplitOptions, splitDataset } from "./sources/split.js";
export { readSplit, writeSplit } from "./sources/split-file.js";
export {
  type AttributeTarget,
  attributeTarget,
  type BoxTarget,
  boxTarget,
  type ClassTarget,
  classTarget,
  type LabelledBox,
  type LabelMapTarget,
  labelMapTarget,
  type Target,
  type ValueTarget,
  valueTarget,
} from "./target.js";
