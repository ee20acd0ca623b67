import { relu, softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { colour, convNorm, NORMALIZED } from "./stages.js";

/** How many convolutions the five stages of a VGG have. */
const CONVOLUTIONS = { 11: [1, 1, 2, 2, 2], 13: [2, 2, 2, 2, 2], 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4] } as const;

/** A VGG of a number of layers with parameters, with or without batch normalisation. */
function vgg(depth: keyof typeof CONVOLUTIONS, classes: number, normalized: boolean): Network {
  const rectified = (suffix: string, layer: Layer): Layer[] => [layer, relu({ name: `relu${suffix}` })];
  const convolution = (suffix: string, filters: number): Layer[] =>
    normalized
      ? [...convNorm([`conv${suffix}`, `bn${suffix}`], 3, filters, { biases: true }), relu({ name: `relu${suffix}` })]
      : rectified(suffix, conv(3, filters, { name: `conv${suffix}`, pad: 1 }));
  const stages = CONVOLUTIONS[depth].flatMap((convolutions, stage): Layer[] => [
    ...Array.from({ length: convolutions }, (_, i) =>
      convolution(`${stage + 1}_${i + 1}`, Math.min(64 * 2 ** stage, 512)),
    ).flat(),
    maxPool(2, { name: `pool${stage + 1}`, stride: 2 }),
  ]);
  return sequential(`vgg${depth}${normalized ? "Norm" : ""}`, colour(224), [
    ...stages,
    ...rectified("6", conv(7, 4096, { name: "fc6" })),
    ...rectified("7", conv(1, 4096, { name: "fc7" })),
    conv(1, classes, { name: "fc8" }),
    softmax({ name: "prob" }),
  ]);
}

/**
 * VGG-11 (Simonyan and Zisserman 2015, configuration A); 132 863 336 parameters. See {@link vgg16}.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(vgg11()).totals.parameters; // 132863336
 */
export const vgg11 = (classes = 1000): Network => vgg(11, classes, false);

/**
 * VGG-13 (Simonyan and Zisserman 2015, configuration B); 133 047 848 parameters. See {@link vgg16}.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(vgg13()).totals.parameters; // 133047848
 */
export const vgg13 = (classes = 1000): Network => vgg(13, classes, false);

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
export const vgg16 = (classes = 1000): Network => vgg(16, classes, false);

/**
 * VGG-19 (Simonyan and Zisserman 2015, configuration E); 143 667 240 parameters. See {@link vgg16}.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * networkTable(vgg19()).totals.parameters; // 143667240
 */
export const vgg19 = (classes = 1000): Network => vgg(19, classes, false);

/**
 * {@link vgg11} with a batch normalisation after each convolution; 132 868 840 learned parameters.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * outputOf(vgg11Norm(5)).channels; // 5
 */
export const vgg11Norm = (classes = 1000): Network => vgg(11, classes, true);

/**
 * {@link vgg13} with a batch normalisation after each convolution; 133 053 736 learned parameters.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * outputOf(vgg13Norm(5)).channels; // 5
 */
export const vgg13Norm = (classes = 1000): Network => vgg(13, classes, true);

/**
 * {@link vgg16} with a batch normalisation after each convolution; 138 365 992 learned parameters.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * outputOf(vgg16Norm(5)).channels; // 5
 */
export const vgg16Norm = (classes = 1000): Network => vgg(16, classes, true);

/**
 * {@link vgg19} with a batch normalisation after each convolution; 143 678 248 learned parameters.
 *
 * @param classes how many kinds of things there are
 * @throws RangeError when that is not a whole number of at least 1
 * @example
 * outputOf(vgg19Norm(5)).channels; // 5
 */
export const vgg19Norm = (classes = 1000): Network => vgg(19, classes, true);

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
