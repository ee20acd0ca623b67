/** How torchvision calls the layers of the networks that stand in the zoo under other names. */

import { flatLayers } from "../flat-layers.js";
import { type Network, withoutLoss } from "../network.js";

/**
 * torchvision's names for the layers of VGG, which are MatConvNet's here: places in its two rows. Of other networks there are none: their layers are called as
 * there, or torchvision has no such network.
 *
 * @returns torchvision's names by ours
 * @example
 * torchNames(vgg11()).get("conv1_1"); // "features.0"
 */
export function torchNames(network: Network): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  if (!/^vgg(11|13|16|19)/.test(network.name)) return names;
  const matrices = new Set([...flatLayers(withoutLoss(network))].map(({ name }) => name));
  const counted = network.layers.filter(({ layer }) => ["conv", "batchNorm", "relu", "pool"].includes(layer.type));
  const connected = counted.filter((placed) => matrices.has(placed.name) && placed.layer.type === "conv");
  for (const [i, placed] of counted.entries()) if (!matrices.has(placed.name)) names.set(placed.name, `features.${i}`);
  // a ReLU and a dropout stand between
  for (const [i, placed] of connected.entries()) names.set(placed.name, `classifier.${3 * i}`);
  return names;
}
