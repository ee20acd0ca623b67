/** Blocks that damage what they read, in training only: what a denoising autoencoder mends. */

import type { GraphBuilder } from "../../graph/builder.js";
import { COMPOSITE } from "../../graph/types.js";
import { number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { type BuildMode, declareBlock, type LayerFrom, type LayerOptions } from "../block.js";
import { dropNumbers } from "../dropout/dropout.js";

/**
 * Adds normal random numbers to a graph, of mean 0 and deviation 1, one for each number of x. They follow from the run's seed, in the same way on every device; each
 * step, each use in a graph and each image has its own. For layers that are random, in training only.
 *
 * @param x N×C×H×W, of which only the shape counts
 * @param mode what the layer is built for
 * @returns N×C×H×W
 * @throws Error when the layer is not built for training
 * @example
 * // noise that grows with the signal
 * defineBlock("docs/speckle", { deviation: defaulted(number({ least: 0 }), 0.1) }, {
 *   build(g, { deviation }, [x], _, mode) {
 *     if (!mode.training) return x;
 *     return g.op("Add", [x, g.op("Mul", [x, g.op("Mul", [normalNumbers(g, x, mode), g.scalar(deviation)])])]);
 *   },
 * });
 */
export function normalNumbers(g: GraphBuilder, x: string, mode: BuildMode): string {
  // Uses are told apart by how many are in the graph before them.
  const stream = g.nodes.filter(({ operator, domain }) => domain === COMPOSITE && operator === "Normal").length;
  return g.ops("Normal", [x, mode.randomSeed()], 1, { stream }, COMPOSITE)[0];
}

/** The block of {@link noise}. */
export const noiseBlock = declareBlock(
  "noise",
  {
    /** the deviation of what is added */
    deviation: defaulted(number({ least: 0 }), 0.5),
  },
  {
    build(g, { deviation }, [x], _, mode) {
      if (!mode.training || deviation === 0) return x;
      return g.op("Add", [x, g.op("Mul", [normalNumbers(g, x, mode), g.scalar(deviation)])]);
    },
  },
);

/** A layer that adds noise. See {@link noise}. */
export type Noise = LayerFrom<typeof noiseBlock>;

/**
 * In training, y = x + σ·ε, with ε normal numbers of mean 0 and deviation 1. Backward: dx = dy. Where the network is used, and in a frozen layer, y = x.
 *
 * The numbers follow from the run's seed, in the same way on every device; each step, layer and image has its own.
 *
 * @param deviation σ, of the numbers that the layer reads: pictures have deviation 1 where they were normalised so; 0.5
 * @throws RangeError when the deviation is below 0
 * @example
 * sequential("denoising", { channels: 1, height: 8, width: 8 }, [noise(0.5), conv(3, 8, { pad: 1 }), relu(), conv(3, 1, { pad: 1 })]);
 */
export const noise = (deviation?: number, options: LayerOptions = {}): Noise =>
  noiseBlock.make({ ...options, deviation });

/** The block of {@link blank}. */
export const blankBlock = declareBlock(
  "blank",
  {
    /** the share of the numbers that become 0 */
    share: defaulted(number({ least: 0, below: 1 }), 0.3),
  },
  {
    build(g, { share }, [x], _, mode) {
      if (!mode.training || share === 0) return x;
      return g.op("Mul", [dropNumbers(g, x, share, mode), g.scalar(1 - share)]);
    },
  },
);

/** A layer that blanks numbers. See {@link blank}. */
export type Blank = LayerFrom<typeof blankBlock>;

/**
 * In training, y = x·m, where each number of m, independently of the others, is 0 with probability `share` and else 1: what is left stays as it is (the
 * "masking noise" of Vincent et al. 2010; {@link dropout} makes it larger). Backward: dx = dy·m. Where the network is used, and in a frozen layer, y = x.
 *
 * @param share how many numbers become 0, from 0 to below 1; 0.3. Of pictures whose mean was taken away, 0 is that mean.
 * @throws RangeError when the share is not a number from 0 to below 1
 * @example
 * sequential("denoising", { channels: 1, height: 8, width: 8 }, [blank(0.3), conv(3, 8, { pad: 1 }), relu(), conv(3, 1, { pad: 1 })]);
 */
export const blank = (share?: number, options: LayerOptions = {}): Blank => blankBlock.make({ ...options, share });
