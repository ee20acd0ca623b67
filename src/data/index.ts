/** Pictures and letters: `bellpepper/data`. Whole in Node; a page gets what needs no files, and `bellpepper/data/web`. */

export * from "./anywhere.js";
export { type LabelMap, readLabels } from "./labels/labels-file.js";
export { type DrawnLetters, drawLetters } from "./letters/draw-letters-file.js";
export { drawLine, type LineOptions } from "./letters/draw-line-file.js";
export { loadLetters, readLetters } from "./letters/letters-file.js";
export { type Decoding, type Fit, preparePicture, readImage, writePng } from "./pictures/image-file.js";
export { openPictures, type PictureOptions, type PictureSamples, type Pictures } from "./pictures/pictures-file.js";
export { readPicture } from "./pictures/read-picture-file.js";
export { type ScanOptions, scanDataset } from "./scan/scan-file.js";
export { type CutOptions, type CutPatches, cutPatches } from "./slides/cut-file.js";
export { openDataset } from "./sources/open-dataset-file.js";
export { readSplit, writeSplit } from "./sources/split-file.js";
