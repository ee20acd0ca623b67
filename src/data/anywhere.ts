/** What of `bellpepper/data` needs no files: all that it is in a page. */

export { type ChosenBorder, chooseBorder } from "./change/choose-border.js";
export { JITTER_PRESETS, type Jitter, type JitterPreset, type JitterRange } from "./change/jitter-description.js";
export { jitterPictures } from "./change/jitter-pictures.js";
export { type JitterTransform, jitterTransform } from "./change/jitter-transform.js";
export { type Mixing, mixPictures, SHARES } from "./change/mix-pictures.js";
export { clouds, POINT_NORMALIZATION, rings } from "./clouds.js";
export { jitterLetters, type LetterJitterOptions } from "./letters/jitter-letters.js";
export { LETTERS, type LetterSamples, type LetterSplit, splitLetters, type Typeface } from "./letters/letters.js";
export { BrokenPicture } from "./pictures/broken-picture.js";
export type { Image } from "./pictures/image.js";
export {
  MEANS,
  type NormalizationOptions,
  normalizationOf,
  type PixelStatistics,
  pixelStatistics,
} from "./pictures/mean.js";
export { proposeSize, type Size } from "./pictures/picture-size.js";
export { type Pixels, prepareImage } from "./pictures/prepare-image.js";
export { resizeImage } from "./pictures/resize/resize.js";
export type { ClassCount, DatasetScan, DuplicateSet, ScannedPicture } from "./scan/scan.js";
export { type Counts, type NamedDuplicates, type ScanSummary, summarizeScan } from "./scan/scan-summary.js";
export { bytesOfSamples, samplesOfBytes } from "./sound/sound-bytes.js";
export { encodeWav, readWav, type Sound, WavError } from "./sound/wav.js";
export type {
  Box,
  Dataset,
  DatasetItem,
  DatasetOptions,
  PackedPictures,
  Part,
  Problem,
} from "./sources/dataset.js";
export { type DivisionOptions, folds, type Split, type SplitOptions, splitDataset } from "./sources/split.js";
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
  type TextTarget,
  textTarget,
  type ValueTarget,
  valueTarget,
} from "./target.js";
