/** Networks taken apart into layers that say what they read, and put together again. */

import { shortType } from "../../blocks/definitions.js";
import type { Layer } from "../../blocks/layer.js";
import { dag, type Network, type PlacedLayer } from "../network.js";

/** A layer that says its name and what it reads. */
export type Wired = Layer & { readonly name: string; readonly inputs: readonly string[] };

export const wireLayer = ({ name, layer, inputs }: PlacedLayer): Wired => ({
  ...layer,
  name,
  inputs: inputs.map((v) => v.name),
});

/** A layer without some of its fields. */
export function withoutFields(layer: Layer, ...fields: readonly (keyof Layer)[]): Layer {
  const rest = { ...layer };
  for (const field of fields) delete rest[field];
  return rest;
}

/**
 * The network of these layers. What their order says anyway is left out of them again, so that a network which is edited back is as
 * it was.
 */
export function rebuildNetwork(network: Network, layers: readonly Wired[], inputs = network.inputs): Network {
  const shapes = Object.fromEntries(inputs.map(({ name, shape }) => [name, shape]));
  const counts = new Map<string, number>();
  let before: string = inputs[0].name;
  const brief = dag(network.name, shapes, layers).layers.map((placed) => {
    const type = shortType(placed.layer.type);
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    const [first, ...others] = placed.inputs;
    const reads = others.length === 0 && first.name === before;
    if (type !== "loss") before = placed.output.name;
    return withoutFields(
      placed.layer,
      ...(placed.name === `${type}${count}` ? (["name"] as const) : []),
      ...(reads ? (["inputs"] as const) : []),
      ...(placed.layer.output === placed.name ? (["output"] as const) : []),
    );
  });
  return dag(network.name, shapes, brief);
}

/** The error for a name that a network does not have, with those that it has. */
export function unknownName(
  network: string,
  what: string,
  name: string,
  known: Iterable<{ readonly name: string }>,
): RangeError {
  const names = [...known].map((one) => one.name).join(", ");
  return new RangeError(`Network '${network}' has no ${what} '${name}'; it has ${names || "none"}.`);
}
