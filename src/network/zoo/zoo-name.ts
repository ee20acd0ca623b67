/** Which network of the zoo a network from elsewhere is. */

import { type Network, parametersOf } from "../network.js";
import { ZOO } from "./index.js";

/** The shapes of all filters but the last, which depend on the classes, as a text. */
const filtersOf = (network: Network): string =>
  parametersOf(network)
    .filter(({ shape }) => shape.length === 4)
    .slice(0, -1)
    .map(({ shape }) => shape.join("×"))
    .sort()
    .join(" ");

/**
 * The name in {@link ZOO} of a network, by the shapes of its filters: however its layers are called, whether or not its batch normalisations are folded into
 * its filters, and whatever it tells apart.
 *
 * @returns undefined where it is none of them
 * @example
 * zooName(resnet18(7)); // "resnet18"
 */
export function zooName(network: Network): string | undefined {
  const own = filtersOf(network);
  return own === "" ? undefined : Object.keys(ZOO).find((name) => filtersOf(ZOO[name]()) === own);
}
