/** Which numbers a network takes for pixels, by how its first layers make others of them. */

import type { Tensor } from "../graph/types.js";
import type { Network, PlacedLayer } from "../network/network.js";

/** Pixels from 0 to 255, or from 0 to 1. */
export type PixelRange = "bytes" | "unit";

/** Operators that give numbers other places, such as red for blue. */
const MOVES: readonly string[] = ["Gather", "Identity", "Cast"];

/**
 * The range of a network's pixels where it begins by y = a·x + b: what is taken away, −b/a, lies among the pixels; where it is near 0, a makes numbers near 1 of them.
 *
 * @param parameters by the names that `parametersOf(network)` gives
 * @returns undefined where it begins otherwise, or with numbers that may be of either: a near 1 and b near 0
 * @example
 * pixelRangeOf(resnet18(), new Map()); // undefined
 */
export function pixelRangeOf(
  { inputs, layers }: Network,
  parameters: ReadonlyMap<string, Tensor>,
): PixelRange | undefined {
  const channels = inputs[0].shape.channels;
  const gains = new Array<number>(channels).fill(1);
  const biases = new Array<number>(channels).fill(0);
  let at = inputs[0].name;
  const next = (): PlacedLayer | undefined =>
    layers.find((layer) => layer.inputs.length === 1 && layer.inputs[0].name === at);
  for (let layer = next(); layer; layer = next()) {
    if (layer.layer.type === "scale") {
      const [gain, bias] = layer.parameters.map(({ name }) => parameters.get(name)?.data);
      if (gain?.length !== channels) break;
      for (let c = 0; c < channels; c++) {
        gains[c] *= Number(gain[c]);
        biases[c] = biases[c] * Number(gain[c]) + Number(bias?.[c] ?? 0);
      }
    } else if (layer.layer.type !== "graph" || !layer.layer.nodes.every(({ operator }) => MOVES.includes(operator)))
      break;
    at = layer.output.name;
  }
  const mean = Math.max(...biases.map((bias, c) => Math.abs(bias / gains[c])));
  const gain = Math.max(...gains.map(Math.abs));
  if (mean > 1.5) return "bytes";
  if (gain < 0.1) return gain > 0 ? "bytes" : undefined;
  return mean > 0.2 || gain > 2 ? "unit" : undefined;
}
