import { relu, softmax } from "../../blocks/activation/activation.js";
import { type ConvOptions, conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { localResponseNorm } from "../../blocks/normalization/local-norm.js";
import { maxPool, type PoolOptions } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { colour, HE } from "./stages.js";

/** A convolution of the first networks for ImageNet, with MatConvNet's names: "conv1", "relu1", and "norm1" and "pool1" where they follow. */
const stage = (
  number: number,
  support: number,
  filters: number,
  options: ConvOptions,
  pool?: readonly [support: number, options: PoolOptions],
): Layer[] => [
  conv(support, filters, { ...HE, ...options, name: `conv${number}` }),
  relu({ name: `relu${number}` }),
  ...(number <= 2 ? [localResponseNorm({ name: `norm${number}` })] : []),
  ...(pool ? [maxPool(pool[0], { ...pool[1], name: `pool${number}` })] : []),
];

/** Their three fully connected layers, with dropout between them. */
const connected = (support: number, classes: number): Layer[] => [
  ...[6, 7].flatMap((number) => [
    conv(number === 6 ? support : 1, 4096, { ...HE, name: `fc${number}` }),
    relu({ name: `relu${number}` }),
    dropout(0.5, { name: `dropout${number}` }),
  ]),
  conv(1, classes, { ...HE, name: "fc8" }),
  softmax({ name: "prob" }),
];

/**
 * AlexNet (Krizhevsky, Sutskever and Hinton 2012): 227×227 colour pixels to the probabilities of 1000 kinds of things; 60 965 224 parameters. The
 * convolutions 2, 4 and 5 are in two groups, as its two graphics cards were; layers and names are MatConvNet's.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(alexnet()).totals.parameters; // 60965224
 */
export function alexnet(classes = 1000): Network {
  const pool = [3, { stride: 2 }] as const;
  return sequential("alexnet", colour(227), [
    ...stage(1, 11, 96, { stride: 4 }, pool),
    ...stage(2, 5, 256, { pad: 2, groups: 2 }, pool),
    ...stage(3, 3, 384, { pad: 1 }),
    ...stage(4, 3, 384, { pad: 1, groups: 2 }),
    ...stage(5, 3, 256, { pad: 1, groups: 2 }, pool),
    ...connected(6, classes),
  ]);
}

/**
 * AlexNet for one card (Krizhevsky 2014, "One weird trick …", as torchvision has it): 224×224 colour pixels, no groups, no response
 * normalisation; 61 100 840 parameters. Names are torchvision's.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(alexnetSingle()).totals.parameters; // 61100840
 */
export function alexnetSingle(classes = 1000): Network {
  const rectified = (name: string, support: number, filters: number, options: ConvOptions = {}): Layer[] => [
    conv(support, filters, { ...HE, ...options, name }),
    relu({ name: `${name}.relu` }),
  ];
  return sequential("alexnetSingle", colour(224), [
    ...rectified("features.0", 11, 64, { stride: 4, pad: 2 }),
    maxPool(3, { name: "features.2", stride: 2 }),
    ...rectified("features.3", 5, 192, { pad: 2 }),
    maxPool(3, { name: "features.5", stride: 2 }),
    ...rectified("features.6", 3, 384, { pad: 1 }),
    ...rectified("features.8", 3, 256, { pad: 1 }),
    ...rectified("features.10", 3, 256, { pad: 1 }),
    maxPool(3, { name: "features.12", stride: 2 }),
    dropout(0.5, { name: "classifier.0" }),
    ...rectified("classifier.1", 6, 4096),
    dropout(0.5, { name: "classifier.3" }),
    ...rectified("classifier.4", 1, 4096),
    conv(1, classes, { ...HE, name: "classifier.6" }),
    softmax({ name: "prob" }),
  ]);
}

/**
 * VGG-F, "fast" (Chatfield, Simonyan, Vedaldi and Zisserman 2014, table 1), with MatConvNet's layers and names; 60 834 536 parameters.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(vggF()).totals.parameters; // 60834536
 */
export const vggF = (classes = 1000): Network =>
  sequential("vggF", colour(224), [
    ...stage(1, 11, 64, { stride: 4 }, [3, { stride: 2, pad: [0, 1, 0, 1] }]),
    ...stage(2, 5, 256, { pad: 2 }, [3, { stride: 2 }]),
    ...stage(3, 3, 256, { pad: 1 }),
    ...stage(4, 3, 256, { pad: 1 }),
    ...stage(5, 3, 256, { pad: 1 }, [3, { stride: 2 }]),
    ...connected(6, classes),
  ]);

/**
 * VGG-M, "medium" (Chatfield et al. 2014, table 1), with MatConvNet's layers and names; 102 908 520 parameters.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(vggM()).totals.parameters; // 102908520
 */
export const vggM = (classes = 1000): Network =>
  sequential("vggM", colour(224), [
    ...stage(1, 7, 96, { stride: 2 }, [3, { stride: 2 }]),
    ...stage(2, 5, 256, { stride: 2, pad: 1 }, [3, { stride: 2, pad: [0, 1, 0, 1] }]),
    ...stage(3, 3, 512, { pad: 1 }),
    ...stage(4, 3, 512, { pad: 1 }),
    ...stage(5, 3, 512, { pad: 1 }, [3, { stride: 2 }]),
    ...connected(6, classes),
  ]);

/**
 * VGG-S, "slow" (Chatfield et al. 2014, table 1), with MatConvNet's layers and names; 102 908 520 parameters, as VGG-M, and more than half as many
 * multiply-adds again.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(vggS()).totals.parameters; // 102908520
 */
export const vggS = (classes = 1000): Network =>
  sequential("vggS", colour(224), [
    ...stage(1, 7, 96, { stride: 2 }, [3, { stride: 3, pad: [0, 2, 0, 2] }]),
    ...stage(2, 5, 256, {}, [2, { stride: 2, pad: [0, 1, 0, 1] }]),
    ...stage(3, 3, 512, { pad: 1 }),
    ...stage(4, 3, 512, { pad: 1 }),
    ...stage(5, 3, 512, { pad: 1 }, [3, { stride: 3, pad: [0, 1, 0, 1] }]),
    ...connected(6, classes),
  ]);
