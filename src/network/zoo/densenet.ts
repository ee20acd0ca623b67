import { relu } from "../../blocks/activation/activation.js";
import { concat } from "../../blocks/combining/combine.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { averagePool, maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { classify, colour, convNorm, NORMALIZED } from "./stages.js";

/** How many maps each layer adds. */
const GROWTH = 32;

/**
 * DenseNet-121 (Huang, Liu, van der Maaten and Weinberger 2017): each layer reads the maps of all layers before it in its block, and adds 32;
 * 7 978 856 learned parameters. Names are torchvision's.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(densenet121(10)).channels; // 10
 */
export function densenet121(classes = 1000, size = 224): Network {
  let channels = 64;
  let from = "features.pool0";
  const dense = (at: string): Layer[] => {
    const layers: Layer[] = [
      batchNorm({ name: `${at}.norm1`, inputs: [from] }),
      relu({ name: `${at}.relu1` }),
      ...convNorm([`${at}.conv1`, `${at}.norm2`], 1, 4 * GROWTH),
      relu({ name: `${at}.relu2` }),
      conv(3, GROWTH, { name: `${at}.conv2`, pad: 1, ...NORMALIZED }),
      concat("channels", { name: at, inputs: [from, `${at}.conv2`] }),
    ];
    channels += GROWTH;
    from = at;
    return layers;
  };
  const transition = (at: string): Layer[] => {
    channels /= 2;
    from = `${at}.pool`;
    return [
      batchNorm({ name: `${at}.norm` }),
      relu({ name: `${at}.relu` }),
      conv(1, channels, { name: `${at}.conv`, ...NORMALIZED }),
      averagePool(2, { name: from, stride: 2 }),
    ];
  };
  const blocks = [6, 12, 24, 16].flatMap((count, block): Layer[] => [
    ...Array.from({ length: count }, (_, i) => dense(`features.denseblock${block + 1}.denselayer${i + 1}`)).flat(),
    ...(block < 3 ? transition(`features.transition${block + 1}`) : []),
  ]);
  return sequential("densenet121", colour(size), [
    ...convNorm(["features.conv0", "features.norm0"], 7, 64, { stride: 2 }),
    relu({ name: "features.relu0" }),
    maxPool(3, { name: "features.pool0", stride: 2, pad: 1 }),
    ...blocks,
    batchNorm({ name: "features.norm5" }),
    relu({ name: "relu" }),
    ...classify("classifier", classes),
  ]);
}
