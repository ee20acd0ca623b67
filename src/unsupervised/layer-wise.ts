/** Pre-training layer by layer: each layer an autoencoder of what the one below gives. */

import type { Layer } from "../blocks/layer.js";
import { l2Loss } from "../blocks/loss/value-losses.js";
import { blank, noise } from "../blocks/noise/noise.js";
import { wireLayer } from "../network/edit/wired-layers.js";
import { dag, inputOf, type Network, type PlacedLayer } from "../network/network.js";
import { AUTOENCODER, type AutoencoderOptions, RECONSTRUCTION } from "./autoencoder.js";
import { featureLayers, reading } from "./encoder.js";
import { mirrorLayers } from "./mirror.js";

/** What a stage of a layer-wise training is told; see {@link AUTOENCODER}. */
export type StageOptions = Pick<AutoencoderOptions, "pooling" | "tied" | "noise" | "blank">;

/** One layer with weights, and those up to the next one, as an autoencoder of what stands before them. */
export interface Stage {
  /** the layer with weights that it learns */
  readonly layer: string;
  /** the layers below, frozen; the stage's own; their mirror; and the loss that compares with what they read */
  readonly network: Network;
}

/**
 * The stages of a greedy training (Bengio et al. 2006): stage k takes the layers up to the k-th one with weights, of which those before it are frozen, and learns that one
 * and its mirror, so that what it makes of the values h below it gives them back:
 *
 *     ℓ = ½ Σ (decode(encode(h)) − h)²
 *
 * Damage, where it is asked for, is done to h. The parameters of a stage are the `start` of the next.
 *
 * @param network layers in one row; see {@link autoencoder}
 * @throws RangeError when the network has branches or a layer that has no mirror
 * @example
 * layerWise(ocr()).map(({ layer }) => layer); // ["conv1", "conv2", "conv3"]
 */
export function layerWise(network: Network, options: StageOptions = {}): readonly Stage[] {
  const settings = AUTOENCODER.make(options);
  const features = featureLayers(network);
  const begins = features.flatMap(({ layer, parameters }, i) =>
    parameters.length > 0 && layer.type !== "batchNorm" ? [i] : [],
  );
  return begins.map((begin, k): Stage => {
    // Layers without weights before the first one are part of its stage.
    const from = k === 0 ? 0 : begin;
    const below = features.slice(0, from);
    const own = features.slice(from, begins[k + 1] ?? features.length);
    return { layer: features[begin].name, network: stageNetwork(network, below, own, settings) };
  });
}

/** The network of a stage. */
function stageNetwork(
  network: Network,
  below: readonly PlacedLayer[],
  own: readonly PlacedLayer[],
  { noise: deviation, blank: share, ...how }: ReturnType<typeof AUTOENCODER.make>,
): Network {
  const [{ name: picture }] = network.inputs;
  const target = own[0].inputs[0].name;
  const code = own[own.length - 1].output.name;
  const damage: Layer[] = [
    ...(deviation > 0 ? [noise(deviation, { name: "noise", inputs: [target] })] : []),
    ...(share > 0 ? [blank(share, { name: "blank", inputs: [deviation > 0 ? "noise" : target] })] : []),
  ];
  const seen = damage.at(-1)?.name ?? target;
  const decoding = mirrorLayers(own, code, how);
  return dag(`${network.name} up to ${own[0].name}`, { [picture]: inputOf(network) }, [
    ...below.map((placed): Layer => ({ ...wireLayer(placed), frozen: true })),
    ...damage,
    ...own.map((placed, i): Layer => (i === 0 ? reading(placed, seen) : wireLayer(placed))),
    ...decoding.map((layer, i): Layer => (i === decoding.length - 1 ? { ...layer, output: RECONSTRUCTION } : layer)),
    l2Loss({ name: "difference", inputs: [RECONSTRUCTION], target }),
  ]);
}
