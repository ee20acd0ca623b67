import { float } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { COMPOSITE } from "../../graph/types.js";
import { number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { type BuildMode, declareBlock, type LayerFrom, type LayerOptions } from "../block.js";

/**
 * Adds numbers that are left out at random to a graph: each number of x, independently of the others, is 0 with probability `rate`, and else
 * divided by 1 − rate. They follow from the run's seed, in the same way on every device; each step, each use in a graph and each
 * image has its own. For layers that are random, in training only: with ones for x it is a random mask.
 *
 * @param x N×C×H×W
 * @param mode what the layer is built for
 * @returns N×C×H×W
 * @throws Error when the layer is not built for training
 * @example
 * // whole channels at a time (Tompson et al. 2015)
 * defineBlock("docs/spatialDropout", { rate: defaulted(number({ least: 0, below: 1 }), 0.5) }, {
 *   build(g, { rate }, [x], _, mode) {
 *     if (!mode.training) return x;
 *     const [images, channels] = g.shape(x);
 *     const ones = g.op("Expand", [g.scalar(1), g.ints(images, channels, 1, 1)]);
 *     return g.op("Mul", [x, dropNumbers(g, ones, rate, mode)]);
 *   },
 * });
 */
export function dropNumbers(g: GraphBuilder, x: string, rate: number, mode: BuildMode): string {
  // Uses are told apart by how many are in the graph before them.
  const stream = g.nodes.filter(({ operator, domain }) => domain === COMPOSITE && operator === "Dropout").length;
  return g.ops("Dropout", [x, mode.randomSeed()], 2, { rate: float(rate), stream }, COMPOSITE)[0];
}

/** The dropout block. */
export const dropoutBlock = declareBlock(
  "dropout",
  { rate: defaulted(number({ least: 0, below: 1 }), 0.5) },
  { build: (g, { rate }, [x], _, mode) => (mode.training && rate > 0 ? dropNumbers(g, x, rate, mode) : x) },
);

/** A layer that leaves numbers out at random. See {@link dropout}. */
export type Dropout = LayerFrom<typeof dropoutBlock>;

/**
 * In training, y = x·mask, where each number of the mask, independently of the others, is 0 with probability `rate` and else
 * 1/(1 − rate): the mean of y is x (Srivastava et al. 2014; MatConvNet's `vl_nndropout`). Backward: dx = dy·mask. Where the network is used,
 * and in a frozen layer, y = x.
 *
 * The masks follow from the run's seed, in the same way on every device; each step, layer and image has its own.
 *
 * @param rate how many numbers are left out, from 0 to below 1; 0.5
 * @throws RangeError when the rate is not a number from 0 to below 1
 * @example
 * sequential("with dropout", { channels: 500, height: 1, width: 1 }, [relu(), dropout(0.5), conv(1, 10)]);
 */
export const dropout = (rate?: number, options: LayerOptions = {}): Dropout => dropoutBlock.make({ ...options, rate });
