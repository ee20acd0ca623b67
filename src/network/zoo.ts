import { conv } from "../blocks/conv.js";
import type { Layer } from "../blocks/layer.js";
import { softmaxLogLoss } from "../blocks/loss.js";
import { relu, softmax } from "../blocks/pixelwise.js";
import { maxPool } from "../blocks/pool.js";
import { type Network, sequential } from "./network.js";

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

/** The networks that can be asked for by name. */
export const ZOO: Readonly<Record<string, () => Network>> = { ocr, lenet, vgg16 };

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
