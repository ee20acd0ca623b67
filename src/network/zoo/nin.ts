import { relu, softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { averagePool, maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { colour, HE, half } from "./stages.js";

/**
 * Network in Network for CIFAR-10 (Lin, Chen and Yan 2014): 32×32 colour pixels to the probabilities of ten classes; 966 986 parameters ("0.97 M").
 *
 * Three convolutions, each followed by two of 1×1 ("cccp"), and the mean of each map instead of fully connected layers. Names are those of the
 * authors' Caffe file.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(networkInNetwork()).totals.parameters; // 966986
 */
export function networkInNetwork(classes = 10): Network {
  const rectified = (name: string, support: number, filters: number): Layer[] => [
    conv(support, filters, { name, pad: half(support), ...HE }),
    relu({ name: `relu_${name}` }),
  ];
  const down = { stride: 2, pad: [0, 1, 0, 1] } as const;
  return sequential("networkInNetwork", colour(32), [
    ...rectified("conv1", 5, 192),
    ...rectified("cccp1", 1, 160),
    ...rectified("cccp2", 1, 96),
    maxPool(3, { name: "pool1", ...down }),
    dropout(0.5, { name: "drop3" }),
    ...rectified("conv2", 5, 192),
    ...rectified("cccp3", 1, 192),
    ...rectified("cccp4", 1, 192),
    averagePool(3, { name: "pool2", ...down }),
    dropout(0.5, { name: "drop6" }),
    ...rectified("conv3", 3, 192),
    ...rectified("cccp5", 1, 192),
    ...rectified("cccp6", 1, classes),
    globalAveragePool({ name: "pool3" }),
    softmax({ name: "prob" }),
  ]);
}
