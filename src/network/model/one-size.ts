import { hasMeanImage, type Normalization } from "../../values/normalization.js";
import { inputOf, type Network } from "../network.js";

/** Layers that are built for the size of what they read. */
const OF_ONE_SIZE: ReadonlySet<string> = new Set(["upsample", "dct"]);

/** Whether a model takes images of its own size alone: a mean image is taken away, or a layer is built for that size. */
export const isOfOneSize = ({
  network,
  normalization,
}: {
  readonly network: Network;
  readonly normalization: Normalization;
}): boolean =>
  hasMeanImage(normalization, inputOf(network)) || network.layers.some(({ layer }) => OF_ONE_SIZE.has(layer.type));
