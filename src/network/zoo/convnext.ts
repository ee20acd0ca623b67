import { gelu, softmax } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { scale } from "../../blocks/combining/scale.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { layerNorm } from "../../blocks/normalization/layer-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { type Network, sequential } from "../network.js";
import { colour } from "./stages.js";

/** Filters that begin as ConvNeXt's do. */
const GAUSSIAN = { initialization: { type: "gaussian", deviation: 0.02 } } as const;

/**
 * ConvNeXt-Tiny (Liu et al. 2022): 7×7 depthwise convolutions, layer normalisation and GELU; 28 589 128 parameters, 4.5·10⁹ multiply-adds. Names are
 * torchvision's. The paper begins the factors of a block at 10⁻⁶, here they begin at 1; training there leaves blocks out at random, here it does not.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * networkTable(convnextTiny()).totals.parameters; // 28589128
 */
export function convnextTiny(classes = 1000, size = 224): Network {
  let from = "features.0.1";
  const block = (at: string, channels: number): Layer[] => {
    const layers: Layer[] = [
      conv(7, channels, { name: `${at}.block.0`, inputs: [from], pad: 3, groups: channels, ...GAUSSIAN }),
      layerNorm({ name: `${at}.block.2` }),
      conv(1, 4 * channels, { name: `${at}.block.3`, ...GAUSSIAN }),
      gelu({ name: `${at}.block.4` }),
      conv(1, channels, { name: `${at}.block.5`, ...GAUSSIAN }),
      scale({ name: `${at}.layer_scale` }),
      sum({ name: at, inputs: [from, `${at}.layer_scale`] }),
    ];
    from = at;
    return layers;
  };
  const stages = [3, 3, 9, 3].flatMap((count, stage): Layer[] => {
    const channels = 96 * 2 ** stage;
    const down: Layer[] =
      stage === 0
        ? []
        : [
            layerNorm({ name: `features.${2 * stage}.0` }),
            conv(2, channels, { name: `features.${2 * stage}.1`, stride: 2, ...GAUSSIAN }),
          ];
    if (stage > 0) from = `features.${2 * stage}.1`;
    return [
      ...down,
      ...Array.from({ length: count }, (_, i) => block(`features.${2 * stage + 1}.${i}`, channels)).flat(),
    ];
  });
  return sequential("convnextTiny", colour(size), [
    conv(4, 96, { name: "features.0.0", stride: 4, ...GAUSSIAN }),
    layerNorm({ name: "features.0.1" }),
    ...stages,
    globalAveragePool({ name: "avgpool" }),
    layerNorm({ name: "classifier.0" }),
    conv(1, classes, { name: "classifier.2", ...GAUSSIAN }),
    softmax({ name: "prob" }),
  ]);
}
