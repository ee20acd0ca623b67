import { float } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { type Attribute, COMPOSITE } from "../../graph/types.js";
import { number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom, type ParameterSpec, type WholeBatch } from "../block.js";
import { learnedParameter, multipliers } from "../convolution/filter-bank.js";

const FIELDS = {
  /** what is added to the variance; 1e-5 */
  epsilon: defaulted(number({ above: 0 }), 1e-5),
  /** the share a of the newest batch in the moments, 0 to 1: moments ← (1 − a)·moments + a·(the batch's); 0.1 */
  share: defaulted(number({ least: 0, most: 1 }), 0.1),
  /** multipliers of the run's learning rate: gain, bias; 1, 1. Zero freezes. */
  learningRate: multipliers(),
  /** multipliers of the run's weight decay: gain, bias; 1, 1. MatConvNet's examples have 0, 0. */
  weightDecay: multipliers(),
};

/** The batch normalisation block; the formulas stand at {@link batchNorm}. */
export const batchNormBlock = declareBlock("batchNorm", FIELDS, {
  parameters(layer, { channels }) {
    const moments: ParameterSpec = {
      name: "moments",
      shape: [2, channels],
      initialization: { type: "rows", values: [0, 1] },
      update: "average",
      learningRate: layer.share,
      weightDecay: 0,
      positiveRows: [1],
    };
    return [
      learnedParameter(layer, 0, "gain", [channels], { type: "constant", value: 1 }),
      learnedParameter(layer, 1, "bias", [channels], { type: "constant", value: 0 }),
      moments,
    ];
  },
  build(g, { epsilon }, [x], { gain, bias, moments }, mode) {
    if (!mode.training) return scaled(g, x, gain, bias, moments);
    const [y, mean, deviation] = normalizedBy(g, [x, gain, bias], float(epsilon), mode.wholeBatch);
    const rows = [mean, deviation].map((row) => g.op("Unsqueeze", [row, g.ints(0)]));
    mode.average(moments, g.op("Concat", rows, { axis: 0 }));
    return y;
  },
});

/** A batch normalisation. See {@link batchNorm} for the meaning of each field. */
export type BatchNorm = LayerFrom<typeof batchNormBlock>;

/** The options of {@link batchNorm}; every one has a default. */
export type BatchNormOptions = OptionsFrom<typeof batchNormBlock>;

/**
 * Batch normalisation (Ioffe and Szegedy 2015; MatConvNet's `vl_nnbnorm`), channel by channel:
 *
 *     y = gain·(x − μ)/σ + bias
 *
 * In training, μ and σ are those of the batch, over its M = N·H·W pixels:
 *
 *     μ = Σ x / M,   σ = √(Σ (x − μ)² / M + epsilon)
 *     dbias = Σ dy,   dgain = Σ dy·(x − μ)/σ,   dx = gain/σ · (dy − dbias/M − (x − μ)/σ · dgain/M)
 *
 * (where the batch is divided among workers, of each one's part, or with `syncBatchNorm` of all parts), and the parameter `moments`, 2×C with the rows μ and σ, moves towards them: MatConvNet's moments, where σ contains epsilon. Where the
 * network is used, and in a frozen layer, μ and σ are `moments`, and dx = gain/σ · dy. `gain` and `bias` have C numbers. Gains begin at 1, biases at
 * 0, moments at 0 and 1.
 *
 * @throws RangeError when epsilon is not positive, the share not from 0 to 1, or a multiplier not a number of at least 0
 * @example
 * sequential("with norm", { channels: 3, height: 32, width: 32 }, [conv(3, 64, { biases: false }), batchNorm(), relu()]);
 */
export const batchNorm = (options: BatchNormOptions = {}): BatchNorm => batchNormBlock.make(options);

/** y, μ and σ, by the moments of this batch, or of all parts of it. */
function normalizedBy(
  g: GraphBuilder,
  inputs: readonly string[],
  epsilon: Attribute,
  whole: WholeBatch | undefined,
): string[] {
  if (!whole) return g.ops("BatchNormalization", inputs, 3, { epsilon }, COMPOSITE);
  const { pictures, present } = whole;
  const all = present === undefined ? inputs : [...inputs, present];
  return g.ops("BatchNormalizationOfParts", all, 4, { epsilon, pictures }, COMPOSITE);
}

/** x·(gain/σ) + (bias − μ·gain/σ): what does not depend on the pixel is computed once per channel. */
function scaled(g: GraphBuilder, x: string, gain: string, bias: string, moments: string): string {
  const [mean, deviation] = g.ops("Split", [moments], 2, { axis: 0, num_outputs: 2 });
  const factor = g.op("Div", [gain, deviation]);
  const term = g.op("Sub", [bias, g.op("Mul", [mean, factor])]);
  const perChannel = (value: string): string => g.op("Reshape", [value, g.ints(1, -1, 1, 1)]);
  return g.op("Add", [g.op("Mul", [x, perChannel(factor)]), perChannel(term)]);
}
