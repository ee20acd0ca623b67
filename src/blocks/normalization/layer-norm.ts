import { number } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";
import { learnedParameter, multipliers } from "../convolution/filter-bank.js";

const FIELDS = {
  /** what is added to the variance; 1e-6 */
  epsilon: defaulted(number({ above: 0 }), 1e-6),
  /** multipliers of the run's learning rate: gain, bias; 1, 1. Zero freezes. */
  learningRate: multipliers(),
  /** multipliers of the run's weight decay: gain, bias; 1, 1 */
  weightDecay: multipliers(),
};

/** The layer normalisation block; the formulas stand at {@link layerNorm}. */
export const layerNormBlock = declareBlock("layerNorm", FIELDS, {
  parameters: (layer, { channels }) => [
    learnedParameter(layer, 0, "gain", [channels], { type: "constant", value: 1 }),
    learnedParameter(layer, 1, "bias", [channels], { type: "constant", value: 0 }),
  ],
  build(g, { epsilon }, [x], { gain, bias }) {
    const meanOf = (value: string): string => g.op("ReduceMean", [value, g.ints(1)], { keepdims: 1 });
    const perChannel = (value: string): string => g.op("Reshape", [value, g.ints(1, -1, 1, 1)]);
    const centred = g.op("Sub", [x, meanOf(x)]);
    const variance = meanOf(g.op("Mul", [centred, centred]));
    const deviation = g.op("Sqrt", [g.op("Add", [variance, g.scalar(epsilon)])]);
    return g.op("Add", [g.op("Mul", [g.op("Div", [centred, deviation]), perChannel(gain)]), perChannel(bias)]);
  },
});

/** A layer normalisation. See {@link layerNorm} for the meaning of each field. */
export type LayerNorm = LayerFrom<typeof layerNormBlock>;

/** The options of {@link layerNorm}; every one has a default. */
export type LayerNormOptions = OptionsFrom<typeof layerNormBlock>;

/**
 * Layer normalisation over the channels of each pixel (Ba, Kiros and Hinton 2016, as ConvNeXt has it, Liu et al. 2022), in training and in use alike:
 *
 *     y[c] = gain[c]·(x[c] − μ)/σ + bias[c],   μ = Σ_q x[q] / C,   σ = √(Σ_q (x[q] − μ)² / C + epsilon)
 *
 * Backward, with x̂ = (x − μ)/σ and d[c] = gain[c]·dy[c]: dx = (d − mean d − x̂·mean(d·x̂))/σ, means over the channels; dgain = Σ dy·x̂ and dbias = Σ dy, sums
 * over images and pixels. Gains begin at 1, biases at 0.
 *
 * @throws RangeError when epsilon is not positive, or a multiplier not a number of at least 0
 * @example
 * layerNorm({ epsilon: 1e-5 });
 */
export const layerNorm = (options: LayerNormOptions = {}): LayerNorm => layerNormBlock.make(options);
