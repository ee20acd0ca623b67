/** The networks whose training step is measured, each with the batch that is usual for its size; pytorch-step.py has the same. */

import { relu } from "../blocks/activation/activation.js";
import { concat } from "../blocks/combining/combine.js";
import { conv } from "../blocks/convolution/conv.js";
import { convTranspose } from "../blocks/convolution/conv-transpose.js";
import type { Layer } from "../blocks/layer.js";
import { softmaxLogLoss } from "../blocks/loss/class-losses.js";
import { maxPool } from "../blocks/pooling/pool.js";
import { withLoss } from "../network/edit/edit.js";
import { dag, type Network, sequential } from "../network/network.js";
import {
  cifarVgg,
  efficientnetLite0,
  lenet,
  mobilenetV2,
  ocr,
  resnet18,
  resnet20,
  resnet50,
  vgg16,
} from "../network/zoo/index.js";
import { convNorm } from "../network/zoo/stages.js";

/** A network as it is measured. */
export interface MeasuredNetwork {
  readonly batch: number;
  network(): Network;
}

/** The plain network of Keras's example for CIFAR-10, without its dropout. */
const kerasCifar = (): Network =>
  sequential("kerasCifar", { channels: 3, height: 32, width: 32 }, [
    conv(3, 32, { pad: 1 }),
    relu(),
    conv(3, 32),
    relu(),
    maxPool(2, { stride: 2 }),
    conv(3, 64, { pad: 1 }),
    relu(),
    conv(3, 64),
    relu(),
    maxPool(2, { stride: 2 }),
    conv(6, 512),
    relu(),
    conv(1, 10),
    softmaxLogLoss(),
  ]);

/** Two classes for each pixel, by a U-Net (Ronneberger et al. 2015) of four levels with padded convolutions and batch normalisation. */
function unet(): Network {
  const filters = [32, 64, 128, 256];
  const pair = (name: string, count: number): Layer[] =>
    ["a", "b"].flatMap((part) => [
      ...convNorm([`${name}${part}`, `${name}${part}/norm`], 3, count),
      relu({ name: part === "b" ? name : `${name}${part}/relu` }),
    ]);
  const down = filters.flatMap((count, level) => [
    ...pair(`down${level}`, count),
    maxPool(2, { stride: 2, name: `pool${level}` }),
  ]);
  const up = [...filters.keys()]
    .reverse()
    .flatMap((level) => [
      convTranspose(2, filters[level], { upsample: 2, name: `wider${level}` }),
      concat("channels", { inputs: [`down${level}`, `wider${level}`], name: `joined${level}` }),
      ...pair(`up${level}`, filters[level]),
    ]);
  return dag("unet", { image: { channels: 3, height: 128, width: 128 } }, [
    ...down,
    ...pair("bottom", 512),
    ...up,
    conv(1, 2, { name: "scores" }),
    softmaxLogLoss(),
  ]);
}

/** In the order in which they are shown. */
export const NETWORKS: Readonly<Record<string, MeasuredNetwork>> = {
  ocr: { batch: 100, network: ocr },
  lenet: { batch: 100, network: lenet },
  kerasCifar: { batch: 100, network: kerasCifar },
  cifarVgg: { batch: 100, network: cifarVgg },
  resnet20: { batch: 100, network: resnet20 },
  "resnet18-64": { batch: 16, network: () => withLoss(resnet18(1000, 64)) },
  "mobilenetV2-96": { batch: 16, network: () => withLoss(mobilenetV2(1000, 96)) },
  "mobilenetV2-224": { batch: 8, network: () => withLoss(mobilenetV2()) },
  "efficientnetLite0-224": { batch: 8, network: () => withLoss(efficientnetLite0()) },
  "resnet50-224": { batch: 8, network: () => withLoss(resnet50()) },
  "unet-128": { batch: 8, network: unet },
  "vgg16-224": { batch: 2, network: () => withLoss(vgg16()) },
};
