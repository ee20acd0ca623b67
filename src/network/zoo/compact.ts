import { relu } from "../../blocks/activation/activation.js";
import { type Conv, conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import type { ImageShape } from "../../values/image-shape.js";
import { number, whole } from "../../values/kind.js";
import { defaulted, type OptionsOf, record } from "../../values/record.js";
import { type Network, sequential } from "../network.js";
import { NORMALIZED } from "./stages.js";

/** The side below which a map is not halved any more. */
const SMALL = 8;

/** How {@link compact} is made. */
export const COMPACT = record({
  /** filters of the first layers; 16. They double with each halving of the image, up to sixteen times as many. */
  width: defaulted(whole(1), 16, "filters of the first layers of compact (16)"),
  /** the share of the last features that training drops; 0 */
  dropout: defaulted(
    number({ least: 0, below: 1 }),
    0,
    "the share of the last features of compact that training drops (0)",
  ),
});

/** The options of {@link compact}; every one has a default. */
export type CompactOptions = OptionsOf<typeof COMPACT.fields>;

/**
 * A network for pictures of any size: the default for a folder of pictures.
 *
 * Pairs of 3×3 convolutions, each followed by batch normalisation and ReLU; after each pair the image is halved by 2×2 maxima and the filters
 * double, until its shorter side is below 8. Then the mean of each map, and one score for each class. Pictures of 96 pixels and more are
 * halved at once by a first 5×5 convolution.
 *
 * @param input the size of the pictures
 * @param classes how many kinds of things there are
 * @throws RangeError when an option is out of range
 * @example
 * const network = compact({ channels: 1, height: 28, width: 28 }, 10);
 * networkTable(network).totals.parameters; // 72666
 */
export const compact = (input: ImageShape, classes: number, options: CompactOptions = {}): Network =>
  sequential("compact", input, compactLayers(input, classes, options));

/** The layers of {@link compact}. */
export function compactLayers(input: ImageShape, classes: number, options: CompactOptions = {}): readonly Layer[] {
  const { width, dropout: rate } = COMPACT.make(options);
  const block = (layer: Conv): Layer[] => [layer, batchNorm(), relu()];
  const layers: Layer[] = [];
  let side = Math.min(input.height, input.width);
  if (side >= 96) {
    layers.push(...block(conv(5, width, { stride: 2, pad: 2, ...NORMALIZED })));
    side = Math.ceil(side / 2);
  }
  for (let stage = 0; ; stage++) {
    const filters = width * 2 ** Math.min(stage, 4);
    for (let i = 0; i < 2; i++) layers.push(...block(conv(3, filters, { pad: 1, ...NORMALIZED })));
    if (side < SMALL) break;
    layers.push(maxPool(2, { stride: 2 }));
    side = Math.floor(side / 2);
  }
  if (rate > 0) layers.push(dropout(rate));
  layers.push(globalAveragePool(), conv(1, classes, { name: "scores", initialization: { type: "he" } }));
  return [...layers, softmaxLogLoss()];
}
