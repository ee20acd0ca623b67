import { type Block, type LayerBase, type LayerOptions, placed } from "../block.js";

/** One number for each channel. See {@link globalAveragePool} and {@link globalMaxPool}. */
export interface GlobalPool extends LayerBase {
  readonly type: "globalPool";
  readonly method: "max" | "average";
}

/**
 * The mean of each channel, C×H×W → C×1×1: y[c] = Σ_ij x[c, i, j] / (H·W) (Lin, Chen and Yan 2014, "Network in network").
 * Backward: dx[c, i, j] = dy[c] / (H·W).
 *
 * @example
 * globalAveragePool();
 */
export const globalAveragePool = (options: LayerOptions = {}): GlobalPool => globalPool("average", options);

/**
 * The largest value of each channel, C×H×W → C×1×1: y[c] = max over i, j of x[c, i, j]. Backward: dy[c] goes to the largest
 * pixel; of several, to the first, column by column from the left, as in {@link maxPool}.
 *
 * @example
 * globalMaxPool();
 */
export const globalMaxPool = (options: LayerOptions = {}): GlobalPool => globalPool("max", options);

const globalPool = (method: GlobalPool["method"], options: LayerOptions): GlobalPool => ({
  type: "globalPool",
  method,
  ...placed(options),
});

/** The block of global pooling, whatever the size of the image. */
export const globalPoolBlock: Block<GlobalPool> = {
  outputShape: (_, { channels }) => ({ channels, height: 1, width: 1 }),
  parameters: () => [],
  window: (_, { height, width }) => ({
    support: [height, width],
    stride: [1, 1],
    pad: [0, 0, 0, 0],
    dilation: [1, 1],
  }),
  multiplyAdds: () => 0,
  build: (g, { method }, [x]) => g.op(method === "max" ? "GlobalMaxPool" : "GlobalAveragePool", [x]),
  read: (fields) => globalPool(fields.word("method", ["max", "average"]), fields.placed()),
};
