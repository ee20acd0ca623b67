import { relu, softmax } from "../../blocks/activation/activation.js";
import { concat } from "../../blocks/combining/combine.js";
import { conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { colour, HE, overhang, positionsOn } from "./stages.js";

/** A fire module: few 1×1 filters, then 1×1 and 3×3 filters side by side. Names are torchvision's. */
const fire = (name: string, squeeze: number, expand: number): Layer[] => [
  conv(1, squeeze, { name: `${name}.squeeze`, ...HE }),
  relu({ name: `${name}.squeeze_activation` }),
  conv(1, expand, { name: `${name}.expand1x1`, ...HE }),
  relu({ name: `${name}.expand1x1_activation` }),
  conv(3, expand, { name: `${name}.expand3x3`, inputs: [`${name}.squeeze_activation`], pad: 1, ...HE }),
  relu({ name: `${name}.expand3x3_activation` }),
  concat("channels", { name, inputs: [`${name}.expand1x1_activation`, `${name}.expand3x3_activation`] }),
];

/** The squeeze and expand filters of the eight modules. */
const FIRES: readonly (readonly [number, number])[] = [
  ...([16, 16, 32, 32, 48, 48, 64, 64] as const).map((squeeze) => [squeeze, 4 * squeeze] as const),
];

/**
 * A SqueezeNet.
 *
 * @param pooled before which modules the map is halved
 */
function squeezenet(
  name: string,
  classes: number,
  size: number,
  [support, filters]: readonly [number, number],
  pooled: readonly number[],
): Network {
  let side = positionsOn(size, support, 2);
  let place = 2;
  const pool = (): Layer => {
    const pad = overhang(side, 3, 2);
    side = positionsOn(side, 3, 2, pad[1]);
    return maxPool(3, { name: `features.${place++}`, stride: 2, pad });
  };
  const modules = FIRES.flatMap(([squeeze, expand], i): Layer[] => [
    ...(pooled.includes(i) ? [pool()] : []),
    ...fire(`features.${place++}`, squeeze, expand),
  ]);
  return sequential(name, colour(size), [
    conv(support, filters, { name: "features.0", stride: 2, ...HE }),
    relu({ name: "features.1" }),
    ...modules,
    dropout(0.5, { name: "classifier.0" }),
    conv(1, classes, { name: "classifier.1", initialization: { type: "gaussian", deviation: 0.01 } }),
    relu({ name: "classifier.2" }),
    globalAveragePool({ name: "classifier.3" }),
    softmax({ name: "prob" }),
  ]);
}

/**
 * SqueezeNet 1.0 (Iandola et al. 2016): AlexNet's accuracy with 1 248 424 parameters. Names are torchvision's.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1; ShapeError when pictures are too small
 * @example
 * networkTable(squeezenet10()).totals.parameters; // 1248424
 */
export const squeezenet10 = (classes = 1000, size = 224): Network =>
  squeezenet("squeezenet10", classes, size, [7, 96], [0, 3, 7]);

/**
 * SqueezeNet 1.1, with less than half of the multiply-adds of {@link squeezenet10}; 1 235 496 parameters.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1; ShapeError when pictures are too small
 * @example
 * networkTable(squeezenet11()).totals.parameters; // 1235496
 */
export const squeezenet11 = (classes = 1000, size = 224): Network =>
  squeezenet("squeezenet11", classes, size, [3, 64], [0, 2, 4]);
