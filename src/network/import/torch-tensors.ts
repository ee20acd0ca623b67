/** A network's parameters as PyTorch keeps them: the other way round from `assignWeights`. */

import { elementCount, float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { flatLayers } from "../flat-layers.js";
import { type Network, type PlacedLayer, withoutLoss } from "../network.js";
import { wantedBy } from "./modules.js";
import { torchNames } from "./torch-names.js";

/** Layers for which PyTorch has a module with the same parameters. */
const MODULES: ReadonlySet<string> = new Set(["conv", "convTranspose", "batchNorm", "layerNorm", "scale"]);

/**
 * The parameters of a network by the names and in the shapes that torchvision has for the networks of the zoo: `load_state_dict` takes them there. Of other
 * networks each layer is a module of its own name. Fully connected layers are matrices, and a batch normalisation has running means and variances.
 *
 * @returns undefined where a layer has parameters for which PyTorch has no module
 * @example
 * const network = sequential("one", { channels: 2, height: 3, width: 3 }, [conv(3, 5, { name: "fc" })]);
 * torchTensors(network, initialize(network, 1))?.get("fc.weight")?.shape; // [5, 18]
 */
export function torchTensors(
  network: Network,
  parameters: ReadonlyMap<string, Tensor<"float32">>,
): Map<string, Tensor<"float32">> | undefined {
  const layers = network.layers.filter((placed) => placed.parameters.length > 0);
  if (layers.some(({ layer }) => !MODULES.has(layer.type))) return undefined;
  const flat = flatLayers(withoutLoss(network));
  const matrices = new Set([...flat].map(({ name }) => name));
  const names = torchNames(network);
  const tensors = new Map<string, Tensor<"float32">>();
  for (const placed of layers) {
    const isMatrix = matrices.has(placed.name) || isPixelwise(network, placed);
    for (const [suffix, value] of valuesOf(placed, parameters)) {
      const shape =
        suffix === ".weight" && isMatrix ? [value.shape[0], elementCount(value.shape.slice(1))] : value.shape;
      tensors.set((names.get(placed.name) ?? placed.name) + suffix, { ...value, shape });
    }
  }
  return tensors;
}

/** ConvNeXt's fully connected layers, which work on each pixel: torchvision has its images as N×H×W×C there. */
function isPixelwise({ layers }: Network, { layer, inputs: [input], parameters: [filters] }: PlacedLayer): boolean {
  if (layer.type !== "conv" || filters.shape.slice(2).some((size) => size > 1)) return false;
  const before = layers.find(({ output }) => output.name === input.name)?.layer.type;
  return before === "layerNorm" || before === "gelu";
}

/** The tensors of a layer, by what stands behind its name. */
function valuesOf(
  placed: PlacedLayer,
  parameters: ReadonlyMap<string, Tensor<"float32">>,
): readonly (readonly [suffix: string, value: Tensor<"float32">])[] {
  const { layer } = placed;
  const values = placed.parameters.map(({ name, shape }) => parameters.get(name) ?? float32(new Float32Array(), shape));
  if (layer.type === "batchNorm") {
    const [gain, bias, { data, shape }] = values;
    const [, channels] = shape;
    const variance = Float32Array.from(data.subarray(channels), (deviation) =>
      Math.max(deviation ** 2 - layer.epsilon, 0),
    );
    return [
      [".weight", gain],
      [".bias", bias],
      [".running_mean", float32(data.slice(0, channels), [channels])],
      [".running_var", float32(variance, [channels])],
    ];
  }
  // torchvision's layer_scale is C×1×1
  const isScale = layer.type === "scale";
  return wantedBy(placed).map(({ suffix }, i) => [
    suffix,
    isScale ? { ...values[i], shape: [...values[i].shape, 1, 1] } : values[i],
  ]);
}
