import { attributes } from "../../graph/attributes.js";
import { type Window, windowAttributes } from "../../graph/window.js";
import { expectWhole } from "../../values/range.js";
import { type Block, both, type LayerBase, type LayerOptions, type Pair, placed, type Sides, sides } from "../block.js";
import { slide } from "../convolution/conv.js";

/** A pooling layer. See {@link maxPool} and {@link averagePool}. */
export interface Pool extends LayerBase {
  readonly type: "pool";
  readonly method: "max" | "average";
  readonly support: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pad: readonly [number, number, number, number];
}

/** The options of a pooling. */
export interface PoolOptions extends LayerOptions {
  /** distance between neighbouring windows, in pixels; 1 */
  readonly stride?: Pair;
  /** how far windows may reach over the edge: top, bottom, left, right; 0. Each must be smaller than the window. */
  readonly pad?: Sides;
}

function pool(method: Pool["method"], support: Pair, options: PoolOptions): Pool {
  const layer: Pool = {
    type: "pool",
    ...placed(options),
    method,
    support: both(support),
    stride: both(options.stride ?? 1),
    pad: sides(options.pad ?? 0),
  };
  expectWhole("support", layer.support, 1);
  expectWhole("stride", layer.stride, 1);
  expectWhole("pad", layer.pad, 0);
  layer.pad.forEach((p, i) => {
    const size = layer.support[i < 2 ? 0 : 1];
    if (p >= size) throw new RangeError(`Invalid value for pad: ${p} is not smaller than the support's ${size}.`);
  });
  return layer;
}

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
export const maxPool = (support: Pair, options: PoolOptions = {}): Pool => pool("max", support, options);

/**
 * The mean of each window: y[c, i, j] = Σ_u Σ_v x[c, s·i + u − top, s·j + v − left] / n, over the n pixels that the window has in the image.
 * Windows are clipped to the image, as in MatConvNet.
 *
 * @param support height and width of the window, in pixels
 * @throws RangeError when an option is not a whole number in its range, or a pad not smaller than the support
 * @example
 * averagePool(3, { stride: 2, pad: [0, 1, 0, 1] });
 */
export const averagePool = (support: Pair, options: PoolOptions = {}): Pool => pool("average", support, options);

const windowOf = ({ support, stride, pad }: Pool): Window => ({ support, stride, pad, dilation: [1, 1] });

/** The pooling block; the formulas stand at {@link maxPool} and {@link averagePool}. */
export const poolBlock: Block<Pool> = {
  outputShape: (layer, input) => ({ channels: input.channels, ...slide(windowOf(layer), input) }),
  parameters: () => [],
  window: windowOf,
  multiplyAdds: () => 0,
  build(g, layer, [x]) {
    const { dilations: _, ...window } = windowAttributes(windowOf(layer));
    return layer.method === "max"
      ? g.op("MaxPool", [x], window)
      : g.op("AveragePool", [x], { ...window, ...attributes({ count_include_pad: 0 }) });
  },
  read: (fields) =>
    pool(fields.word("method", ["max", "average"]), fields.numbers("support", 2), {
      ...fields.placed(),
      stride: fields.numbers("stride", 2),
      pad: fields.numbers("pad", 4),
    }),
};
