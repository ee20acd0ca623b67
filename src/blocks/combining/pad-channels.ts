/** The blocks that add to the borders of a variable, or take from them. */

import { expectWhole } from "../../values/range.js";
import { type Block, type LayerBase, type LayerOptions, PIXEL, placed } from "../block.js";

/** Channels of zeros around those of the input. See {@link padChannels}. */
export interface PadChannels extends LayerBase {
  readonly type: "padChannels";
  readonly before: number;
  readonly after: number;
}

/** The options of {@link padChannels}. */
export interface PadChannelsOptions extends LayerOptions {
  /** channels of zeros before the first; 0 */
  readonly before?: number;
  /** channels of zeros after the last; 0 */
  readonly after?: number;
}

/**
 * Adds channels of zeros, C×H×W → (before + C + after)×H×W. Backward: dx is the part of dy without them. With
 * `maxPool(1, { stride: 2 })`, which keeps every second pixel, this is the shortcut without parameters of a residual network that
 * halves the image (He et al. 2015, option A).
 *
 * @throws RangeError when a number of channels is not a whole number of at least 0
 * @example
 * [maxPool(1, { stride: 2 }), padChannels({ before: 8, after: 8 })]; // 16×32×32 → 32×16×16
 */
export function padChannels({ before = 0, after = 0, ...options }: PadChannelsOptions = {}): PadChannels {
  expectWhole("before", [before], 0);
  expectWhole("after", [after], 0);
  return { type: "padChannels", before, after, ...placed(options) };
}

/** The block that adds channels. */
export const padChannelsBlock: Block<PadChannels> = {
  outputShape: ({ before, after }, input) => ({ ...input, channels: before + input.channels + after }),
  parameters: () => [],
  window: () => PIXEL,
  multiplyAdds: () => 0,
  build: (g, { before, after }, [x]) => g.op("Pad", [x, g.ints(0, before, 0, 0, 0, after, 0, 0)]),
  read: (fields) => padChannels({ before: fields.number("before"), after: fields.number("after"), ...fields.placed() }),
};
