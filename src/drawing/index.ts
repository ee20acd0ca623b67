/** Numbers as pictures and as lines: `bellpepper/drawing`. Plain data in, pixels or SVG out; runs anywhere. */

export { type DrawnBox, withBoxes } from "./boxes.js";
export { type Colours, coloursOf, placesIn } from "./colour-map.js";
export { type FilterPictures, type FilterRange, filterImages, filterPictures } from "./filters.js";
export { type HeatOptions, heatOver } from "./heat-over.js";
export type { Markup } from "./markup.js";
export { enlargeImage, type Montage, type MontageOptions, montage } from "./montage.js";
export { networkDrawing } from "./network/network-drawing.js";
export { sparseNetwork } from "./sparse-network.js";
export { resolveColours } from "./theme.js";
export { type ValueImage, type ValueImageOptions, valueImage } from "./value-image.js";
