import { asFloat32 } from "../../formats/elements.js";
import type { ForeignModel } from "../../formats/foreign-model.js";
import { type NetworkMaker, networkForWeights } from "../../network/import/state-dict.js";
import type { Network } from "../../network/network.js";
import { compact, ZOO } from "../../network/zoo/index.js";
import { asVariant, VARIANT_NAMES, zooOfVariant } from "../../network/zoo/variants.js";
import type { ImageShape } from "../../values/image-shape.js";
import { nearestName } from "../../values/nearest.js";
import { UsageError } from "../../values/usage-error.js";
import { networkInFile } from "../pictures/network-plan-file.js";
import { NETWORK_WORDS } from "../settings/pictures-settings.js";

/**
 * The network that was asked for, whose weights a file has, and which tells apart as many classes as its last weights.
 *
 * @param asked one of the zoo, or a JSON file of layers
 * @throws UsageError where there is no such network, or the file has one of its own
 */
export async function networkOfWeights(
  path: string,
  { tensors, format }: ForeignModel,
  asked: string,
  image: ImageShape | undefined,
): Promise<Network> {
  if (!tensors) {
    throw new UsageError(
      `--network is for files that have weights alone; ${path} (${format}) has a network of its own. Leave it out.`,
    );
  }
  const weights = new Map([...tensors].map(([name, value]) => [name, asFloat32(value)] as const));
  const fitting = (make: NetworkMaker): Network => networkForWeights(weights, make);
  const side = image?.width === image?.height ? image?.width : undefined;
  const of = zooOfVariant(asked);
  if (of !== undefined)
    return asVariant(
      fitting((classes) => ZOO[of](classes, side)),
      asked,
    );
  if (Object.hasOwn(ZOO, asked)) {
    return fitting((classes) => ZOO[asked](classes, side));
  }
  if (asked.endsWith(".json")) {
    const network = await networkInFile(asked, image);
    if (network) return network;
  } else if (asked !== "compact") {
    const near = nearestName(asked, [...Object.keys(ZOO), ...VARIANT_NAMES]);
    throw new UsageError(
      `--network: '${asked}' is no network${near === undefined ? "." : `. Did you mean ${near}?`} Expected ${NETWORK_WORDS}, or a .json file.`,
    );
  } else if (image) return fitting((classes) => compact(image, classes));
  throw new UsageError(`--network ${asked} does not say how large its images are: give it, such as --size 64.`);
}
