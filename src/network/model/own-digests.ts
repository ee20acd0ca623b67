/** What blocks and losses of one's own compute, as checksums: the code that defines them may change after a model was made. */

import { type BuildMode, FOR_USE } from "../../blocks/block.js";
import { blockOf } from "../../blocks/layer.js";
import { buildLoss, statisticsOfLoss, targetOf, targetSizes } from "../../blocks/loss/loss.js";
import { GraphBuilder } from "../../graph/builder.js";
import { errorText } from "../../values/error-text.js";
import type { Network, PlacedLayer } from "../network.js";

/** The checksum of what each layer of one's own computes, by the layer's name. */
export type OwnDigests = Readonly<Record<string, string>>;

/**
 * The checksums of a network's layers of one's own: each is built by itself, so that they depend on its definition and on nothing else of
 * the network, and not on how this program writes the toolbox's own blocks.
 *
 * @param modeOf what the layers are built for; for use unless said otherwise
 */
export function ownDigests(network: Network, modeOf: (g: GraphBuilder) => BuildMode = () => FOR_USE): OwnDigests {
  const own = network.layers.filter(({ layer }) => ownTypeOf(layer) !== undefined);
  return Object.fromEntries(own.map((placed) => [placed.name, digestOf(graphText(placed, modeOf))]));
}

/**
 * Compares what a network's layers compute with what they computed.
 *
 * @throws RangeError that names the first layer that computes something else; one without a checksum is not known, and taken as it is
 */
export function expectOwn(network: Network, before: OwnDigests): void {
  const now = ownDigests(network);
  const changed = network.layers.find(({ name }) => Object.hasOwn(before, name) && before[name] !== now[name]);
  if (!changed) return;
  throw new RangeError(
    `layer '${changed.name}': the definition of '${ownTypeOf(changed.layer)}' is not the one that the model was trained with: ` +
      "it computes something else. Give the module as it was then, with what it imports and reads.",
  );
}

/** The name of the definition of a layer of one's own. */
function ownTypeOf(layer: PlacedLayer["layer"]): string | undefined {
  const name = layer.type === "loss" && "loss" in layer ? layer.loss : layer.type;
  return name.includes("/") ? name : undefined;
}

/** Nodes and constants of a layer on two images; what goes wrong as its own words: it is told where the network itself is built. */
function graphText(placed: PlacedLayer, modeOf: (g: GraphBuilder) => BuildMode): string {
  try {
    const g = new GraphBuilder(placed.name);
    const made = build(g, placed, modeOf(g));
    const { nodes, initializers } = g.build();
    return JSON.stringify([made, nodes, [...initializers]], plain);
  } catch (error) {
    return errorText(error);
  }
}

/** Adds a layer to an empty graph. @returns the names of what it makes */
function build(g: GraphBuilder, { layer, inputs, parameters }: PlacedLayer, mode: BuildMode): string[] {
  const shapes = inputs.map(({ shape }) => [2, shape.channels, shape.height, shape.width]);
  const read = shapes.map((shape, i) => g.input(`input ${i}`, "float32", shape));
  if (layer.type === "loss" && "loss" in layer) {
    const [{ shape }] = inputs;
    const target = g.input("target", targetOf(layer, shape).type, targetSizes(layer, shape, 2));
    const statistics = statisticsOfLoss(layer).map((statistic) => statistic.build(g, read[0], target));
    return [buildLoss(g, layer, read[0], target), ...statistics];
  }
  const block = blockOf(layer);
  const [first, ...others] = inputs.map(({ shape }) => shape);
  const own = block.parameters(layer, first, ...others);
  const byName = own.map(
    ({ name }, i) => [name, g.input(`parameter ${name}`, "float32", parameters[i].shape)] as const,
  );
  return [block.build(g, layer, read, Object.fromEntries(byName), layer.frozen === true ? FOR_USE : mode)];
}

/** Arrays and large integers as JSON can have them. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return Array.from(value, String);
  return ArrayBuffer.isView(value) && "length" in value ? Array.from(value as Float64Array, String) : value;
}

/** 64 bits in hexadecimal: twice FNV-1a, from two beginnings, finished as MurmurHash3 is. No secret depends on them. */
function digestOf(text: string): string {
  const half = (start: number): string => {
    let h = start;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0).toString(16).padStart(8, "0");
  };
  return half(0x811c9dc5) + half(0x2545f491);
}
