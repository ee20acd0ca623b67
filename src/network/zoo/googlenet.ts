import { relu } from "../../blocks/activation/activation.js";
import { concat } from "../../blocks/combining/combine.js";
import type { Layer } from "../../blocks/layer.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { classify, colour, convNorm, overhang, positionsOn } from "./stages.js";

/** The filters of a module's four branches: 1×1; 1×1 and 3×3; 1×1 and 3×3; 1×1 after a pooling. */
type Branches = readonly [number, readonly [number, number], readonly [number, number], number];

const MODULES: Readonly<Record<string, Branches>> = {
  "3a": [64, [96, 128], [16, 32], 32],
  "3b": [128, [128, 192], [32, 96], 64],
  "4a": [192, [96, 208], [16, 48], 64],
  "4b": [160, [112, 224], [24, 64], 64],
  "4c": [128, [128, 256], [24, 64], 64],
  "4d": [112, [144, 288], [32, 64], 64],
  "4e": [256, [160, 320], [32, 128], 128],
  "5a": [256, [160, 320], [32, 128], 128],
  "5b": [384, [192, 384], [48, 128], 128],
};

/**
 * GoogLeNet (Szegedy et al. 2015) with batch normalisation, as torchvision has it, without the two classifiers on the way; 6 624 904 learned
 * parameters. The paper's 5×5 filters are 3×3 there. Names are torchvision's.
 *
 * @param classes how many kinds of things there are
 * @param size the side of the pictures; 224
 * @throws RangeError when one is not a whole number of at least 1
 * @example
 * outputOf(googlenet(10)).channels; // 10
 */
export function googlenet(classes = 1000, size = 224): Network {
  let side = size;
  const unit = (at: string, support: number, filters: number, inputs?: readonly string[], stride = 1): Layer[] => [
    ...convNorm([`${at}.conv`, `${at}.bn`], support, filters, {
      stride,
      epsilon: 1e-3,
      ...(inputs ? { inputs: [...inputs] } : {}),
    }),
    relu({ name: at }),
  ];
  const pool = (name: string, support: number): Layer => {
    const pad = overhang(side, support, 2);
    side = positionsOn(side, support, 2, pad[1]);
    return maxPool(support, { name, stride: 2, pad });
  };
  const inception = (number: string, from: string): Layer[] => {
    const at = `inception${number}`;
    const [one, [before, three], [less, five], pooled] = MODULES[number];
    return [
      ...unit(`${at}.branch1`, 1, one, [from]),
      ...unit(`${at}.branch2.0`, 1, before, [from]),
      ...unit(`${at}.branch2.1`, 3, three),
      ...unit(`${at}.branch3.0`, 1, less, [from]),
      ...unit(`${at}.branch3.1`, 3, five),
      maxPool(3, { name: `${at}.branch4.0`, inputs: [from], pad: 1 }),
      ...unit(`${at}.branch4.1`, 1, pooled),
      concat("channels", {
        name: at,
        inputs: ["branch1", "branch2.1", "branch3.1", "branch4.1"].map((b) => `${at}.${b}`),
      }),
    ];
  };
  side = positionsOn(side, 7, 2, 6);
  return sequential("googlenet", colour(size), [
    ...unit("conv1", 7, 64, undefined, 2),
    pool("maxpool1", 3),
    ...unit("conv2", 1, 64),
    ...unit("conv3", 3, 192),
    pool("maxpool2", 3),
    ...inception("3a", "maxpool2"),
    ...inception("3b", "inception3a"),
    pool("maxpool3", 3),
    ...inception("4a", "maxpool3"),
    ...["b", "c", "d", "e"].flatMap((letter, i) => inception(`4${letter}`, `inception4${"abcd"[i]}`)),
    pool("maxpool4", 2),
    ...inception("5a", "maxpool4"),
    ...inception("5b", "inception5a"),
    ...classify("fc", classes, 0.2),
  ]);
}
