/** What is said of weights that are not a network's. */

import { nearestName } from "../../values/nearest.js";
import type { Network, PlacedLayer } from "../network.js";
import {
  alikeByShapes,
  isOf,
  listed,
  type Modules,
  misfits,
  namings,
  shapeWords,
  type Weights,
  wantedBy,
  weighted,
} from "./modules.js";

/** So many misfits have the nearest name beside them. */
const MOST = 100;

/** All in which a file is not a network's: what is missing, with the nearest of what is left, what is of another shape, and what is left. */
export function mismatch(network: Network, modules: Modules): string {
  const layers = weighted(network);
  const name = nearestNaming(network, modules);
  const own = new Set(layers.map(name));
  const left = [...modules.keys()].filter((module) => !own.has(module));
  const nearest = (placed: PlacedLayer): string => {
    const [{ suffix, shape }] = wantedBy(placed);
    const alike = left.filter((module) => {
      const value = modules.get(module)?.get(suffix);
      return value && isOf(value, shape);
    });
    const near = nearestName(name(placed), alike) ?? nearestName(name(placed), left) ?? alike[0];
    return near === undefined ? "" : ` (the nearest is '${near}${[...(modules.get(near)?.keys() ?? [""])][0]}')`;
  };
  const wrong = layers
    .flatMap((placed) => misfits(placed, modules, name(placed)).map((misfit) => ({ placed, misfit })))
    .map(({ placed, misfit }, i) => (i < MOST && !modules.has(name(placed)) ? misfit + nearest(placed) : misfit));
  const counts = `The file has ${modules.size} modules, the network ${layers.length} layers with parameters.`;
  if (layers.every((placed) => !modules.has(name(placed)))) {
    return `${wrong[0]}, nor any other of its layers. ${counts}`;
  }
  const unused = left.length > 0 ? `; no layer takes ${listed(left.map((module) => `'${module}'`))}` : "";
  return `${listed(wrong, "; ")}${unused}. ${counts}`;
}

/** Those of a network's names that a file has most of. */
function nearestNaming(network: Network, modules: Modules): (placed: PlacedLayer) => string {
  const [own, torch = own] = namings(network);
  const layers = weighted(network);
  const known = (name: (placed: PlacedLayer) => string): number =>
    layers.filter((placed) => modules.has(name(placed))).length;
  return known(torch) > known(own) ? torch : own;
}

/** Said where a file is sorted by name, and its names do not give the order of two modules. */
export const namesUnclear = ([one, other]: readonly [string, string]): string =>
  `the file has its tensors in the order of the alphabet, under other names than the network, and these do not say whether '${one}' or '${other}' comes first. Save them in the order of the model (a .pth file), or under the network's names.`;

/** A network of which less of the layers is in a file is not called near. */
const NEAR = 0.2;

/** Said of a file whose weights are those of none of some networks: the nearest, and where it differs. */
export function nearestNetwork(networks: readonly Network[], modules: Modules, weights: Weights): string {
  const [first] = weights;
  if (!first) return "Expected the tensors of a network of the zoo, got a file that has none.";
  const got = `Expected the tensors of a network of the zoo, got ${weights.size} of another ('${first[0]}' of ${shapeWords(first[1].shape)} is the first)`;
  const [best] = networks
    .map((network) => {
      const name = nearestNaming(network, modules);
      const layers = weighted(network);
      const fitting = layers.filter((placed) => misfits(placed, modules, name(placed)).length === 0).length;
      const alike = alikeByShapes(network, modules);
      const all = Math.max(layers.length, modules.size);
      return { network, fitting, alike, layers: layers.length, share: (fitting + alike / 2) / all };
    })
    .sort((a, b) => b.share - a.share);
  if (!best || best.fitting + best.alike === 0) return `${got}; none has any like them.`;
  const { network, fitting, alike, layers, share } = best;
  const what =
    fitting > alike / 2
      ? `${fitting} of its ${layers} layers are there by name and shape`
      : `${alike} of its ${layers} layers are there by their shapes`;
  const name = nearestNaming(network, modules);
  const wrong = weighted(network).flatMap((placed) => misfits(placed, modules, name(placed)));
  const own = new Set(weighted(network).map(name));
  const unused = [...modules.keys()].filter((module) => !own.has(module)).map((module) => `'${module}'`);
  const differs = [
    ...(wrong.length > 0 ? [listed(wrong, "; ", 3)] : []),
    ...(unused.length > 0 ? [`no layer takes ${listed(unused, ", ", 3)}`] : []),
  ];
  return `${got}. The nearest is ${network.name}, of which ${share < NEAR ? "only " : ""}${what}: ${differs.join("; ")}.`;
}
