/** Networks that other toolboxes have with the shapes of one of the zoo, and that compute something else. */

import { rebuildNetwork, wireLayer } from "../edit/wired-layers.js";
import type { Network, PlacedLayer } from "../network.js";
import type { Origin } from "./preprocessing.js";

/** Toolboxes that call tensors otherwise than torchvision, by a name that only they have. */
const DIALECTS: readonly (readonly [origin: Origin | undefined, names: RegExp])[] = [
  ["timm", /^(conv_stem|stem\.0|pre_logits\.fc1)\.weight$/],
  ["transformers", /^(mobilenet_v[12]\.conv_stem|(efficientnet|resnet|convnext)\.embed)/],
  // efficientnet-pytorch, whose weights are TensorFlow's
  [undefined, /^_conv_stem\.weight$/],
];

/** What a network of others has otherwise than that of the zoo. */
interface Variant {
  /** in the zoo */
  readonly of: string;
  /** how its tensors are called */
  readonly tensors: RegExp;
  /** of its batch normalisations */
  readonly epsilon: number;
  /** whether padding is TensorFlow's: where it is odd, there is more of it at the bottom and the right */
  readonly same: boolean;
}

const TIMM = { tensors: /^conv_stem\.weight$/, epsilon: 1e-5, same: false };
const TIMM_OF_TENSORFLOW = { ...TIMM, epsilon: 1e-3, same: true };
const TRANSFORMERS = { epsilon: 1e-3, same: true };

/** By the names that their makers have for them. Of those with the same tensors the first is taken, unless something else is known. */
const VARIANTS: Readonly<Record<string, Variant>> = {
  efficientnet_lite0: { of: "efficientnetLite0", ...TIMM },
  tf_efficientnet_lite0: { of: "efficientnetLite0", ...TIMM_OF_TENSORFLOW },
  efficientnet_b0: { of: "efficientnetB0", ...TIMM },
  tf_efficientnet_b0: { of: "efficientnetB0", ...TIMM_OF_TENSORFLOW },
  mobilenetv3_large_100: { of: "mobilenetV3Large", ...TIMM },
  tf_mobilenetv3_large_100: { of: "mobilenetV3Large", ...TIMM_OF_TENSORFLOW },
  mobilenetv3_small_100: { of: "mobilenetV3Small", ...TIMM },
  tf_mobilenetv3_small_100: { of: "mobilenetV3Small", ...TIMM_OF_TENSORFLOW },
  "efficientnet-b0": { of: "efficientnetB0", ...TRANSFORMERS, tensors: /^(_conv_stem\.weight$|efficientnet\.embed)/ },
  mobilenet_v1: { of: "mobilenetV1", ...TRANSFORMERS, tensors: /^mobilenet_v1\.conv_stem/ },
  mobilenet_v2: { of: "mobilenetV2", ...TRANSFORMERS, tensors: /^mobilenet_v2\.conv_stem/ },
};

/** The names of networks of others that have the shapes of one of the zoo. */
export const VARIANT_NAMES: readonly string[] = Object.keys(VARIANTS);

/** The network of the zoo with the shapes of another's; undefined where there is none of that name. */
export const zooOfVariant = (name: string): string | undefined =>
  Object.hasOwn(VARIANTS, name) ? VARIANTS[name].of : undefined;

/** Who calls tensors so; undefined where it is torchvision, or not known. */
export function originOfNames(names: Iterable<string>): Origin | undefined {
  const all = [...names];
  return DIALECTS.find(([, pattern]) => all.some((name) => pattern.test(name)))?.[0];
}

/**
 * A network of the zoo as another toolbox has it: called after it there, with its ε and its padding.
 *
 * @param name one of {@link VARIANT_NAMES}, that has this network's shapes
 * @example
 * asVariant(efficientnetLite0(), "efficientnet_lite0").name; // "efficientnet_lite0"
 */
export function asVariant(network: Network, name: string): Network {
  const { epsilon, same } = VARIANTS[name];
  const layers = network.layers.map((placed) => {
    const wired = wireLayer(placed);
    if (wired.type === "batchNorm") return { ...wired, epsilon };
    return wired.type === "conv" ? { ...wired, pad: same ? samePad(placed) : evenPad(placed) } : wired;
  });
  return { ...rebuildNetwork(network, layers), name };
}

type Pad = readonly [number, number, number, number];

/** As much on both sides as keeps the size of a map where the stride is 1. */
function evenPad({ layer }: PlacedLayer): Pad {
  if (layer.type !== "conv") return [0, 0, 0, 0];
  const [high, wide] = layer.support.map((side) => Math.floor((side - 1) / 2));
  return [high, high, wide, wide];
}

/** TensorFlow's "SAME": as little as makes a window for each stride, the odd row behind. */
function samePad({ layer, inputs: [{ shape }] }: PlacedLayer): Pad {
  if (layer.type !== "conv") return [0, 0, 0, 0];
  const { support, stride } = layer;
  const along = (side: number, i: 0 | 1): readonly [number, number] => {
    const all = Math.max(0, (Math.ceil(side / stride[i]) - 1) * stride[i] + support[i] - side);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  };
  return [...along(shape.height, 0), ...along(shape.width, 1)] as const;
}

/** A network as whoever calls tensors so has it. */
export interface TakenVariant {
  readonly network: Network;
  /** what is to be said of it, where it cannot be known */
  readonly note?: string;
}

/**
 * The network of the zoo, or that of another toolbox with the same shapes, by how tensors are called. Where two have the same tensors, what is said elsewhere
 * decides: the name in a checkpoint, or that of the file.
 *
 * @param said where the name of the network may stand
 */
export function variantByNames(network: Network, names: Iterable<string>, said: readonly string[]): TakenVariant {
  const all = [...names];
  const fitting = Object.entries(VARIANTS).filter(
    ([, { of, tensors }]) => of === network.name && all.some((name) => tensors.test(name)),
  );
  if (fitting.length === 0) return { network };
  const [[first], ...others] = fitting;
  if (others.length === 0) return { network: asVariant(network, first) };
  const candidates = fitting.map(([name]) => name);
  const known = candidates.find((name) => said.includes(name));
  // the longer name holds the shorter
  const hinted = others.map(([name]) => name).find((name) => said.some((text) => text.includes(name)));
  const taken = known ?? hinted ?? first;
  if (known) return { network: asVariant(network, taken) };
  const other = candidates.filter((name) => name !== taken).join(", ");
  const reason = hinted ? ", as the file's name says" : ", as nothing says which it is";
  return {
    network: asVariant(network, taken),
    note: `timm's ${taken} and ${other} have the same tensors and differ in padding and ε: it is taken for ${taken}${reason}. Of classify, evaluate, quantize and convert --network ${other} says that it is the other.`,
  };
}
