import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";

/**
 * MatConvNet's LeNet for MNIST (`cnn_mnist`): 28×28 grey pixels to scores for the ten digits; 431 080 parameters.
 *
 * 5×5×20, max 2×2, 5×5×50, max 2×2, 4×4×500, ReLU, 1×1×10. Filters begin as 0.01·N(0, 1), biases at zero.
 *
 * @param classes how many digits there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(lenet()).totals.parameters; // 431080
 */
export function lenet(classes = 10): Network {
  return sequential("lenet", { channels: 1, height: 28, width: 28 }, [
    conv(5, 20),
    maxPool(2, { stride: 2 }),
    conv(5, 50),
    maxPool(2, { stride: 2 }),
    conv(4, 500),
    relu(),
    conv(1, classes),
    softmaxLogLoss(),
  ]);
}
