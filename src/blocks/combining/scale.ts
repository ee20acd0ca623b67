import { ShapeError } from "../../graph/infer/infer.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { flag } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type LayerOptions, type OptionsFrom } from "../block.js";
import { learnedParameter, multipliers } from "../convolution/filter-bank.js";

const FIELDS = {
  /** whether a number is added to each channel; false */
  bias: defaulted(flag(), false),
  /** multipliers of the run's learning rate: gain, bias; 1, 1. Zero freezes. */
  learningRate: multipliers(),
  /** multipliers of the run's weight decay: gain, bias; 1, 1 */
  weightDecay: multipliers(),
};

/** The scale block; the formulas stand at {@link scale}. */
export const scaleBlock = declareBlock("scale", FIELDS, {
  inputCount: [1, 2],
  outputShape(_, input, factors) {
    const fits = (side: keyof ImageShape): boolean => factors?.[side] === input[side] || factors?.[side] === 1;
    if (factors && !(fits("channels") && fits("height") && fits("width"))) {
      throw new ShapeError(`cannot multiply ${shapeText(input)} by ${shapeText(factors)}`);
    }
    return input;
  },
  parameters(layer, { channels }, factors) {
    const gain = learnedParameter(layer, 0, "gain", [channels], { type: "constant", value: 1 });
    const bias = learnedParameter(layer, 1, "bias", [channels], { type: "constant", value: 0 });
    return [...(factors ? [] : [gain]), ...(layer.bias ? [bias] : [])];
  },
  build(g, layer, [x, factors], { gain, bias }) {
    const perChannel = (value: string): string => g.op("Reshape", [value, g.ints(1, -1, 1, 1)]);
    const y = g.op("Mul", [x, factors ?? perChannel(gain)]);
    return layer.bias ? g.op("Add", [y, perChannel(bias)]) : y;
  },
});

/** A factor for each channel, learned or computed. See {@link scale}. */
export type Scale = LayerFrom<typeof scaleBlock>;

/** The options of {@link scale}; every one has a default. */
export type ScaleOptions = OptionsFrom<typeof scaleBlock>;

/**
 * Multiplies each channel by a learned number, or one input by another (MatConvNet's `DagNN.Scale`). With one input:
 *
 *     y[c] = gain[c] · x[c] + bias[c]
 *
 * Backward, dx = gain · dy, dgain = Σ dy·x and dbias = Σ dy, with sums over the images and the pixels of the channel. With two inputs x and a,
 * y = a · x (+ bias), where a has the size of x or the size 1 along each axis: C×1×1 is one factor for each channel of each image, as in a
 * squeeze-and-excitation network, 1×H×W one for each pixel; dx = a · dy, and da = x · dy, summed over the axes along which a has the size 1.
 * Gains begin at 1, biases at 0.
 *
 * @throws RangeError when a multiplier is not a number of at least 0
 * @example
 * scale({ bias: true });
 * scale({ inputs: ["features", "attention"] });
 */
export const scale = (options: ScaleOptions = {}): Scale => scaleBlock.make(options);

/**
 * One input times another, y = a · x: a {@link scale} that learns nothing, the gate of squeeze-and-excitation networks (Hu et al. 2018).
 *
 * @param inputs what is multiplied, and the factors, which along each axis have its size or 1
 * @example
 * gate(["features", "attention"]);
 */
export const gate = (inputs: readonly [string, string], options: Omit<LayerOptions, "inputs"> = {}): Scale =>
  scaleBlock.make({ ...options, inputs });
