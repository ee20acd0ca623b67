import { windowAttributes } from "../../graph/window.js";
import { type Pair, pair, whole } from "../../values/kind.js";
import { defaulted, required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom } from "../block.js";
import { bankParameters, FILTER_BANK, learnedParameter } from "../convolution/filter-bank.js";

const { filters, biases, initialization, learningRate, weightDecay } = FILTER_BANK;

const FIELDS = {
  /** height and width of both banks of filters, in pixels; odd, so that a pixel's window has a centre */
  support: required(pair(whole(1))),
  filters,
  /** how often the layer reads its own output; 3 */
  steps: defaulted(whole(1), 3),
  biases,
  initialization,
  learningRate,
  weightDecay,
};

/** The recurrent convolution's block; the formula stands at {@link recurrentConv}. */
export const recurrentConvBlock = declareBlock(
  "recurrentConv",
  FIELDS,
  {
    outputShape: (layer, { height, width }) => ({ channels: layer.filters, height, width }),
    parameters(layer, { channels }) {
      const stateShape = [layer.filters, layer.filters, ...layer.support];
      return [
        ...bankParameters({ ...layer, groups: 1 }, [layer.filters, channels, ...layer.support]),
        learnedParameter(layer, 0, "stateFilters", stateShape, layer.initialization),
      ];
    },
    window({ support, steps }) {
      const reach = ([0, 1] as const).map((axis) => ((steps + 1) * (support[axis] - 1)) / 2);
      const [vertical, horizontal] = reach;
      return {
        support: [2 * vertical + 1, 2 * horizontal + 1],
        stride: [1, 1],
        pad: [vertical, vertical, horizontal, horizontal],
        dilation: [1, 1],
      };
    },
    multiplyAdds: (layer, { channels, height, width }) =>
      height * width * layer.filters * layer.support[0] * layer.support[1] * (channels + layer.steps * layer.filters),
    build(g, { support, steps }, [x], parameters) {
      const [vertical, horizontal] = support.map((size) => (size - 1) / 2);
      const window = windowAttributes({
        support,
        stride: [1, 1],
        pad: [vertical, vertical, horizontal, horizontal],
        dilation: [1, 1],
      });
      const own = parameters.biases === undefined ? [] : [parameters.biases];
      const fed = g.op("Conv", [x, parameters.filters, ...own], window);
      let state = g.op("Relu", [fed]);
      for (let step = 0; step < steps; step++) {
        const back = g.op("Conv", [state, parameters.stateFilters], window);
        state = g.op("Relu", [g.op("Add", [fed, back])]);
      }
      return state;
    },
  },
  ({ support }, refuse) => {
    if (support.some((size) => size % 2 === 0)) refuse("support", "odd numbers");
  },
);

/** A recurrent convolution. See {@link recurrentConv} for the meaning of each field. */
export type RecurrentConv = LayerFrom<typeof recurrentConvBlock>;

/** The options of {@link recurrentConv}; every one has a default. */
export type RecurrentConvOptions = OptionsFrom<typeof recurrentConvBlock, "support" | "filters">;

/**
 * A convolution that reads its own output (Liang and Hu 2015), C×H×W → K×H×W:
 *
 *     y₀ = max(0, F∗x + b),   y_t = max(0, F∗x + b + R∗y_{t−1}),   t = 1 … steps
 *
 * ∗ is the correlation of {@link conv}, padded so that maps keep their size; the result is the last y. All steps share the filters F and the state filters R,
 * so that what a pixel sees grows with each step and the number of parameters does not. The paper normalises each y_t; here a batch or local response
 * normalisation may follow the layer.
 *
 * @param support height and width of the filters, in pixels; odd
 * @param filters how many there are: the channels of the output
 * @throws RangeError when support is not odd, or an option is not in its range
 * @example
 * recurrentConv(3, 32, { steps: 3 });
 */
export const recurrentConv = (support: Pair, filters: number, options: RecurrentConvOptions = {}): RecurrentConv =>
  recurrentConvBlock.make({ ...options, support, filters });
