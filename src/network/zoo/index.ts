import { relu, softmax } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { padChannels } from "../../blocks/combining/pad-channels.js";
import { type Conv, conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { averagePool, maxPool } from "../../blocks/pooling/pool.js";
import type { ImageShape } from "../../values/image-shape.js";
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

/** Filters for a layer that a batch normalisation follows: no biases, begun as He et al. (2015) do. */
const normalized = { biases: false, initialization: { type: "he" } } as const;

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
    ...[1, 2].flatMap((): Layer[] => [conv(3, filters, { pad: 1, ...normalized }), batchNorm(), relu()]),
    maxPool(2, { stride: 2 }),
  ];
  return sequential("cifarVgg", { channels: 3, height: 32, width: 32 }, [
    ...stage(64),
    ...stage(128),
    conv(8, classes, { initialization: { type: "he" } }),
    softmaxLogLoss(),
  ]);
}

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
export function resnet20(classes = 10): Network {
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
      conv(3, filters, { name: `${name}conv1`, inputs: [from], pad: 1, stride, ...normalized }),
      batchNorm({ name: `${name}norm1` }),
      relu({ name: `${name}relu1` }),
      conv(3, filters, { name: `${name}conv2`, pad: 1, ...normalized }),
      batchNorm({ name: `${name}norm2` }),
      ...past,
      sum({ name: `${name}sum`, inputs: [`${name}norm2`, more > 0 ? `${name}zeros` : from] }),
      relu({ name: `${name}relu2` }),
    ];
  };
  const stage = (number: number, from: string, filters: number, more: number): Layer[] => [
    ...block(`${number}a_`, from, filters, more),
    ...block(`${number}b_`, `${number}a_relu2`, filters, 0),
    ...block(`${number}c_`, `${number}b_relu2`, filters, 0),
  ];
  return sequential("resnet20", { channels: 3, height: 32, width: 32 }, [
    conv(3, 16, { name: "conv1", pad: 1, ...normalized }),
    batchNorm({ name: "norm1" }),
    relu({ name: "relu1" }),
    ...stage(1, "relu1", 16, 0),
    ...stage(2, "1c_relu2", 32, 16),
    ...stage(3, "2c_relu2", 64, 32),
    globalAveragePool({ name: "mean" }),
    conv(1, classes, { name: "scores", initialization: { type: "he" } }),
    softmaxLogLoss({ name: "loss" }),
  ]);
}

/** The side below which a map is not halved any more. */
const SMALL = 8;

/** The options of {@link compact}; every one has a default. */
export interface CompactOptions {
  /** filters of the first layers; 16. They double with each halving of the image, up to sixteen times as many. */
  readonly width?: number;
  /** the share of the last features that training drops; 0 */
  readonly dropout?: number;
}

/**
 * A network for pictures of any size: the default for a folder of pictures.
 *
 * Pairs of 3×3 convolutions, each followed by batch normalisation and ReLU; after each pair the image is halved by 2×2 maxima and the filters
 * double, until its shorter side is below 8. Then the mean of each map, and one score for each class. Pictures of 96 pixels and more are
 * halved at once by a first 5×5 convolution.
 *
 * @param input the size of the pictures
 * @param classes how many kinds of things there are
 * @throws RangeError when an option is out of range
 * @example
 * const network = compact({ channels: 1, height: 28, width: 28 }, 10);
 * networkTable(network).totals.parameters; // 72666
 */
export function compact(input: ImageShape, classes: number, options: CompactOptions = {}): Network {
  const { width = 16, dropout: rate = 0 } = options;
  const block = (layer: Conv): Layer[] => [layer, batchNorm(), relu()];
  const layers: Layer[] = [];
  let side = Math.min(input.height, input.width);
  if (side >= 96) {
    layers.push(...block(conv(5, width, { stride: 2, pad: 2, ...normalized })));
    side = Math.ceil(side / 2);
  }
  for (let stage = 0; ; stage++) {
    const filters = width * 2 ** Math.min(stage, 4);
    for (let i = 0; i < 2; i++) layers.push(...block(conv(3, filters, { pad: 1, ...normalized })));
    if (side < SMALL) break;
    layers.push(maxPool(2, { stride: 2 }));
    side = Math.floor(side / 2);
  }
  if (rate > 0) layers.push(dropout(rate));
  layers.push(globalAveragePool(), conv(1, classes, { name: "scores", initialization: { type: "he" } }));
  return sequential("compact", input, [...layers, softmaxLogLoss()]);
}

/** The networks that can be asked for by name. */
export const ZOO: Readonly<Record<string, (classes?: number) => Network>> = {
  ocr,
  lenet,
  cifarQuick,
  cifarVgg,
  resnet20,
  vgg16,
};

/**
 * A network of the zoo.
 *
 * @throws RangeError, with the names there are, when it knows no such network
 * @example
 * networkNamed("ocr").layers.length; // 8
 */
export function networkNamed(name: string): Network {
  if (!Object.hasOwn(ZOO, name)) {
    throw new RangeError(`Invalid value for network: expected one of ${Object.keys(ZOO).join(", ")}, got '${name}'.`);
  }
  return ZOO[name]();
}
