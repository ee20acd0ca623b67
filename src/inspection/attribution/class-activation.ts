/** Where the evidence for a class lies among the places of a layer. */

import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { resultOf } from "../../network/model/model.js";
import { inputOf } from "../../network/network.js";
import { softmax } from "../../values/softmax.js";
import { partsOf } from "../batches.js";
import { gradient, valueAimedAt } from "../gradient.js";
import { activations, type Opened } from "../opened.js";
import { type Explained, expectSlope } from "./by-gradient.js";
import { enlarge, meanPicture } from "./maps.js";

/** Which layer's maps are looked at. */
export interface LayerOption {
  /** the last that has places, see {@link evidenceLayer}, unless given */
  readonly layer?: string;
}

/**
 * The layer whose maps class activation methods look at: going back from the scores, the first that has several places; where the scores have places themselves, what they are made
 * from. It is the last map before the mean over all places or the first fully connected layer. Where the network was opened with a `mapLayer`, that one.
 *
 * @throws RangeError for a network without places
 * @example
 * evidenceLayer(opened); // "relu1"
 */
export function evidenceLayer({ model: { network }, mapLayer }: Opened): string {
  if (mapLayer !== undefined) return mapLayer;
  const makers = new Map(network.layers.map((placed) => [placed.output.name, placed]));
  const scores = makers.get(resultOf(network).name);
  for (let placed = makers.get(scores?.inputs[0].name ?? ""); placed; placed = makers.get(placed.inputs[0].name)) {
    const { height, width } = placed.output.shape;
    if (height * width > 1) return placed.name;
  }
  throw new RangeError(`'${network.name}' has no layer with places before its scores: there is nowhere to look.`);
}

/** The maps of a layer, and the derivative of what is explained by them. */
interface Places {
  readonly maps: Tensor<"float32">;
  readonly slopes: Tensor<"float32">;
}

async function placesOf(
  ...[opened, images, of, { layer = evidenceLayer(opened) } = {}]: [...Explained, LayerOption?]
): Promise<Places> {
  const { gradients, values } = await gradient(opened, images, { of, withRespectTo: [layer] });
  expectSlope(gradients[layer], `'${layer}'`, opened);
  return { maps: values[layer], slopes: gradients[layer] };
}

/** Σ over channels of weight · map, for each place: N×1×h×w. */
function weighted(
  { shape, data }: Tensor<"float32">,
  weight: (map: number, place: number) => number,
  isCutOff = true,
): Tensor<"float32"> {
  const [count, channels, height, width] = shape;
  const area = height * width;
  const result = new Float32Array(count * area);
  for (let map = 0; map < count * channels; map++) {
    const to = Math.floor(map / channels) * area;
    for (let i = 0; i < area; i++) result[to + i] += weight(map, i) * data[map * area + i];
  }
  return float32(isCutOff ? result.map((value) => Math.max(value, 0)) : result, [count, 1, height, width]);
}

/** For each map the mean of some numbers over its places. */
function meansOf({ shape, data }: Tensor<"float32">): Float64Array {
  const area = shape[2] * shape[3];
  const means = new Float64Array(shape[0] * shape[1]);
  data.forEach((value, i) => {
    means[Math.floor(i / area)] += value / area;
  });
  return means;
}

/**
 * Grad-CAM (Selvaraju et al. 2017): max(0, Σ_c a_c · F_c), where a_c is the mean over all places of d f / d F_c, for the maps F of a layer. It shows roughly where the evidence for a class
 * lies, and nothing finer than the layer's places.
 *
 * @returns N×1×h×w, in the layer's places
 * @throws RangeError for a layer that the network has not, or on which what is explained does not depend
 * @example
 * (await gradCam(opened, zeros("float32", [1, 1, 32, 32]), 2, { layer: "pool2" })).shape; // [1, 1, 5, 5]
 */
export async function gradCam(...explained: [...Explained, LayerOption?]): Promise<Tensor<"float32">> {
  const { maps, slopes } = await placesOf(...explained);
  const weights = meansOf(slopes);
  return weighted(maps, (map) => weights[map]);
}

/**
 * Class activation maps (Zhou et al. 2016): Σ_c w_c · F_c, where w_c is the sum over all places of d f / d F_c: of a network that ends in a mean over all places and a fully connected layer,
 * the layer's weights. Unlike {@link gradCam} it shows what speaks against a class, too: its mean is the score, without the bias.
 *
 * @returns N×1×h×w
 * @example
 * (await classActivationMap(opened, zeros("float32", [1, 1, 32, 32]), 2, { layer: "pool2" })).shape; // [1, 1, 5, 5]
 */
export async function classActivationMap(...explained: [...Explained, LayerOption?]): Promise<Tensor<"float32">> {
  const { maps, slopes } = await placesOf(...explained);
  const [weights, area] = [meansOf(slopes), maps.shape[2] * maps.shape[3]];
  return weighted(maps, (map) => weights[map] * area, false);
}

/**
 * Grad-CAM++ (Chattopadhay et al. 2018): as {@link gradCam}, where a_c is the sum over all places of α · max(0, g), with g = d f / d F_c and
 *
 *   α = g² / (2 g² + g³ Σ F_c)
 *
 * It finds several things of a class more evenly.
 *
 * @returns N×1×h×w
 * @example
 * (await gradCamPlusPlus(opened, zeros("float32", [1, 1, 32, 32]), 2, { layer: "pool2" })).shape; // [1, 1, 5, 5]
 */
export async function gradCamPlusPlus(...explained: [...Explained, LayerOption?]): Promise<Tensor<"float32">> {
  const { maps, slopes } = await placesOf(...explained);
  const area = maps.shape[2] * maps.shape[3];
  const sums = meansOf(maps).map((mean) => mean * area);
  const weights = new Float64Array(sums.length);
  slopes.data.forEach((g, i) => {
    if (g <= 0) return;
    const map = Math.floor(i / area);
    weights[map] += (g * g * g) / (2 * g * g + g * g * g * sums[map] + 1e-6);
  });
  return weighted(maps, (map) => weights[map]);
}

/**
 * Layer-CAM (Jiang et al. 2021): max(0, Σ_c max(0, d f / d F_c) · F_c), place by place. It is sharp in early layers, too.
 *
 * @returns N×1×h×w
 * @example
 * (await layerCam(opened, zeros("float32", [1, 1, 32, 32]), 2, { layer: "pool1" })).shape; // [1, 1, 14, 14]
 */
export async function layerCam(...explained: [...Explained, LayerOption?]): Promise<Tensor<"float32">> {
  const { maps, slopes } = await placesOf(...explained);
  const area = maps.shape[2] * maps.shape[3];
  return weighted(maps, (map, place) => Math.max(0, slopes.data[map * area + place]));
}

/**
 * Score-CAM (Wang et al. 2020): max(0, Σ_c a_c · F_c), where a_c is the softmax over the maps of what the network says of the picture seen through the map alone: brought to 0 … 1 and to the
 * picture's size, the outer corners alike, what is not seen being the mean picture. It needs no derivative, and one run for each map.
 *
 * @returns N×1×h×w
 * @example
 * (await scoreCam(opened, zeros("float32", [1, 1, 32, 32]), 2, { layer: "pool1" })).shape; // [1, 1, 14, 14]
 */
export async function scoreCam(
  ...[opened, images, of, { layer = evidenceLayer(opened) } = {}]: [...Explained, LayerOption?]
): Promise<Tensor<"float32">> {
  const maps = (await activations(opened, images, [layer]))[layer];
  const [count, channels, height, width] = maps.shape;
  const weights = new Float64Array(count * channels);
  const mean = meanPicture(opened);
  const { height: H, width: W } = inputOf(opened.model.network);
  for (let n = 0; n < count; n++) {
    const size = channels * height * width;
    const own = float32(maps.data.subarray(n * size, (n + 1) * size), [channels, 1, height, width]);
    const seen = unit(enlarge(own, { width: W, height: H }, "corners"));
    const picture = images.data.subarray(n * mean.length, (n + 1) * mean.length);
    const scores: number[] = [];
    for (const { from, to } of partsOf(channels, opened.together)) {
      const data = new Float32Array((to - from) * mean.length);
      for (let k = from; k < to; k++) {
        for (let i = 0; i < mean.length; i++) {
          data[(k - from) * mean.length + i] = mean[i] + (picture[i] - mean[i]) * seen[k * H * W + (i % (H * W))];
        }
      }
      scores.push(...(await valueAimedAt(opened, float32(data, [to - from, ...images.shape.slice(1)]), aimFor(of, n))));
    }
    weights.set(softmax(scores), n * channels);
  }
  return weighted(maps, (map) => weights[map]);
}

/** What is explained of one of the pictures. */
function aimFor(of: Explained[2], n: number): Explained[2] {
  if (typeof of === "number") return of;
  if (!("layer" in of)) return of[of.length === 1 ? 0 : n];
  const [all, ...sizes] = of.weights.shape;
  const size = of.weights.data.length / all;
  const from = all === 1 ? 0 : n;
  return { ...of, weights: float32(of.weights.data.subarray(from * size, (from + 1) * size), [1, ...sizes]) };
}

/** Each map from 0 to 1; one that is the same everywhere is 0. */
function unit({ shape, data }: Tensor<"float32">): Float32Array {
  const area = shape[2] * shape[3];
  const result = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += area) {
    const own = data.subarray(start, start + area);
    const [least, most] = [own.reduce((a, b) => Math.min(a, b)), own.reduce((a, b) => Math.max(a, b))];
    if (most > least)
      result.set(
        own.map((value) => (value - least) / (most - least)),
        start,
      );
  }
  return result;
}
