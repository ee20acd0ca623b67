/** Networks for telephones: depthwise convolutions, and few parameters. */

import { hardSigmoid, hardSwish, relu, relu6, softmax } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { gate } from "../../blocks/combining/scale.js";
import { conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { type Network, sequential } from "../network.js";
import { classify, colour, convNorm, eighth, HE } from "./stages.js";

/**
 * MobileNet V1 (Howard et al. 2017, table 1); 4 231 976 learned parameters, "4.2 million", and 569·10⁶ multiply-adds. Names are timm's.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(mobilenetV1(10)).channels; // 10
 */
export function mobilenetV1(classes = 1000, size = 224): Network {
  const stages: readonly (readonly [filters: number, strides: readonly number[]])[] = [
    [64, [1]],
    [128, [2, 1]],
    [256, [2, 1]],
    [512, [2, 1, 1, 1, 1, 1]],
    [1024, [2, 1]],
  ];
  let channels = 32;
  const separable = (at: string, filters: number, stride: number): Layer[] => {
    const groups = channels;
    channels = filters;
    return [
      ...convNorm([`${at}.conv_dw`, `${at}.bn1`], 3, groups, { stride, groups }),
      relu6({ name: `${at}.relu1` }),
      ...convNorm([`${at}.conv_pw`, `${at}.bn2`], 1, filters),
      relu6({ name: at }),
    ];
  };
  return sequential("mobilenetV1", colour(size), [
    ...convNorm(["conv_stem", "bn1"], 3, channels, { stride: 2 }),
    relu6({ name: "relu1" }),
    ...stages.flatMap(([filters, strides], stage) =>
      strides.flatMap((stride, i) => separable(`blocks.${stage}.${i}`, filters, stride)),
    ),
    ...classify("classifier", classes),
  ]);
}

/** An inverted residual block: wide 1×1 filters, a depthwise convolution, few 1×1 filters, and the way past. */
interface Inverted {
  /** filters between */
  readonly wide: number;
  readonly support: number;
  readonly stride: number;
  readonly filters: number;
}

/**
 * MobileNet V2 (Sandler et al. 2018, table 2); 3 504 872 learned parameters, 300·10⁶ multiply-adds. Names are torchvision's.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(mobilenetV2(10)).channels; // 10
 */
export function mobilenetV2(classes = 1000, size = 224): Network {
  const stages: readonly (readonly [expansion: number, filters: number, count: number, stride: number])[] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ];
  let channels = 32;
  let from = "features.0.2";
  const block = (at: string, { wide, support, stride, filters }: Inverted): Layer[] => {
    const expands = wide !== channels;
    const depthwise = expands ? `${at}.conv.1` : `${at}.conv.0`;
    const [last, norm] = expands ? [`${at}.conv.2`, `${at}.conv.3`] : [`${at}.conv.1`, `${at}.conv.2`];
    const layers: Layer[] = [
      ...(expands
        ? [...convNorm([`${at}.conv.0.0`, `${at}.conv.0.1`], 1, wide), relu6({ name: `${at}.conv.0.2` })]
        : []),
      ...convNorm([`${depthwise}.0`, `${depthwise}.1`], support, wide, { stride, groups: wide }),
      relu6({ name: `${depthwise}.2` }),
      ...convNorm([last, norm], 1, filters),
      ...(stride === 1 && channels === filters ? [sum({ name: at, inputs: [from, norm] })] : []),
    ];
    from = stride === 1 && channels === filters ? at : norm;
    channels = filters;
    return layers;
  };
  let place = 1;
  const blocks = stages.flatMap(([expansion, filters, count, first]) =>
    Array.from({ length: count }, (_, i) =>
      block(`features.${place++}`, { wide: channels * expansion, support: 3, stride: i === 0 ? first : 1, filters }),
    ).flat(),
  );
  return sequential("mobilenetV2", colour(size), [
    ...convNorm(["features.0.0", "features.0.1"], 3, 32, { stride: 2 }),
    relu6({ name: "features.0.2" }),
    ...blocks,
    ...convNorm(["features.18.0", "features.18.1"], 1, 1280),
    relu6({ name: "features.18.2" }),
    ...classify("classifier.1", classes, 0.2),
  ]);
}

/** A block of MobileNet V3: its kernel, filters between and at the end, squeeze-and-excitation, hard swish, stride. */
type Block3 = readonly [support: number, wide: number, filters: number, gated: boolean, swish: boolean, stride: number];

/** MobileNet V3 (Howard et al. 2019). Batch normalisations have ε = 0.001. */
function mobilenetV3(name: string, blocks: readonly Block3[], last: number, classes: number, size: number): Network {
  const epsilon = 1e-3;
  const active = (swish: boolean, at: string): Layer => (swish ? hardSwish({ name: at }) : relu({ name: at }));
  let channels = 16;
  let from = "features.0.2";
  const block = (at: string, [support, wide, filters, gated, swish, stride]: Block3): Layer[] => {
    let place = 0;
    const part = (): string => `${at}.block.${place++}`;
    const layers: Layer[] = [];
    const add = (unit: string, ...more: readonly Layer[]): void => {
      layers.push(...more);
      before = unit;
    };
    let before = from;
    if (wide !== channels) {
      const unit = part();
      add(`${unit}.2`, ...convNorm([`${unit}.0`, `${unit}.1`], 1, wide, { epsilon }), active(swish, `${unit}.2`));
    }
    const depthwise = part();
    add(
      `${depthwise}.2`,
      ...convNorm([`${depthwise}.0`, `${depthwise}.1`], support, wide, { stride, groups: wide, epsilon }),
      active(swish, `${depthwise}.2`),
    );
    if (gated) {
      const unit = part();
      const map = before;
      add(
        unit,
        globalAveragePool({ name: `${unit}.avgpool` }),
        conv(1, eighth(wide / 4), { name: `${unit}.fc1`, ...HE }),
        relu({ name: `${unit}.activation` }),
        conv(1, wide, { name: `${unit}.fc2`, ...HE }),
        hardSigmoid(undefined, undefined, { name: `${unit}.scale_activation` }),
        gate([map, `${unit}.scale_activation`], { name: unit }),
      );
    }
    const projection = part();
    add(`${projection}.1`, ...convNorm([`${projection}.0`, `${projection}.1`], 1, filters, { epsilon }));
    if (stride === 1 && channels === filters) add(at, sum({ name: at, inputs: [from, before] }));
    from = before;
    channels = filters;
    return layers;
  };
  const made = blocks.flatMap((each, i) => block(`features.${i + 1}`, each));
  const end = `features.${blocks.length + 1}`;
  return sequential(name, colour(size), [
    ...convNorm(["features.0.0", "features.0.1"], 3, 16, { stride: 2, epsilon }),
    hardSwish({ name: "features.0.2" }),
    ...made,
    ...convNorm([`${end}.0`, `${end}.1`], 1, 6 * channels, { epsilon }),
    hardSwish({ name: `${end}.2` }),
    globalAveragePool({ name: "avgpool" }),
    conv(1, last, { name: "classifier.0", ...HE }),
    hardSwish({ name: "classifier.1" }),
    dropout(0.2, { name: "classifier.2" }),
    conv(1, classes, { name: "classifier.3", ...HE }),
    softmax({ name: "prob" }),
  ]);
}

/**
 * MobileNet V3 large (Howard et al. 2019, table 1); 5 483 032 learned parameters, 217·10⁶ multiply-adds. Names are torchvision's.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(mobilenetV3Large(10)).channels; // 10
 */
export const mobilenetV3Large = (classes = 1000, size = 224): Network =>
  mobilenetV3(
    "mobilenetV3Large",
    [
      [3, 16, 16, false, false, 1],
      [3, 64, 24, false, false, 2],
      [3, 72, 24, false, false, 1],
      [5, 72, 40, true, false, 2],
      [5, 120, 40, true, false, 1],
      [5, 120, 40, true, false, 1],
      [3, 240, 80, false, true, 2],
      [3, 200, 80, false, true, 1],
      [3, 184, 80, false, true, 1],
      [3, 184, 80, false, true, 1],
      [3, 480, 112, true, true, 1],
      [3, 672, 112, true, true, 1],
      [5, 672, 160, true, true, 2],
      [5, 960, 160, true, true, 1],
      [5, 960, 160, true, true, 1],
    ],
    1280,
    classes,
    size,
  );

/**
 * MobileNet V3 small (Howard et al. 2019, table 2); 2 542 856 learned parameters, 57·10⁶ multiply-adds. Names are torchvision's.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(mobilenetV3Small(10)).channels; // 10
 */
export const mobilenetV3Small = (classes = 1000, size = 224): Network =>
  mobilenetV3(
    "mobilenetV3Small",
    [
      [3, 16, 16, true, false, 2],
      [3, 72, 24, false, false, 2],
      [3, 88, 24, false, false, 1],
      [5, 96, 40, true, true, 2],
      [5, 240, 40, true, true, 1],
      [5, 240, 40, true, true, 1],
      [5, 120, 48, true, true, 1],
      [5, 144, 48, true, true, 1],
      [5, 288, 96, true, true, 2],
      [5, 576, 96, true, true, 1],
      [5, 576, 96, true, true, 1],
    ],
    1024,
    classes,
    size,
  );
