/** The network that a training was asked for, before the size of its images is known. */

import { readFile } from "node:fs/promises";
import { LAYERS } from "../../blocks/layer.js";
import { dag, inputOf, type Network, outputOf, parametersOf } from "../../network/network.js";
import { type CompactOptions, compact, ZOO } from "../../network/zoo/index.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { anything, text } from "../../values/kind.js";
import { optional, record, required } from "../../values/record.js";

/** A network that was asked for: the size of its images where that is fixed, and the network for a size. */
export interface NetworkPlan {
  readonly input?: ImageShape;
  network(shape: ImageShape): Network;
}

/**
 * What a network's name stands for: one of the zoo, {@link compact}, or a JSON file with a list of layers or with a whole network.
 *
 * @param options those of `compact`
 * @throws RangeError when there is no such network, or it does not take the options; TypeError when the file holds no network
 */
export async function planNetwork(asked = "compact", classes: number, options?: CompactOptions): Promise<NetworkPlan> {
  if (asked === "compact") return { network: (shape) => compact(shape, classes, options) };
  if (options) {
    const given = Object.keys(options).join(" and ");
    throw new RangeError(`Invalid value for network: ${given} can be chosen for compact only, got '${asked}'.`);
  }
  if (Object.hasOwn(ZOO, asked)) {
    const network = ZOO[asked](classes);
    return { input: inputOf(network), network: () => network };
  }
  if (!asked.endsWith(".json")) {
    const names = ["compact", ...Object.keys(ZOO)].join(", ");
    throw new RangeError(`Invalid value for network: expected one of ${names}, or a .json file, got '${asked}'.`);
  }
  return readPlan(asked);
}

/** A network as such a file has it: its inputs are the pictures, whatever it says of them. */
const PLAN = record({ name: optional(text()), inputs: optional(anything()), layers: required(LAYERS) });

/** A network of one's own, from a file of JSON. */
async function readPlan(path: string): Promise<NetworkPlan> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RangeError(`${path} is no JSON: ${error.message}`);
    throw error;
  }
  const { name = "custom", layers } = PLAN.read(Array.isArray(json) ? { layers: json } : json, path);
  return { network: (shape) => dag(name, { image: shape }, layers) };
}

/** The channels that a network takes, where pictures can have so many. @throws RangeError where they cannot */
export function expectChannels(channels: number, network: string): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw new RangeError(`Network '${network}' takes ${channels} channels; pictures have 1 or 3.`);
}

/** @throws RangeError unless the network takes such pictures, gives a score for each class, and has something to learn */
export function expectFits(network: Network, shape: ImageShape, classes: readonly string[]): void {
  const input = inputOf(network);
  if (shapeText(input) !== shapeText(shape)) {
    throw new RangeError(
      `Network '${network.name}' takes ${shapeText(input)}; the pictures are brought to ${shapeText(shape)}.`,
    );
  }
  const scores = outputOf(network);
  if (scores.channels !== classes.length || scores.height !== 1 || scores.width !== 1) {
    throw new RangeError(
      `Network '${network.name}' gives ${shapeText(scores)} scores; expected one for each of the ${classes.length} classes.`,
    );
  }
  if (parametersOf(network).length === 0) throw new RangeError(`Network '${network.name}' has nothing to learn.`);
}
