/** Layers of another toolbox, with the values of their parameters, as a network of ours. */

import type { Layer } from "../blocks/layer.js";
import { ModelFormatError } from "../graph/codec/foreign.js";
import { formatShape } from "../graph/dimension.js";
import type { Tensor } from "../graph/types.js";
import { dag, type InputShapes, type Network } from "../network/network.js";
import { errorText } from "../values/error-text.js";

/** A layer, and its parameters by their names within it: "filters", "biases". */
export interface ForeignLayer {
  readonly layer: Layer & { readonly name: string };
  readonly values?: Readonly<Record<string, Tensor<"float32">>>;
}

/**
 * The network that layers make, and its parameters by the names that it gives them.
 *
 * @param toolbox whose they are, for messages
 * @throws ModelFormatError when the layers do not fit each other, or values not the layers; the layer is named
 */
export function placeLayers(
  toolbox: string,
  name: string,
  inputs: InputShapes,
  layers: readonly ForeignLayer[],
): { network: Network; parameters: ReadonlyMap<string, Tensor<"float32">> } {
  let network: Network;
  try {
    network = dag(
      name,
      inputs,
      layers.map(({ layer }) => layer),
    );
  } catch (error) {
    throw new ModelFormatError(`${toolbox}: the layers do not hold together: ${errorText(error)}`, { cause: error });
  }
  const byName = new Map(layers.map((entry) => [entry.layer.name, entry]));
  const parameters = new Map<string, Tensor<"float32">>();
  for (const placed of network.layers) {
    const { layer, values = {} } = byName.get(placed.name) ?? { layer: placed.layer };
    for (const [own, value] of Object.entries(values)) {
      const full = layer.parameters?.[own] ?? `${placed.name}/${own}`;
      const spec = placed.parameters.find((parameter) => parameter.name === full);
      const where = `${toolbox}: layer '${placed.name}': ${own}`;
      if (!spec) throw new ModelFormatError(`${where}: expected none, got ${formatShape(value.shape)}.`);
      if (value.data.length !== spec.shape.reduce((product, size) => product * size, 1)) {
        throw new ModelFormatError(`${where}: expected ${formatShape(spec.shape)}, got ${formatShape(value.shape)}.`);
      }
      parameters.set(full, { ...value, shape: spec.shape });
    }
    const missing = placed.parameters.find((parameter) => !parameters.has(parameter.name));
    if (missing) {
      throw new ModelFormatError(
        `${toolbox}: layer '${placed.name}': expected ${missing.name}, ${formatShape(missing.shape)}, got nothing.`,
      );
    }
  }
  return { network, parameters };
}

/** Gives names that are taken already a number: "conv", "conv_2". Nothing is left without one. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let i = 2; taken.has(free); i++) free = `${name}_${i}`;
    taken.add(free);
    return free;
  });
}
