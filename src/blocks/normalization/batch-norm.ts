import { float } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { COMPOSITE } from "../../graph/types.js";
import { type Block, type LayerBase, type LayerOptions, type ParameterSpec, PIXEL, placed } from "../block.js";
import { learned } from "../convolution/filter-bank.js";

/** A batch normalisation. See {@link batchNorm} for the meaning of each field. */
export interface BatchNorm extends LayerBase {
  readonly type: "batchNorm";
  readonly epsilon: number;
  readonly share: number;
  /** multipliers of the run's learning rate: gain, bias */
  readonly learningRate: readonly [number, number];
  /** multipliers of the run's weight decay: gain, bias */
  readonly weightDecay: readonly [number, number];
}

/** The options of {@link batchNorm}; every one has a default. */
export interface BatchNormOptions extends LayerOptions {
  /** what is added to the variance; 1e-5 */
  readonly epsilon?: number;
  /** the share a of the newest batch in the moments, 0 to 1: moments ← (1 − a)·moments + a·(the batch's); 0.1 */
  readonly share?: number;
  /** multipliers of the run's learning rate: gain, bias; 1, 1. Zero freezes. */
  readonly learningRate?: readonly [number, number];
  /** multipliers of the run's weight decay: gain, bias; 1, 1. MatConvNet's examples have 0, 0. */
  readonly weightDecay?: readonly [number, number];
}

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
 * and the parameter `moments`, 2×C with the rows μ and σ, moves towards them: MatConvNet's moments, where σ contains epsilon. Where the
 * network is used, and in a frozen layer, μ and σ are `moments`, and dx = gain/σ · dy. `gain` and `bias` have C numbers. Gains begin at 1, biases at
 * 0, moments at 0 and 1.
 *
 * @throws RangeError when epsilon is not positive, the share not from 0 to 1, or a multiplier not a number of at least 0
 * @example
 * sequential("with norm", { channels: 3, height: 32, width: 32 }, [conv(3, 64, { biases: false }), batchNorm(), relu()]);
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNorm {
  const { epsilon = 1e-5, share = 0.1, learningRate = [1, 1], weightDecay = [1, 1] } = options;
  const expect = (ok: boolean, what: string, expected: string, got: number | readonly number[]): void => {
    if (!ok) throw new RangeError(`Invalid value for ${what}: expected ${expected}, got ${got}.`);
  };
  const factor = (value: number): boolean => value >= 0 && Number.isFinite(value);
  expect(epsilon > 0 && Number.isFinite(epsilon), "epsilon", "a positive number", epsilon);
  expect(share >= 0 && share <= 1, "share", "a number from 0 to 1", share);
  expect(learningRate.every(factor), "learningRate", "numbers of at least 0", learningRate);
  expect(weightDecay.every(factor), "weightDecay", "numbers of at least 0", weightDecay);
  return { type: "batchNorm", ...placed(options), epsilon, share, learningRate, weightDecay };
}

/** The batch normalisation block; the formulas stand at {@link batchNorm}. */
export const batchNormBlock: Block<BatchNorm> = {
  outputShape: (_, input) => input,
  parameters(layer, { channels }) {
    const moments: ParameterSpec = {
      name: "moments",
      shape: [2, channels],
      initialization: { type: "rows", values: [0, 1] },
      update: "average",
      learningRate: layer.share,
      weightDecay: 0,
    };
    return [
      learned(layer, 0, "gain", [channels], { type: "constant", value: 1 }),
      learned(layer, 1, "bias", [channels], { type: "constant", value: 0 }),
      moments,
    ];
  },
  window: () => PIXEL,
  multiplyAdds: (_, { channels, height, width }) => channels * height * width,
  build(g, { epsilon }, [x], { gain, bias, moments }, mode) {
    if (!mode.training) return scaled(g, x, gain, bias, moments);
    const attributes = { epsilon: float(epsilon) };
    const [y, mean, deviation] = g.ops("BatchNormalization", [x, gain, bias], 3, attributes, COMPOSITE);
    const rows = [mean, deviation].map((row) => g.op("Unsqueeze", [row, g.ints(0)]));
    mode.average(moments, g.op("Concat", rows, { axis: 0 }));
    return y;
  },
  read: (fields) =>
    batchNorm({
      ...fields.placed(),
      epsilon: fields.number("epsilon"),
      share: fields.number("share"),
      learningRate: fields.numbers("learningRate", 2),
      weightDecay: fields.numbers("weightDecay", 2),
    }),
};

/** x·(gain/σ) + (bias − μ·gain/σ): what does not depend on the pixel is computed once per channel. */
function scaled(g: GraphBuilder, x: string, gain: string, bias: string, moments: string): string {
  const [mean, deviation] = g.ops("Split", [moments], 2, { axis: 0, num_outputs: 2 });
  const factor = g.op("Div", [gain, deviation]);
  const term = g.op("Sub", [bias, g.op("Mul", [mean, factor])]);
  const perChannel = (value: string): string => g.op("Reshape", [value, g.ints(1, -1, 1, 1)]);
  return g.op("Add", [g.op("Mul", [x, perChannel(factor)]), perChannel(term)]);
}
