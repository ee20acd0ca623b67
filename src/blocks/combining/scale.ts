import { ShapeError } from "../../graph/infer/infer.js";
import { shapeText } from "../../values/image-shape.js";
import { type Block, type LayerBase, type LayerOptions, PIXEL, placed } from "../block.js";
import { learned } from "../convolution/filter-bank.js";

/** A factor for each channel, learned or computed. See {@link scale}. */
export interface Scale extends LayerBase {
  readonly type: "scale";
  readonly bias: boolean;
  /** multipliers of the run's learning rate: gain, bias */
  readonly learningRate: readonly [number, number];
  /** multipliers of the run's weight decay: gain, bias */
  readonly weightDecay: readonly [number, number];
}

/** The options of {@link scale}; every one has a default. */
export interface ScaleOptions extends LayerOptions {
  /** whether a number is added to each channel; false */
  readonly bias?: boolean;
  /** multipliers of the run's learning rate: gain, bias; 1, 1. Zero freezes. */
  readonly learningRate?: readonly [number, number];
  /** multipliers of the run's weight decay: gain, bias; 1, 1 */
  readonly weightDecay?: readonly [number, number];
}

/**
 * Multiplies each channel by a learned number, or one input by another (MatConvNet's `DagNN.Scale`). With one input:
 *
 *     y[c] = gain[c] · x[c] + bias[c]
 *
 * Backward, dx = gain · dy, dgain = Σ dy·x and dbias = Σ dy, with sums over the images and the pixels of the channel. With two inputs x and a,
 * y = a · x (+ bias), where a has the shape of x or is C×1×1, one factor for each channel of each image, as in a squeeze-and-excitation
 * network; dx = a · dy, and da = x · dy, summed over the pixels where a has only one.
 * Gains begin at 1, biases at 0.
 *
 * @throws RangeError when a multiplier is not a number of at least 0
 * @example
 * scale({ bias: true });
 * scale({ inputs: ["features", "attention"] });
 */
export function scale(options: ScaleOptions = {}): Scale {
  const { bias = false, learningRate = [1, 1], weightDecay = [1, 1] } = options;
  for (const [what, values] of Object.entries({ learningRate, weightDecay })) {
    if (values.every((value) => value >= 0 && Number.isFinite(value))) continue;
    throw new RangeError(`Invalid value for ${what}: expected numbers of at least 0, got ${values}.`);
  }
  return { type: "scale", ...placed(options), bias, learningRate, weightDecay };
}

/** The scale block; the formulas stand at {@link scale}. */
export const scaleBlock: Block<Scale> = {
  inputCount: [1, 2],
  outputShape(_, input, factors) {
    const perChannel = { channels: input.channels, height: 1, width: 1 };
    if (factors && ![input, perChannel].some((shape) => shapeText(shape) === shapeText(factors))) {
      throw new ShapeError(`cannot multiply ${shapeText(input)} by ${shapeText(factors)}`);
    }
    return input;
  },
  parameters(layer, { channels }, factors) {
    const gain = learned(layer, 0, "gain", [channels], { type: "constant", value: 1 });
    const bias = learned(layer, 1, "bias", [channels], { type: "constant", value: 0 });
    return [...(factors ? [] : [gain]), ...(layer.bias ? [bias] : [])];
  },
  window: () => PIXEL,
  multiplyAdds: (_, { channels, height, width }) => channels * height * width,
  build(g, layer, [x, factors], { gain, bias }) {
    const perChannel = (value: string): string => g.op("Reshape", [value, g.ints(1, -1, 1, 1)]);
    const y = g.op("Mul", [x, factors ?? perChannel(gain)]);
    return layer.bias ? g.op("Add", [y, perChannel(bias)]) : y;
  },
  read: (fields) =>
    scale({
      ...fields.placed(),
      bias: fields.flag("bias"),
      learningRate: fields.numbers("learningRate", 2),
      weightDecay: fields.numbers("weightDecay", 2),
    }),
};
