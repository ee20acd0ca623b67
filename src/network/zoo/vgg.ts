import { relu, softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { NORMALIZED } from "./normalized-filters.js";

/**
 * VGG-16 (Simonyan and Zisserman 2015, configuration D): 224×224 colour pixels to the probabilities of 1000 kinds of
 * things; 138 357 544 parameters. Layers and names are those of MatConvNet's first `imagenet-vgg-verydeep-16`: the fully
 * connected layers are convolutions, poolings have no padding, dropout and loss are gone, and a softmax ends the 37 layers.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(vgg16()).totals.parameters; // 138357544
 */
export function vgg16(classes = 1000): Network {
  const rectified = (suffix: string, layer: Layer): Layer[] => [layer, relu({ name: `relu${suffix}` })];
  const stage = (number: number, filters: number, convolutions: number): Layer[] => [
    ...Array.from({ length: convolutions }, (_, i) => `${number}_${i + 1}`).flatMap((suffix) =>
      rectified(suffix, conv(3, filters, { name: `conv${suffix}`, pad: 1 })),
    ),
    maxPool(2, { name: `pool${number}`, stride: 2 }),
  ];
  return sequential("vgg16", { channels: 3, height: 224, width: 224 }, [
    ...stage(1, 64, 2),
    ...stage(2, 128, 2),
    ...stage(3, 256, 3),
    ...stage(4, 512, 3),
    ...stage(5, 512, 3),
    ...rectified("6", conv(7, 4096, { name: "fc6" })),
    ...rectified("7", conv(1, 4096, { name: "fc7" })),
    conv(1, classes, { name: "fc8" }),
    softmax({ name: "prob" }),
  ]);
}

/**
 * A VGG of the size of CIFAR-10's images: 32×32 colour pixels to scores for ten classes; 342 474 parameters.
 *
 * Two 3×3 convolutions of 64 filters, two of 128, each followed by batch normalisation and ReLU, a 2×2 maximum after each two, and
 * 8×8×10 at the end.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * outputOf(cifarVgg(7)).channels; // 7
 */
export function cifarVgg(classes = 10): Network {
  const stage = (filters: number): Layer[] => [
    ...[1, 2].flatMap((): Layer[] => [conv(3, filters, { pad: 1, ...NORMALIZED }), batchNorm(), relu()]),
    maxPool(2, { stride: 2 }),
  ];
  return sequential("cifarVgg", { channels: 3, height: 32, width: 32 }, [
    ...stage(64),
    ...stage(128),
    conv(8, classes, { initialization: { type: "he" } }),
    softmaxLogLoss(),
  ]);
}
