import { attributes } from "../../graph/attributes.js";
import { type Window, windowAttributes } from "../../graph/window.js";
import { type Pair, pair, sides, whole, word } from "../../values/kind.js";
import { defaulted, required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";
import { slide } from "../convolution/conv.js";

const FIELDS = {
  method: required(word(["max", "average"])),
  /** height and width of the window, in pixels */
  support: required(pair(whole(1))),
  /** distance between neighbouring windows, in pixels; 1 */
  stride: defaulted(pair(whole(1)), 1),
  /** how far windows may reach over the edge: top, bottom, left, right; 0. Each must be smaller than the window. */
  pad: defaulted(sides(whole(0)), 0),
};

/** The pooling block; the formulas stand at {@link maxPool} and {@link averagePool}. */
export const poolBlock = declareBlock(
  "pool",
  FIELDS,
  {
    called: ({ method }) => (method === "max" ? "maxPool" : "averagePool"),
    outputShape: (layer, input) => ({ channels: input.channels, ...slide(windowOf(layer), input) }),
    window: (layer) => windowOf(layer),
    build(g, layer, [x]) {
      const { dilations: _, ...window } = windowAttributes(windowOf(layer));
      return layer.method === "max"
        ? g.op("MaxPool", [x], window)
        : g.op("AveragePool", [x], { ...window, ...attributes({ count_include_pad: 0 }) });
    },
  },
  ({ support: [height, width], pad: [top, bottom, left, right] }, refuse) => {
    if (Math.max(top, bottom) >= height || Math.max(left, right) >= width) {
      refuse("pad", `numbers below those of the support, ${height}×${width}`);
    }
  },
);

const windowOf = ({ support, stride, pad }: Omit<Window, "dilation">): Window => ({
  support,
  stride,
  pad,
  dilation: [1, 1],
});

/** A pooling layer. See {@link maxPool} and {@link averagePool}. */
export type Pool = LayerFrom<typeof poolBlock>;

/** The options of a pooling. */
export type PoolOptions = OptionsFrom<typeof poolBlock, "method" | "support">;

/**
 * The largest value under each window: y[c, i, j] = max over u, v of x[c, s·i + u − top, s·j + v − left].
 * Windows are clipped to the image, as in MatConvNet. Where several pixels are the largest, the gradient goes to
 * the first of them, column by column from the left, each from the top (MatConvNet's order).
 *
 * @param support height and width of the window, in pixels
 * @throws RangeError when an option is not a whole number in its range, or a pad not smaller than the support
 * @example
 * maxPool(2, { stride: 2 });
 */
export const maxPool = (support: Pair, options: PoolOptions = {}): Pool =>
  poolBlock.make({ ...options, method: "max", support });

/**
 * The mean of each window: y[c, i, j] = Σ_u Σ_v x[c, s·i + u − top, s·j + v − left] / n, over the n pixels that the window has in the image.
 * Windows are clipped to the image, as in MatConvNet.
 *
 * @param support height and width of the window, in pixels
 * @throws RangeError when an option is not a whole number in its range, or a pad not smaller than the support
 * @example
 * averagePool(3, { stride: 2, pad: [0, 1, 0, 1] });
 */
export const averagePool = (support: Pair, options: PoolOptions = {}): Pool =>
  poolBlock.make({ ...options, method: "average", support });
