/** Residual networks for ImageNet, and what came of them. Names are torchvision's. */

import { relu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import type { Layer } from "../../blocks/layer.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { classify, colour, convNorm } from "./stages.js";

/** What a residual network is made of. */
interface Residual {
  /** blocks in each of the four stages */
  readonly blocks: readonly [number, number, number, number];
  /** whether a block is 1×1, 3×3 and 1×1 filters with four times as many at its end, and not two times 3×3 */
  readonly bottleneck: boolean;
  /** groups of the 3×3 filters of a bottleneck; 1 */
  readonly groups?: number;
  /** the 3×3 filters of the first stage; 64 */
  readonly width?: number;
}

const FIRST = 64;

function residual(
  name: string,
  { blocks, bottleneck, groups = 1, width = FIRST }: Residual,
  classes: number,
  size: number,
): Network {
  const widening = bottleneck ? 4 : 1;
  let channels = FIRST;
  let from = "maxpool";
  const block = (at: string, filters: number, inner: number, stride: number): Layer[] => {
    const last = filters * widening;
    const norms = (i: number): readonly [string, string] => [`${at}.conv${i}`, `${at}.bn${i}`];
    const way = bottleneck
      ? [
          ...convNorm(norms(1), 1, inner, { inputs: [from] }),
          relu({ name: `${at}.relu1` }),
          ...convNorm(norms(2), 3, inner, { stride, groups }),
          relu({ name: `${at}.relu2` }),
          ...convNorm(norms(3), 1, last),
        ]
      : [
          ...convNorm(norms(1), 3, filters, { inputs: [from], stride }),
          relu({ name: `${at}.relu1` }),
          ...convNorm(norms(2), 3, filters),
        ];
    const past =
      stride > 1 || channels !== last
        ? convNorm([`${at}.downsample.0`, `${at}.downsample.1`], 1, last, { inputs: [from], stride })
        : [];
    const ends = [bottleneck ? `${at}.bn3` : `${at}.bn2`, past.length > 0 ? `${at}.downsample.1` : from];
    channels = last;
    from = `${at}.relu`;
    return [...way, ...past, sum({ name: `${at}.sum`, inputs: ends }), relu({ name: from })];
  };
  const stages = blocks.flatMap((count, stage) => {
    const filters = FIRST * 2 ** stage;
    return Array.from({ length: count }, (_, i) =>
      block(`layer${stage + 1}.${i}`, filters, width * 2 ** stage, stage > 0 && i === 0 ? 2 : 1),
    ).flat();
  });
  return sequential(name, colour(size), [
    ...convNorm(["conv1", "bn1"], 7, FIRST, { stride: 2 }),
    relu({ name: "relu" }),
    maxPool(3, { name: "maxpool", stride: 2, pad: 1 }),
    ...stages,
    ...classify("fc", classes),
  ]);
}

/**
 * ResNet-18 (He, Zhang, Ren and Sun 2016, table 1); 11 689 512 learned parameters, 1.81·10⁹ multiply-adds.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(resnet18(10)).channels; // 10
 */
export const resnet18 = (classes = 1000, size = 224): Network =>
  residual("resnet18", { blocks: [2, 2, 2, 2], bottleneck: false }, classes, size);

/**
 * ResNet-34 (He et al. 2016, table 1); 21 797 672 learned parameters.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(resnet34(10)).channels; // 10
 */
export const resnet34 = (classes = 1000, size = 224): Network =>
  residual("resnet34", { blocks: [3, 4, 6, 3], bottleneck: false }, classes, size);

/**
 * ResNet-50 (He et al. 2016, table 1) with the stride in the 3×3 convolutions, as torchvision has it; 25 557 032 learned parameters.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(resnet50(10)).channels; // 10
 */
export const resnet50 = (classes = 1000, size = 224): Network =>
  residual("resnet50", { blocks: [3, 4, 6, 3], bottleneck: true }, classes, size);

/**
 * ResNet-101 (He et al. 2016, table 1); 44 549 160 learned parameters. See {@link resnet50}.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(resnet101(10)).channels; // 10
 */
export const resnet101 = (classes = 1000, size = 224): Network =>
  residual("resnet101", { blocks: [3, 4, 23, 3], bottleneck: true }, classes, size);

/**
 * ResNet-152 (He et al. 2016, table 1); 60 192 808 learned parameters. See {@link resnet50}.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(resnet152(10)).channels; // 10
 */
export const resnet152 = (classes = 1000, size = 224): Network =>
  residual("resnet152", { blocks: [3, 8, 36, 3], bottleneck: true }, classes, size);

/**
 * Wide ResNet-50-2 (Zagoruyko and Komodakis 2016): {@link resnet50} with twice as many 3×3 filters; 68 883 240 learned parameters.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(wideResnet50(10)).channels; // 10
 */
export const wideResnet50 = (classes = 1000, size = 224): Network =>
  residual("wideResnet50", { blocks: [3, 4, 6, 3], bottleneck: true, width: 128 }, classes, size);

/**
 * ResNeXt-50 32×4d (Xie et al. 2017): {@link resnet50} with 3×3 filters in 32 groups; 25 028 904 learned parameters.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(resnext50(10)).channels; // 10
 */
export const resnext50 = (classes = 1000, size = 224): Network =>
  residual("resnext50", { blocks: [3, 4, 6, 3], bottleneck: true, groups: 32, width: 128 }, classes, size);
