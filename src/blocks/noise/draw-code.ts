import { ShapeError } from "../../graph/infer/infer.js";
import { declareBlock, type LayerFrom, type LayerOptions } from "../block.js";
import { normalNumbers } from "./noise.js";

/** The block of {@link drawCode}. */
export const drawCodeBlock = declareBlock(
  "drawCode",
  {},
  {
    outputShape(_, input) {
      if (input.channels % 2 === 0) return { ...input, channels: input.channels / 2 };
      throw new ShapeError(`its ${input.channels} input channels are not a mean and a logarithm for each number`);
    },
    build(g, _, [x], __, mode) {
      const [mean, logarithm] = g.ops("Split", [x], 2, { axis: 1, num_outputs: 2 });
      if (!mode.training) return mean;
      const deviation = g.op("Exp", [g.op("Mul", [logarithm, g.scalar(0.5)])]);
      return g.op("Add", [mean, g.op("Mul", [deviation, normalNumbers(g, mean, mode)])]);
    },
  },
);

/** A layer that draws a code. See {@link drawCode}. */
export type DrawCode = LayerFrom<typeof drawCodeBlock>;

/**
 * Draws each number of a code from a normal distribution of its own, so that gradients go through (the "reparameterisation" of Kingma and Welling
 * 2014). The first half of the channels of x are means μ, the second half logarithms s of variances. In training, with ε normal numbers of mean 0 and deviation 1,
 *
 *     y = μ + e^(s/2)·ε
 *
 * x is 2K×H×W, y is K×H×W. Backward: dμ = dy, ds = ½·dy·e^(s/2)·ε. Where the network is used, and in a frozen layer, y = μ. {@link gaussianLoss} keeps the
 * distributions near that of ε.
 *
 * @example
 * sequential("a code of 8", { channels: 1, height: 28, width: 28 }, [conv(28, 16), drawCode(), conv(1, 10), softmaxLogLoss()]);
 */
export const drawCode = (options: LayerOptions = {}): DrawCode => drawCodeBlock.make(options);
