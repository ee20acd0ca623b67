/** The block that adds channels of zeros. */

import { whole } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";

const FIELDS = {
  /** channels of zeros before the first; 0 */
  before: defaulted(whole(0), 0),
  /** channels of zeros after the last; 0 */
  after: defaulted(whole(0), 0),
};

/** The block that adds channels; see {@link padChannels}. */
export const padChannelsBlock = declareBlock("padChannels", FIELDS, {
  outputShape: ({ before, after }, input) => ({ ...input, channels: before + input.channels + after }),
  build: (g, { before, after }, [x]) => g.op("Pad", [x, g.ints(0, before, 0, 0, 0, after, 0, 0)]),
});

/** Channels of zeros around those of the input. See {@link padChannels}. */
export type PadChannels = LayerFrom<typeof padChannelsBlock>;

/** The options of {@link padChannels}. */
export type PadChannelsOptions = OptionsFrom<typeof padChannelsBlock>;

/**
 * Adds channels of zeros, C×H×W → (before + C + after)×H×W. Backward: dx is the part of dy without them. With
 * `maxPool(1, { stride: 2 })`, which keeps every second pixel, this is the shortcut without parameters of a residual network that
 * halves the image (He et al. 2015, option A).
 *
 * @throws RangeError when a number of channels is not a whole number of at least 0
 * @example
 * [maxPool(1, { stride: 2 }), padChannels({ before: 8, after: 8 })]; // 16×32×32 → 32×16×16
 */
export const padChannels = (options: PadChannelsOptions = {}): PadChannels => padChannelsBlock.make(options);
