import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";

/**
 * The lecture's network for letters: 32×32 grey pixels to scores for a–z; 478 096 parameters.
 *
 * 5×5×20, max 2×2, 5×5×50, max 2×2, 4×4×500, ReLU, 2×2×26: four convolutions and one ReLU. Filters begin as
 * 0.01·N(0, 1), biases at zero. Slid over a line of text it gives one column of scores every 4 pixels.
 *
 * @param classes how many letters there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * ocr().layers.map(({ name }) => name).join(" "); // "conv1 pool1 conv2 pool2 conv3 relu1 conv4 loss1"
 */
export function ocr(classes = 26): Network {
  return sequential("ocr", { channels: 1, height: 32, width: 32 }, [
    conv(5, 20),
    maxPool(2, { stride: 2 }),
    conv(5, 50),
    maxPool(2, { stride: 2 }),
    conv(4, 500),
    relu(),
    conv(2, classes),
    softmaxLogLoss(),
  ]);
}
