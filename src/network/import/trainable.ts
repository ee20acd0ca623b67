/** Which layers of a network cannot be trained, or trained through, and which can be nevertheless. */

import { reachedGradients } from "../../autodiff/differentiate.js";
import { flat, ruleOf } from "../../autodiff/rules.js";
import { FOR_USE } from "../../blocks/block.js";
import { blockOf } from "../../blocks/layer.js";
import { GraphBuilder } from "../../graph/builder.js";
import { isFloat } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { errorText } from "../../values/error-text.js";
import { freezeLayers } from "../edit/edit.js";
import { rebuildNetwork, type Wired, wireLayer } from "../edit/wired-layers.js";
import type { Network, PlacedLayer } from "../network.js";

/** What of a layer a derivative reaches from its output. */
interface Reach {
  /** of each input, whether it does */
  readonly inputs: readonly boolean[];
  /** the names, within the layer, of learned parameters that it does not reach */
  readonly lost: readonly string[];
  /** the operators that it does not pass */
  readonly jumps: readonly string[];
}

/** What a derivative reaches of a layer; why it cannot be taken, where it cannot. */
function reachOf(placed: PlacedLayer, batch: number): Reach | string {
  const { name, layer, inputs, parameters } = placed;
  if (layer.type !== "graph") return { inputs: inputs.map(() => true), lost: [], jumps: [] };
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
    const nodes = [...g.nodes];
    const learned = own.flatMap((spec) => (spec.learningRate > 0 ? spec.name : []));
    const objective = g.op("ReduceSum", [made], { keepdims: 0 });
    const found = reachedGradients(g, objective, [...from, ...learned.map((spec) => values[spec])]);
    return {
      inputs: from.map((value) => found.has(value)),
      lost: learned.filter((spec) => !found.has(values[spec])),
      jumps: [...new Set(nodes.flatMap((node) => (isJump(g, node) ? node.operator : [])))],
    };
  } catch (error) {
    return errorText(error);
  }
}

/** What depends on the size of what it is given, and not on its numbers. */
const OF_SIZES = ["Shape", "Size", "ConstantOfShape", "EyeLike"];

/** Whether what a node makes of floating-point numbers changes in jumps. */
function isJump(g: GraphBuilder, node: Node): boolean {
  if (OF_SIZES.includes(node.operator)) return false;
  const isReal = (name: string): boolean => name !== "" && isFloat(g.type(name).type);
  return node.inputs.some(isReal) && (ruleOf(node) === flat || !node.outputs.some(isReal));
}

/**
 * The network with what cannot be trained frozen: pieces of graph without a gradient, and the layers before them; layers, and parameters of pieces of graph, from which
 * every way to the scores leads through operators that change in jumps, such as Round. What is behind or beside can be trained as it stands. Behind the last layer with
 * parameters there may be such operators: a new head takes their place.
 *
 * @param batch the size of the batches that it is tried with
 */
export function freezeUntrainable(network: Network, batch: number): { network: Network; notes: readonly string[] } {
  const { frozen, unreached, lost, notes } = lookBack(network, batch);
  if (frozen.size === 0 && unreached.size === 0 && lost.size === 0) return { network, notes };
  const still = new Set([...frozen, ...unreached]);
  const kept = freezeLayers(withoutLearning(network, lost), [...still]);
  if (still.size === 0) return { network: kept, notes };
  const left = network.layers.filter(({ name, parameters }) => !still.has(name) && parameters.length > 0);
  const some = left.slice(0, 3).map(({ name }) => name);
  const can =
    left.length === 0
      ? "no layer behind them has parameters, so that a new one is needed to train on"
      : `${layersText(left.length)} with parameters can still be trained: ${some.join(", ")}${left.length > 3 ? " …" : ""}`;
  const summary = `${layersText(still.size)} ${still.size === 1 ? "is" : "are"} frozen, what cannot be trained through and what stands before it; ${can}.`;
  return { network: kept, notes: [...notes, summary] };
}

const layersText = (count: number): string => `${count} ${count === 1 ? "layer" : "layers"}`;

/** What cannot be trained, and why. */
interface Untrainable {
  /** layers without a gradient, and those before them */
  readonly frozen: ReadonlySet<string>;
  /** layers that no derivative comes to */
  readonly unreached: ReadonlySet<string>;
  /** of layers that learn otherwise, the parameters that no derivative comes to, by their names within the layer */
  readonly lost: ReadonlyMap<string, readonly string[]>;
  readonly notes: readonly string[];
}

/** Walks from the scores back to the image. */
function lookBack({ layers }: Network, batch: number): Untrainable {
  const notes: string[] = [];
  const [frozen, blocked] = [new Set<string>(), new Set<string>()];
  const read = new Set(layers.flatMap(({ inputs }) => inputs.map(({ name }) => name)));
  // Behind what is open nothing learns, so that whatever learns will be put there; derivatives come to what is reached.
  const open = new Set(layers.flatMap(({ output }) => (read.has(output.name) ? [] : output.name)));
  const reached = new Set(open);
  const unreached = new Map<string, boolean>();
  const lost = new Map<string, readonly string[]>();
  const jumps: { readonly text: string; readonly inputs: readonly string[] }[] = [];
  for (const placed of [...layers].reverse()) {
    const { name, inputs, output, parameters } = placed;
    const reach = reachOf(placed, batch);
    if (typeof reach === "string") notes.push(`Layer '${name}' cannot be trained through: ${reach}`);
    if (typeof reach === "string" || blocked.has(output.name)) {
      frozen.add(name);
      for (const input of inputs) blocked.add(input.name);
      continue;
    }
    const learns = parameters.some(({ learningRate }) => learningRate > 0);
    if (!reached.has(output.name)) unreached.set(name, learns);
    else if (open.has(output.name) && !learns) {
      for (const input of inputs) for (const each of [open, reached]) each.add(input.name);
    } else {
      const words = `${reach.jumps.join(", ") || "its output"} changes in jumps only, with no slope to learn from`;
      const shut = inputs.flatMap((input, i) => (reach.inputs[i] ? [] : input.name));
      for (const [i, input] of inputs.entries()) if (reach.inputs[i]) reached.add(input.name);
      if (shut.length > 0) jumps.push({ text: `Layer '${name}' cannot be trained through: ${words}.`, inputs: shut });
      if (reach.lost.length > 0) {
        lost.set(name, reach.lost);
        notes.push(`Of layer '${name}', ${reach.lost.join(", ")} cannot be trained: ${words}.`);
      }
    }
  }
  // Where nothing that learns stands before them, jumps take nothing away.
  const any = [...unreached.values()].some((learns) => learns);
  const needed = jumps.filter(({ inputs }) => any && inputs.some((input) => !reached.has(input)));
  return {
    ...{ frozen, lost, unreached: any ? new Set(unreached.keys()) : new Set() },
    notes: [...notes.reverse(), ...needed.reverse().map(({ text }) => text)],
  };
}

/** The network with some parameters of pieces of graph as constants. */
function withoutLearning(network: Network, lost: ReadonlyMap<string, readonly string[]>): Network {
  if (lost.size === 0) return network;
  const layers = network.layers.map((placed): Wired => {
    const wired = wireLayer(placed);
    const names = lost.get(placed.name);
    if (!names || wired.type !== "graph") return wired;
    const weights = wired.weights.map((each) =>
      names.includes(each.name ?? each.value) ? { ...each, learned: false } : each,
    );
    return { ...wired, weights };
  });
  return rebuildNetwork(network, layers);
}
