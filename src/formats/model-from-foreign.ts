/** A network with its parameters, whatever the format that it was read from. */

import { ModelFormatError } from "../graph/codec/foreign.js";
import type { Evaluator } from "../graph/fold/fold.js";
import type { Tensor } from "../graph/types.js";
import { type ImportOptions, importGraph } from "../network/import/import-graph.js";
import { assignWeights, networkOfWeights } from "../network/import/state-dict.js";
import { type Network, outputOf } from "../network/network.js";
import { ZOO } from "../network/zoo/index.js";
import { asFloat32 } from "./elements.js";
import type { ForeignModel } from "./foreign-model.js";

/** A foreign model as a network of ours. */
export interface NetworkWithWeights {
  readonly network: Network;
  /** by the names that `parametersOf(network)` gives */
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;
  /** what each score stands for, each name once; numbers from 0 where the file has no names */
  readonly classes: readonly string[];
  /** what surprises: one plain sentence each, those of the file first */
  readonly notes: readonly string[];
}

/**
 * The network of a foreign model: layers as the file has them (MatConvNet, Caffe), layers made of its graph (ONNX, TFLite, Keras; see `importGraph`), or the
 * network of the zoo whose weights it has (safetensors, PyTorch).
 *
 * @param foreign what `readForeign` gave
 * @param engine where constants of graphs are computed
 * @param options sizes that the file leaves open
 * @throws ModelFormatError when it is no network of ours, with the reason; UpgradeError, ShapeError as `importGraph`
 * @example
 * const { network, classes } = await modelFromForeign(await readForeign(await readFile("letters.onnx")), engine, {
 *   image: { channels: 1, height: 32, width: 32 },
 * });
 * classes.length; // 26
 */
export async function modelFromForeign(
  foreign: ForeignModel,
  engine: Evaluator,
  options: ImportOptions = {},
): Promise<NetworkWithWeights> {
  const { network, parameters, notes } = await partsOf(foreign, engine, options);
  const named = namesOf(foreign.classes, outputOf(network).channels);
  return { network, parameters, classes: named.classes, notes: [...foreign.notes, ...notes, ...named.notes] };
}

async function partsOf(
  { graph, network, parameters, tensors, format }: ForeignModel,
  engine: Evaluator,
  options: ImportOptions,
): Promise<Omit<NetworkWithWeights, "classes">> {
  if (network && parameters) return { network, parameters, notes: [] };
  if (graph) return importGraph(graph, engine, options);
  if (!tensors) throw new ModelFormatError(`Expected a network or its weights, got neither from a file of ${format}.`);
  const weights = new Map([...tensors].map(([name, value]) => [name, asFloat32(value)] as const));
  const found = networkOfWeights(weights, ZOO);
  return { network: found, ...assignWeights(found, weights) };
}

/** A name for each score, each name once. */
function namesOf(
  given: readonly string[] | undefined,
  count: number,
): { readonly classes: readonly string[]; readonly notes: readonly string[] } {
  const numbers = Array.from({ length: count }, (_, i) => `${i}`);
  if (!given) return { classes: numbers, notes: [] };
  if (given.length !== count) {
    return {
      classes: numbers,
      notes: [`The file names ${given.length} classes, and its network has ${count} scores: they are numbered.`],
    };
  }
  const counts = new Map<string, number>();
  for (const name of given) counts.set(name, (counts.get(name) ?? 0) + 1);
  const twice = [...counts].filter(([, often]) => often > 1).map(([name]) => name);
  const notes =
    twice.length === 0
      ? []
      : [`Several classes have the same name, and a number behind it here: ${twice.slice(0, 3).join(", ")}.`];
  return { classes: given.map((name, i) => (twice.includes(name) ? `${name} (${i})` : name)), notes };
}
