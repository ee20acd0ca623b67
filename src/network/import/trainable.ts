/** Which layers of a network cannot be trained through, and which can be trained nevertheless. */

import { gradients } from "../../autodiff/differentiate.js";
import { FOR_USE } from "../../blocks/block.js";
import { blockOf } from "../../blocks/layer.js";
import { GraphBuilder } from "../../graph/builder.js";
import { errorText } from "../../values/error-text.js";
import { freezeLayers } from "../edit/edit.js";
import type { Network, PlacedLayer } from "../network.js";

/** Why a piece of graph cannot be trained; undefined where it can. */
function obstacle({ name, layer, inputs, parameters }: PlacedLayer, batch: number): string | undefined {
  const g = new GraphBuilder(name);
  try {
    const from = inputs.map(({ shape: { channels, height, width } }, i) =>
      g.input(`input ${i}`, "float32", [batch, channels, height, width]),
    );
    const own = blockOf(layer).parameters(layer, inputs[0].shape);
    const values = Object.fromEntries(
      own.map((spec, i) => [spec.name, g.input(`parameter ${i}`, "float32", parameters[i].shape)]),
    );
    const made = blockOf(layer).build(g, layer, from, values, FOR_USE);
    const learned = own.flatMap((spec) => (spec.learningRate > 0 ? [values[spec.name]] : []));
    gradients(g, g.op("ReduceSum", [made], { keepdims: 0 }), [...from, ...learned]);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/**
 * The network with what cannot be trained frozen: pieces of graph without a gradient, and the layers before them. What is behind or beside can be
 * trained as it stands.
 *
 * @param batch the size of the batches that it is tried with
 */
export function freezeUntrainable(network: Network, batch: number): { network: Network; notes: readonly string[] } {
  const notes: string[] = [];
  const blocked = new Set<string>();
  const frozen = new Set<string>();
  for (const placed of [...network.layers].reverse()) {
    const reason = placed.layer.type === "graph" ? obstacle(placed, batch) : undefined;
    if (reason !== undefined) notes.push(`Layer '${placed.name}' cannot be trained through: ${reason}`);
    if (reason === undefined && !blocked.has(placed.output.name)) continue;
    frozen.add(placed.name);
    for (const { name } of placed.inputs) blocked.add(name);
  }
  if (frozen.size === 0) return { network, notes };
  const left = network.layers.filter(({ name, parameters }) => !frozen.has(name) && parameters.length > 0);
  const some = left.slice(0, 3).map(({ name }) => name);
  const can =
    left.length === 0
      ? "no layer behind them has parameters, so that a new one is needed to train on"
      : `${left.length} layers with parameters can still be trained: ${some.join(", ")}${left.length > 3 ? " …" : ""}`;
  const summary = `${frozen.size} layers are frozen, those that cannot be trained through and those before them; ${can}.`;
  return { network: freezeLayers(network, [...frozen]), notes: [...notes.reverse(), summary] };
}
