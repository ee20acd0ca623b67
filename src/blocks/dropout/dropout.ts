import { float } from "../../graph/attributes.js";
import { COMPOSITE } from "../../graph/types.js";
import { number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type LayerOptions } from "../block.js";

/** The dropout block. Layers are told apart by how many are in the graph before them. */
export const dropoutBlock = declareBlock(
  "dropout",
  { rate: defaulted(number({ least: 0, below: 1 }), 0.5) },
  {
    build(g, { rate }, [x], _, mode) {
      if (!mode.training || rate === 0) return x;
      const stream = g.nodes.filter(({ operator, domain }) => domain === COMPOSITE && operator === "Dropout").length;
      const [y] = g.ops("Dropout", [x, mode.randomSeed()], 2, { rate: float(rate), stream }, COMPOSITE);
      return y;
    },
  },
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
