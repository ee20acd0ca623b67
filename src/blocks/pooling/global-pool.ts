import { word } from "../../values/kind.js";
import { required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type LayerOptions, PIXEL } from "../block.js";

/** The block of global pooling, whatever the size of the image. */
export const globalPoolBlock = declareBlock(
  "globalPool",
  { method: required(word(["max", "average"])) },
  {
    called: ({ method }) => (method === "max" ? "globalMaxPool" : "globalAveragePool"),
    outputShape: (_, { channels }) => ({ channels, height: 1, width: 1 }),
    window: (_, { height, width }) => ({ ...PIXEL, support: [height, width] }),
    build: (g, { method }, [x]) => g.op(method === "max" ? "GlobalMaxPool" : "GlobalAveragePool", [x]),
  },
);

/** One number for each channel. See {@link globalAveragePool} and {@link globalMaxPool}. */
export type GlobalPool = LayerFrom<typeof globalPoolBlock>;

/**
 * The mean of each channel, C×H×W → C×1×1: y[c] = Σ_ij x[c, i, j] / (H·W) (Lin, Chen and Yan 2014, "Network in network").
 * Backward: dx[c, i, j] = dy[c] / (H·W).
 *
 * @example
 * globalAveragePool();
 */
export const globalAveragePool = (options: LayerOptions = {}): GlobalPool =>
  globalPoolBlock.make({ ...options, method: "average" });

/**
 * The largest value of each channel, C×H×W → C×1×1: y[c] = max over i, j of x[c, i, j]. Backward: dy[c] goes to the largest
 * pixel; of several, to the first, column by column from the left, as in {@link maxPool}.
 *
 * @example
 * globalMaxPool();
 */
export const globalMaxPool = (options: LayerOptions = {}): GlobalPool =>
  globalPoolBlock.make({ ...options, method: "max" });
