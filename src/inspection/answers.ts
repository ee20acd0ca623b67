/** What a network says, by what it is made for, and what of it can be explained. */

import { comparedBy } from "../blocks/loss/loss.js";
import { float32 } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { resultOf, type TrainedModel } from "../network/model/model.js";
import { inputOf, lossesOf, type Network, outputOf, withoutLoss } from "../network/network.js";
import type { ImageShape } from "../values/image-shape.js";
import { whole } from "../values/kind.js";
import { type Answer, answerOf, weighing } from "./attribution/why.js";
import type { Aim } from "./gradient.js";
import { activations, type Opened } from "./opened.js";

/**
 * What comes out of a network:
 *
 * - "classes": one class of several; "attributes": yes or no for each of several; "score": one yes or no
 * - "values": one number or several, of a regression
 * - "classMap": a class for each place; "attributeMap": yes or no for each place, once or for each of several attributes; "valueMap": numbers for each place
 * - "picture": a picture as large as the one that it reads, of an autoencoder
 * - "numbers": none of these, such as a sequence, or boxes in an order of their own
 */
export type ResultKind =
  | "classes"
  | "attributes"
  | "score"
  | "values"
  | "classMap"
  | "attributeMap"
  | "valueMap"
  | "picture"
  | "numbers";

/**
 * What comes out of a model. Its loss says it where it has one. Another toolbox's model is judged by its sizes and its last layer: what is as large as the picture is taken for a picture where
 * all that it is made of goes through fewer numbers than the picture has, or where it has three channels behind a sigmoid or a hyperbolic tangent.
 *
 * @example
 * resultKind(model); // "classes"
 */
export function resultKind({ network }: TrainedModel): ResultKind {
  const { name, squash } = resultOf(network);
  const maker = network.layers.find(({ output }) => output.name === name);
  const { channels, height, width } = maker?.output.shape ?? inputOf(network);
  const [loss] = lossesOf(network);
  if (height * width === 1) {
    if (!squash) return "values";
    if (squash === "Softmax") return "classes";
    return channels === 1 ? "score" : "attributes";
  }
  const [input, output] = [inputOf(network), outputOf(network)];
  const isAsLarge = sameSize(input, output) && input.channels === output.channels;
  const last = network.layers.findLast(({ output: made }) => made.name === outputName(network));
  const isBounded = last?.layer.type === "sigmoid" || last?.layer.type === "tanh";
  if (loss) {
    if (comparedBy(loss.layer) === "attributes") return "attributeMap";
    if (squash) return "classMap";
    return isAsLarge ? "picture" : "valueMap";
  }
  if (last?.layer.type === "softmax") return "classMap";
  const mayBePicture = isBounded || last?.layer.type === "conv" || last?.layer.type === "convTranspose";
  if (isAsLarge && mayBePicture && ((isBounded && channels === 3) || isNarrow(network))) return "picture";
  if (height === 1 || width === 1 || height > input.height || width > input.width) return "numbers";
  return squash === "Sigmoid" ? "attributeMap" : "classMap";
}

const outputName = (network: Network): string => {
  const { layers, inputs } = withoutLoss(network);
  return layers.at(-1)?.output.name ?? inputs[0].name;
};

const sameSize = (a: ImageShape, b: ImageShape): boolean => a.height === b.height && a.width === b.width;

/** Whether everything goes through a layer that makes at most half as many numbers as the picture has. */
function isNarrow(network: Network): boolean {
  const { layers, inputs } = withoutLoss(network);
  const made = new Map(inputs.map(({ name }) => [name, -1]));
  for (const [i, { output }] of layers.entries()) made.set(output.name, i);
  const count = ({ channels, height, width }: ImageShape): number => channels * height * width;
  const most = count(inputs[0].shape) / 2;
  // the first layer that any layer behind this one reads
  let first = Number.POSITIVE_INFINITY;
  for (let i = layers.length - 1; i >= 0; i--) {
    if (i < layers.length - 1 && first >= i && count(layers[i].output.shape) <= most) return true;
    first = Math.min(first, ...layers[i].inputs.map(({ name }) => made.get(name) ?? -1));
  }
  return false;
}

/** So many attributes, values or classes of a map are explained. */
const MOST = 4;
const MOST_OF_MAPS = 2;

/**
 * What a network says of a picture, most of all first. Of classes, the likeliest and the next; of attributes and of one score whether they are there or not, the surest first; of values each
 * number; of maps the mean score of a class, or of an attribute, over the places where it wins.
 *
 * @param image 1×C×H×W, from 0 to 255
 * @param asked a class, attribute or value that is asked about: of classes it is the second unless it is the likeliest, else the first
 * @returns none of pictures and of numbers that mean nothing by themselves
 * @throws RangeError for a class, attribute or value that there is not
 * @example
 * (await answersTo(opened, zeros("float32", [1, 1, 32, 32]))).length; // 2: the likeliest class, and the next
 */
export async function answersTo(opened: Opened, image: Tensor<"float32">, asked?: number): Promise<readonly Answer[]> {
  const { model } = opened;
  const kind = resultKind(model);
  if (kind === "picture" || kind === "numbers") return [];
  const { scores } = await activations(opened, image, ["scores"]);
  const { data, shape } = scores;
  if (asked !== undefined) whole(0, shape[1] - 1).take(asked, { path: "asked" });
  const channels = Array.from({ length: shape[1] }, (_, k) => k);
  const bySize = (size: (k: number) => number): number[] => channels.sort((a, b) => size(b) - size(a));
  const askedFirst = (ranked: readonly number[]): readonly number[] =>
    asked === undefined ? ranked : [asked, ...ranked.filter((k) => k !== asked)];
  const name = (k: number): string => model.classes[k] ?? `${k + 1}`;
  switch (kind) {
    case "classes": {
      const [best, ...others] = bySize((k) => data[k]);
      const next = asked === best ? others : askedFirst(others);
      return [best, ...next].slice(0, 2).map((k) => answerOf(opened, k));
    }
    case "attributes":
    case "score":
      return askedFirst(bySize((k) => Math.abs(data[k])))
        .slice(0, MOST)
        .map((k) =>
          data[k] > 0 ? { name: name(k), of: k } : { name: `not ${name(k)}`, of: one(channels.length, k, -1) },
        );
    case "values":
      return askedFirst(channels)
        .slice(0, MOST)
        .map((k) => ({ name: name(k), of: one(channels.length, k, 1) }));
    default: {
      const { counts, wins } = winners(scores, kind === "classMap");
      return askedFirst(bySize((k) => counts[k]))
        .filter((k) => counts[k] > 0 || k === asked)
        .slice(0, MOST_OF_MAPS)
        .map((k) => ({ name: name(k), of: { layer: "scores", weights: meanWhere(shape, k, counts[k], wins) } }));
    }
  }
}

/** The score of one of some channels, times a weight. */
function one(channels: number, channel: number, weight: number): Aim {
  const weights = new Float32Array(channels);
  weights[channel] = weight;
  return weighing(weights);
}

/**
 * In how many places each channel of a map wins: as the largest of all, or, where each is a yes or no of its own, by being above 0.
 *
 * @returns counts for each channel; wins: whether a channel wins in a place
 */
export function winners(
  { shape: [, channels, height, width], data }: Tensor<"float32">,
  isOneOfAll: boolean,
): { readonly counts: readonly number[]; wins(channel: number, place: number): boolean } {
  const area = height * width;
  const best = Int32Array.from({ length: isOneOfAll ? area : 0 }, (_, i) => {
    let at = 0;
    for (let k = 1; k < channels; k++) if (data[k * area + i] > data[at * area + i]) at = k;
    return at;
  });
  const wins = (k: number, i: number): boolean => (isOneOfAll ? best[i] === k : data[k * area + i] > 0);
  const counts = Array.from({ length: channels }, (_, k) => {
    let count = 0;
    for (let i = 0; i < area; i++) if (wins(k, i)) count++;
    return count;
  });
  return { counts, wins };
}

/** Weights of the mean of a channel over the places where it wins; over all places where it wins nowhere. */
function meanWhere(
  [, channels, height, width]: readonly number[],
  channel: number,
  count: number,
  wins: (channel: number, place: number) => boolean,
): Tensor<"float32"> {
  const area = height * width;
  const data = new Float32Array(channels * area);
  for (let i = 0; i < area; i++) if (count === 0 || wins(channel, i)) data[channel * area + i] = 1 / (count || area);
  return float32(data, [1, channels, height, width]);
}
