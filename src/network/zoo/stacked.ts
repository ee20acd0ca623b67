import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import type { ImageShape } from "../../values/image-shape.js";
import { number, text, whole } from "../../values/kind.js";
import { ARGUMENTS, outOfRange, within } from "../../values/place.js";
import { defaulted, type OptionsOf, record } from "../../values/record.js";
import { type Network, sequential } from "../network.js";
import { HE } from "./stages.js";

/** The layers of a stage, in their order. */
const ORDER = text(
  'words of conv, norm, relu and pool with a conv among them, such as "conv relu pool"',
  /^(?=.*conv)(conv|norm|relu|pool)( (conv|norm|relu|pool))*$/,
);

/** How {@link stacked} is made. */
export const STACKED = record({
  /** stages, one after the other; 2 */
  depth: defaulted(whole(1, 12), 2, "stages, one after the other"),
  /** height and width of all filters, in pixels; 5 */
  kernel: defaulted(whole(1, 31), 5, "height and width of all filters"),
  /** filters of each convolution of the first stage; 20 */
  channels: defaulted(whole(1), 20, "filters of each convolution of the first stage"),
  /** by so much the filters of a stage are more than those of the one before; 2 */
  growth: defaulted(number({ above: 0 }), 2, "the factor from the filters of a stage to those of the next"),
  /** the layers of a stage: words of conv, norm, relu and pool; "conv relu pool" */
  order: defaulted(ORDER, "conv relu pool", "the layers of a stage, in their order"),
  /** units between the last stage and the scores, which see all of it; 0: the scores follow the mean of each map */
  hidden: defaulted(whole(0), 0, "units between the last stage and the scores; 0: the mean of each map"),
});

/** The options of {@link stacked}; every one has a default. */
export type StackedOptions = OptionsOf<typeof STACKED.fields>;

/**
 * A network of equal stages, as a few numbers say it: how deep, how large the filters, how many, in which order. `conv` keeps the size of the map, `norm` is
 * batch normalisation, `pool` halves the map by 2×2 maxima. Behind the stages stand, with `hidden`, a convolution as large as the map, ReLU and the
 * scores; without, the mean of each map and the scores. Filters begin as He et al. (2015) have it.
 *
 * @param input the size of the pictures
 * @param classes how many kinds of things there are
 * @throws RangeError when an option is out of range, or a map is too small to be halved once more
 * @example
 * const network = stacked({ channels: 1, height: 32, width: 32 }, 26, { depth: 2, order: "conv pool", hidden: 100 });
 * network.layers.map(({ name }) => name).join(" "); // "conv1 pool1 conv2 pool2 conv3 relu1 conv4 loss1"
 */
export function stacked(input: ImageShape, classes: number, options: StackedOptions = {}): Network {
  const { depth, kernel, channels, growth, order, hidden } = STACKED.make(options);
  const [before, after] = [Math.floor((kernel - 1) / 2), Math.floor(kernel / 2)];
  const layers: Layer[] = [];
  let [height, width] = [input.height, input.width];
  for (let stage = 0; stage < depth; stage++) {
    const filters = Math.max(1, Math.round(channels * growth ** stage));
    for (const word of order.split(" ")) {
      if (word === "conv") layers.push(conv(kernel, filters, { pad: [before, after, before, after], ...HE }));
      else if (word === "norm") layers.push(batchNorm());
      else if (word === "relu") layers.push(relu());
      else {
        if (Math.min(height, width) < 2) {
          const size = `${input.width}×${input.height}`;
          throw outOfRange(
            within(ARGUMENTS, "depth"),
            `fewer stages: maps of ${size} cannot be halved so often`,
            depth,
          );
        }
        [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
        layers.push(maxPool(2, { stride: 2 }));
      }
    }
  }
  layers.push(
    ...(hidden > 0 ? [conv([height, width], hidden, HE), relu()] : [globalAveragePool()]),
    conv(1, classes, HE),
    softmaxLogLoss(),
  );
  return sequential("stacked", input, layers);
}
