import { relu6, sigmoid, silu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { gate } from "../../blocks/combining/scale.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { type Network, sequential } from "../network.js";
import { classify, colour, convNorm, HE, half } from "./stages.js";

/** The stages of EfficientNet-B0 (Tan and Le 2019, table 1). */
const STAGES: readonly (readonly [
  expansion: number,
  support: number,
  stride: number,
  filters: number,
  count: number,
])[] = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
];

/** The channels of the first and of the last maps. */
const [STEM, HEAD] = [32, 1280];

/**
 * EfficientNet-B0 (Tan and Le 2019, table 1); 5 288 548 learned parameters, 0.39·10⁹ multiply-adds. Names are torchvision's. Training there leaves
 * whole blocks out at random ("stochastic depth"); here it does not.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(efficientnetB0(10)).channels; // 10
 */
export function efficientnetB0(classes = 1000, size = 224): Network {
  let channels = STEM;
  let from = "features.0.2";
  const block = (at: string, wide: number, support: number, stride: number, filters: number): Layer[] => {
    const expands = wide !== channels;
    const [first, second, third] = expands ? [1, 2, 3] : [0, 1, 2];
    const part = (i: number): string => `${at}.block.${i}`;
    const past = stride === 1 && channels === filters;
    const layers: Layer[] = [
      ...(expands ? [...convNorm([`${part(0)}.0`, `${part(0)}.1`], 1, wide), silu({ name: `${part(0)}.2` })] : []),
      ...convNorm([`${part(first)}.0`, `${part(first)}.1`], support, wide, { stride, groups: wide }),
      silu({ name: `${part(first)}.2` }),
      globalAveragePool({ name: `${part(second)}.avgpool` }),
      conv(1, Math.max(1, Math.floor(channels / 4)), { name: `${part(second)}.fc1`, ...HE }),
      silu({ name: `${part(second)}.activation` }),
      conv(1, wide, { name: `${part(second)}.fc2`, ...HE }),
      sigmoid({ name: `${part(second)}.scale_activation` }),
      gate([`${part(first)}.2`, `${part(second)}.scale_activation`], { name: part(second) }),
      ...convNorm([`${part(third)}.0`, `${part(third)}.1`], 1, filters),
      ...(past ? [sum({ name: at, inputs: [from, `${part(third)}.1`] })] : []),
    ];
    from = past ? at : `${part(third)}.1`;
    channels = filters;
    return layers;
  };
  const blocks = STAGES.flatMap(([expansion, support, first, filters, count], stage) =>
    Array.from({ length: count }, (_, i) =>
      block(`features.${stage + 1}.${i}`, channels * expansion, support, i === 0 ? first : 1, filters),
    ).flat(),
  );
  return sequential("efficientnetB0", colour(size), [
    ...convNorm(["features.0.0", "features.0.1"], 3, STEM, { stride: 2 }),
    silu({ name: "features.0.2" }),
    ...blocks,
    ...convNorm(["features.8.0", "features.8.1"], 1, HEAD),
    silu({ name: "features.8.2" }),
    ...classify("classifier.1", classes, 0.2),
  ]);
}

/**
 * EfficientNet-Lite0 (Google 2020): {@link efficientnetB0} without squeeze-and-excitation, with clips instead of SiLU; 4 652 008 learned parameters,
 * 0.39·10⁹ multiply-adds. Padding is TensorFlow's "same": where it is odd, there is more of it at the bottom and the right. Batch
 * normalisations have ε = 0.001. Names are those of the Python package `efficientnet-lite-pytorch`.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(efficientnetLite0(10)).channels; // 10
 */
export function efficientnetLite0(classes = 1000, size = 224): Network {
  const epsilon = 1e-3;
  let side = size;
  const same = (support: number, stride: number) => {
    const next = Math.ceil(side / stride);
    const total = stride === 1 ? 2 * half(support) : Math.max(0, (next - 1) * stride + support - side);
    const [before, after] = [Math.floor(total / 2), Math.ceil(total / 2)];
    side = next;
    return { stride, epsilon, pad: [before, after, before, after] as const };
  };
  const stem = same(3, 2);
  let channels = STEM;
  let from = "_swish";
  let place = 0;
  const block = (wide: number, support: number, stride: number, filters: number): Layer[] => {
    const at = `_blocks.${place++}`;
    const past = stride === 1 && channels === filters;
    const layers: Layer[] = [
      ...(wide === channels
        ? []
        : [...convNorm([`${at}._expand_conv`, `${at}._bn0`], 1, wide, { epsilon }), relu6({ name: `${at}._swish0` })]),
      ...convNorm([`${at}._depthwise_conv`, `${at}._bn1`], support, wide, { groups: wide, ...same(support, stride) }),
      relu6({ name: `${at}._swish1` }),
      ...convNorm([`${at}._project_conv`, `${at}._bn2`], 1, filters, { epsilon }),
      ...(past ? [sum({ name: at, inputs: [from, `${at}._bn2`] })] : []),
    ];
    from = past ? at : `${at}._bn2`;
    channels = filters;
    return layers;
  };
  const blocks = STAGES.flatMap(([expansion, support, first, filters, count]) =>
    Array.from({ length: count }, (_, i) => block(channels * expansion, support, i === 0 ? first : 1, filters)).flat(),
  );
  return sequential("efficientnetLite0", colour(size), [
    ...convNorm(["_conv_stem", "_bn0"], 3, STEM, stem),
    relu6({ name: "_swish" }),
    ...blocks,
    ...convNorm(["_conv_head", "_bn1"], 1, HEAD, { epsilon }),
    relu6({ name: "_swish_head" }),
    ...classify("_fc", classes, 0.2),
  ]);
}
