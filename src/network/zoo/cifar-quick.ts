import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { averagePool, maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";

/**
 * MatConvNet's network for CIFAR-10 (`cnn_cifar`, Krizhevsky's "quick" one): 32×32 colour pixels to scores for ten classes; 145 578 parameters.
 *
 * Three stages of 5×5 convolutions (32, 32 and 64 filters) and overlapping 3×3 poolings, the first of maxima, then 4×4×64 and 1×1×10.
 * Filters begin as 0.01·N(0, 1) in the first and 0.05·N(0, 1) in the other layers; biases learn twice as fast, all of the rest at a tenth.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(cifarQuick()).totals.parameters; // 145578
 */
export function cifarQuick(classes = 10): Network {
  const learned = (deviation: number) => ({
    initialization: { type: "gaussian", deviation } as const,
    learningRate: [0.1, 2] as const,
  });
  const half = { stride: 2, pad: [0, 1, 0, 1] } as const;
  return sequential("cifarQuick", { channels: 3, height: 32, width: 32 }, [
    conv(5, 32, { pad: 2, ...learned(0.01) }),
    maxPool(3, half),
    relu(),
    conv(5, 32, { pad: 2, ...learned(0.05) }),
    relu(),
    averagePool(3, half),
    conv(5, 64, { pad: 2, ...learned(0.05) }),
    relu(),
    averagePool(3, half),
    conv(4, 64, learned(0.05)),
    relu(),
    conv(1, classes, learned(0.05)),
    softmaxLogLoss(),
  ]);
}
