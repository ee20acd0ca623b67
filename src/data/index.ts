/** Pictures and letters: `bellpepper/data`. Runs in Node. */

export { type CutOptions, type CutPatches, cutPatches } from "./cut-file.js";
export type {
  Box,
  Dataset,
  DatasetItem,
  DatasetOptions,
  PackedPictures,
  Part,
  Problem,
} from "./dataset.js";
export { openDataset } from "./dataset-file.js";
export { BrokenPicture, readPicture } from "./dataset-picture-file.js";
export { type DrawnLetters, drawLetters } from "./draw-letters-file.js";
export { drawLine, type LineOptions } from "./draw-line-file.js";
export type { Image } from "./image.js";
export { type Decoding, type Fit, readImage, writePng } from "./image-file.js";
export { type JitterOptions, jitter } from "./jitter.js";
export { JITTER_PRESETS, type Jitter, type JitterPreset, type JitterRange } from "./jitter-description.js";
export { type JitterTransform, jitterTransform } from "./jitter-transform.js";
export { jittered } from "./jittered.js";
export { LETTERS, type LetterSamples, type LetterSplit, splitLetters, type Typeface } from "./letters.js";
export { loadLetters, readLetters } from "./letters-file.js";
export { MEANS, type NormalizationOptions, normalizationOf, type PixelStatistics, pixelStatistics } from "./mean.js";
export { type Mixing, mixed, SHARES } from "./mixed.js";
export { proposeSize, type Size } from "./picture-size.js";
export { openPictures, type PictureOptions, type PictureSamples, type Pictures } from "./pictures-file.js";
export { clouds, POINT_NORMALIZATION, rings } from "./points.js";
export type { ClassCount, DatasetScan, DuplicateSet, ScannedPicture } from "./scan.js";
export { type ScanOptions, scanDataset } from "./scan-file.js";
export { type Counts, type NamedDuplicates, type ScanSummary, summaryOf } from "./scan-summary.js";
export { type DivisionOptions, folds, type Split, type SplitOptions, splitDataset } from "./split.js";
export { readSplit, writeSplit } from "./split-file.js";
