import { relu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { padChannels } from "../../blocks/combining/pad-channels.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { NORMALIZED } from "./stages.js";

/**
 * The residual network of 20 layers for CIFAR-10 (He, Zhang, Ren and Sun 2016, section 4.2): 32×32 colour pixels to scores for ten classes;
 * 269 722 parameters.
 *
 * 3×3×16, three stages of three blocks with 16, 32 and 64 filters, the mean of each map, 1×1×10. A block is two 3×3 convolutions with
 * batch normalisation, and a way past them: x + F(x). Where a stage halves the image, the way past takes every second pixel and adds
 * channels of zeros (the paper's option A), so that it learns nothing.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * outputOf(resnet20()); // {"channels": 10, "height": 1, "width": 1}
 */
export const resnet20 = (classes = 10): Network => cifarResidual("resnet20", 3, classes);

/**
 * The residual network of 56 layers for CIFAR-10 (He et al. 2016, table 6): {@link resnet20} with nine blocks in a stage; "0.85 M" parameters.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * outputOf(resnet56()).channels; // 10
 */
export const resnet56 = (classes = 10): Network => cifarResidual("resnet56", 9, classes);

/** A residual network for CIFAR-10 with a number of blocks in each of its three stages. */
function cifarResidual(network: string, blocks: number, classes: number): Network {
  const block = (name: string, from: string, filters: number, more: number): Layer[] => {
    const stride = more > 0 ? 2 : 1;
    const past: Layer[] =
      more > 0
        ? [
            maxPool(1, { name: `${name}past`, inputs: [from], stride }),
            padChannels({ before: more / 2, after: more / 2, name: `${name}zeros` }),
          ]
        : [];
    return [
      conv(3, filters, { name: `${name}conv1`, inputs: [from], pad: 1, stride, ...NORMALIZED }),
      batchNorm({ name: `${name}norm1` }),
      relu({ name: `${name}relu1` }),
      conv(3, filters, { name: `${name}conv2`, pad: 1, ...NORMALIZED }),
      batchNorm({ name: `${name}norm2` }),
      ...past,
      sum({ name: `${name}sum`, inputs: [`${name}norm2`, more > 0 ? `${name}zeros` : from] }),
      relu({ name: `${name}relu2` }),
    ];
  };
  const blockName = (number: number, i: number): string => `${number}${String.fromCharCode("a".charCodeAt(0) + i)}_`;
  const stage = (number: number, from: string, filters: number, more: number): Layer[] =>
    Array.from({ length: blocks }, (_, i) =>
      i === 0
        ? block(blockName(number, 0), from, filters, more)
        : block(blockName(number, i), `${blockName(number, i - 1)}relu2`, filters, 0),
    ).flat();
  const end = (number: number): string => `${blockName(number, blocks - 1)}relu2`;
  return sequential(network, { channels: 3, height: 32, width: 32 }, [
    conv(3, 16, { name: "conv1", pad: 1, ...NORMALIZED }),
    batchNorm({ name: "norm1" }),
    relu({ name: "relu1" }),
    ...stage(1, "relu1", 16, 0),
    ...stage(2, end(1), 32, 16),
    ...stage(3, end(2), 64, 32),
    globalAveragePool({ name: "mean" }),
    conv(1, classes, { name: "scores", initialization: { type: "he" } }),
    softmaxLogLoss({ name: "loss" }),
  ]);
}
