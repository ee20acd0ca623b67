/** The mirror of a row of layers: each is undone as far as that can be, the last one first. */

import type { Conv } from "../blocks/convolution/conv.js";
import { convTranspose } from "../blocks/convolution/conv-transpose.js";
import type { Layer } from "../blocks/layer.js";
import { batchNorm } from "../blocks/normalization/batch-norm.js";
import { maxUnpool } from "../blocks/pooling/unpool.js";
import { upsample } from "../blocks/sampling/upsample.js";
import { withoutFields } from "../network/edit/wired-layers.js";
import type { PlacedLayer } from "../network/network.js";

/** What the names of the layers of a mirror begin with. */
export const MIRROR = "decode/";

/** How layers are undone. */
export interface MirrorOptions {
  /** whether a transposed convolution has the filters of the convolution that it undoes */
  readonly tied: boolean;
  /** how a pooling by the largest is undone: "places" puts numbers where the largest pixels were, "repeat" into all pixels of the window */
  readonly pooling: "places" | "repeat";
}

/** Functions of single numbers: the mirror has them, too. */
const ACTIVATIONS: readonly string[] = [
  ...["relu", "leakyRelu", "softplus", "sigmoid", "tanh", "elu", "gelu", "clip", "hardSigmoid", "hardSwish", "silu"],
];

/** What changes numbers by their neighbours or at random, and is left as it is. */
const PASSED: readonly string[] = ["dropout", "noise", "blank", "localResponseNorm", "spatialNorm"];

const isActivation = ({ layer }: PlacedLayer): boolean => ACTIVATIONS.includes(layer.type);
const isNormalization = ({ layer }: PlacedLayer): boolean => layer.type === "batchNorm";

/**
 * The layers that lead from what a row of layers makes back to what it reads. Activations stand where they stood, so that the mirror of a convolution gives what the
 * layer before it gave; the last one stays without. A normalisation of the batch is before the activation here, too. Each is called "decode/" and the name of what it
 * undoes.
 *
 * @param layers in one row
 * @param code the variable that the mirror begins with
 * @throws RangeError that names a layer which has no mirror
 */
export function mirrorLayers(layers: readonly PlacedLayer[], code: string, options: MirrorOptions): Layer[] {
  // The code itself has gone through the last activation.
  const end = layers.findLastIndex((placed) => !isActivation(placed) && !isNormalization(placed)) + 1;
  const backwards = normalizedFirst(layers.slice(0, end).reverse());
  let before = code;
  return backwards.flatMap((placed): Layer[] =>
    undo(placed, options).map((layer, i): Layer => {
      const name = `${MIRROR}${placed.name}${i > 0 ? `/${i + 1}` : ""}`;
      const inputs = layer.type === "maxUnpool" ? [before, placed.inputs[0].name] : [before];
      before = name;
      return { ...layer, name, inputs } as Layer;
    }),
  );
}

/** Backwards, an activation would stand before the normalisation. */
function normalizedFirst(layers: readonly PlacedLayer[]): PlacedLayer[] {
  const order = [...layers];
  for (let i = 0; i + 1 < order.length; i++) {
    if (isActivation(order[i]) && isNormalization(order[i + 1])) [order[i], order[i + 1]] = [order[i + 1], order[i]];
  }
  return order;
}

/** What undoes a layer: none, one or two layers. */
function undo(placed: PlacedLayer, { tied, pooling }: MirrorOptions): Layer[] {
  const { layer, inputs, name } = placed;
  const [{ shape }] = inputs;
  const back = upsample([shape.height, shape.width]);
  if (isActivation(placed)) return [withoutFields(layer, "name", "inputs", "output")];
  if (PASSED.includes(layer.type)) return [];
  switch (layer.type) {
    case "conv":
      return undoConv(placed, layer, tied);
    case "batchNorm":
      return [batchNorm()];
    case "globalPool":
      return [back];
    case "pool": {
      const apart =
        layer.support.every((size, axis) => size === layer.stride[axis]) && layer.pad.every((pad) => pad === 0);
      if (layer.method === "max" && pooling === "places" && apart) return [maxUnpool(layer.support)];
      return [back];
    }
    default:
      throw new RangeError(
        `Layer ${placed.number} '${name}' of type '${layer.type}' has no mirror: expected convolutions, poolings, activations and batch normalisations.`,
      );
  }
}

/** The transposed convolution; where the stride leaves rows or columns over, the last ones are repeated. */
function undoConv({ inputs, output, parameters, name }: PlacedLayer, layer: Conv, tied: boolean): Layer[] {
  const [{ shape }] = inputs;
  if (layer.dilation.some((d) => d > 1)) throw new RangeError(`Layer '${name}' is dilated, which has no mirror.`);
  const [top, bottom, left, right] = layer.pad;
  const sizes = [
    [shape.height, output.shape.height, top + bottom],
    [shape.width, output.shape.width, left + right],
  ] as const;
  const left0 = sizes.map(
    ([whole, made, pads], axis) => whole - (layer.stride[axis] * (made - 1) + layer.support[axis] - pads),
  );
  const crop = [top, Math.max(0, bottom - left0[0]), left, Math.max(0, right - left0[1])] as const;
  const made = convTranspose(layer.support, shape.channels, {
    ...{ upsample: layer.stride, crop, groups: layer.groups, initialization: { type: "he", fan: "out" } },
    ...(tied ? { parameters: { filters: parameters[0].name } } : {}),
  });
  const isWhole = left0[0] <= bottom && left0[1] <= right;
  return isWhole ? [made] : [made, upsample([shape.height, shape.width])];
}
