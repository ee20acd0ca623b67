/** The network that a training was asked for, before the size of its images is known. */

import { LAYERS } from "../../blocks/layer.js";
import { exists } from "../../files/exists-file.js";
import { readBytes } from "../../files/read-file.js";
import { networkFrom } from "../../network/description.js";
import { withLoss } from "../../network/edit/edit.js";
import { dag, inputOf, type Network, outputOf, parametersOf } from "../../network/network.js";
import { compactForSounds, hearing } from "../../network/zoo/hearing.js";
import { type CompactOptions, compact, ZOO } from "../../network/zoo/index.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { anything, text } from "../../values/kind.js";
import { optional, record, required } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";

/** A network that was asked for: the size of its images where that is fixed, and the network for a size. */
export interface NetworkPlan {
  readonly input?: ImageShape;
  /** @param rate of sounds, samples a second */
  network(shape: ImageShape, rate?: number): Network;
}

/**
 * What a network's name stands for: one of the zoo, {@link compact}, or a JSON file with a list of layers or with a whole network.
 *
 * @param options those of `compact`
 * @param asked as {@link NETWORK_NAME} takes it
 * @throws UsageError when there is no such network; RangeError when it does not take the options; TypeError when the file holds no network
 */
export async function planNetwork(asked = "compact", classes: number, options?: CompactOptions): Promise<NetworkPlan> {
  if (asked === "compact") {
    return {
      network: (shape, rate) =>
        rate === undefined ? compact(shape, classes, options) : compactForSounds(shape, classes, rate, options),
    };
  }
  if (options) {
    const given = Object.keys(options).join(" and ");
    throw new RangeError(`Invalid value for network: ${given} can be chosen for compact only, got '${asked}'.`);
  }
  if (Object.hasOwn(ZOO, asked)) {
    const usual = withLoss(ZOO[asked](classes));
    const input = inputOf(usual);
    // Networks that end with the mean of each map take squares of any size; the others stay as they are.
    const ofSize = (side: number): Network => withLoss(ZOO[asked](classes, side));
    return {
      input,
      network: ({ height, width }) => (height === width && height !== input.height ? ofSize(height) : usual),
    };
  }
  if (!(await exists(asked))) {
    const names = ["compact", ...Object.keys(ZOO)].join(", ");
    throw new UsageError(
      `'${asked}' is no network, and no such file is there: expected one of ${names}, or a .json file.`,
    );
  }
  return readPlan(asked);
}

/** A network as such a file has it: its inputs are the pictures, whatever it says of them. */
const PLAN = record({ name: optional(text()), inputs: optional(anything()), layers: required(LAYERS) });

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readBytes(path)).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RangeError(`${path} is no JSON: ${error.message}`);
    throw error;
  }
}

/** A network of one's own, from a file of JSON. */
const readPlan = async (path: string): Promise<NetworkPlan> => planOf(await readJson(path), path);

function planOf(json: unknown, path: string): NetworkPlan {
  const { name = "custom", layers } = PLAN.read(Array.isArray(json) ? { layers: json } : json, path);
  const hears = layers.some(({ type }) => type === "samples");
  return {
    network: (shape, rate) =>
      dag(name, { image: shape }, rate === undefined || hears ? layers : [...hearing(rate), ...layers]),
  };
}

/**
 * The network in a file of JSON, for images of a shape, or else of the shape that the file says.
 *
 * @returns undefined where neither says it
 * @throws as {@link planNetwork}
 */
export async function networkInFile(path: string, shape?: ImageShape): Promise<Network | undefined> {
  const json = await readJson(path);
  const states = typeof json === "object" && json !== null && "inputs" in json;
  if (shape === undefined && states) return networkFrom(json);
  const plan = planOf(json, path);
  return shape && plan.network(shape);
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
    throw new UsageError(
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
