/** What the features of a piece of graph see of its first input. */

import { intOf, stringOf } from "../../graph/attributes.js";
import { ALONG_AN_AXIS, isElementwise } from "../../graph/operator-families.js";
import type { Node } from "../../graph/types.js";
import { type Window, windowOf } from "../../graph/window.js";
import type { ImageShape } from "../../values/image-shape.js";
import { type Field, PIXEL } from "../block.js";
import { type NodeData, nodeOf } from "./node-data.js";

/** What it is told by. */
interface Piece {
  readonly reads: readonly { readonly shape?: readonly number[] | undefined }[];
  readonly nodes: readonly NodeData[];
  readonly weights: readonly { readonly value: string; readonly shape: readonly number[] }[];
}

/** The window of a layer that is one window; undefined of any other. */
export function onlyWindow(layer: Piece): Window | undefined {
  if (isLocal(layer)) return PIXEL;
  const [first, ...others] = layer.nodes;
  if (others.length > 0) return undefined;
  const { weights } = layer;
  const node = nodeOf(first);
  if (!["Conv", "MaxPool", "AveragePool"].includes(node.operator)) return undefined;
  const filters = weights.find(({ value }) => value === node.inputs[1])?.shape.slice(2);
  try {
    return windowOf(node, filters);
  } catch {
    return undefined;
  }
}

/** Operators beside the elementwise ones that keep each pixel to itself, whatever their attributes. */
const PIXELWISE = ["BatchNormalization", "CastLike", "DequantizeLinear", "Dropout", "LRN", "QuantizeLinear"];

/** Operators that do so where they work along the channels. */
const ALONG_CHANNELS = [...ALONG_AN_AXIS, "ArgMax", "ArgMin", "Concat"];

/** Whether a layer makes each pixel of that pixel alone. */
const isLocal = (layer: Piece): boolean => readsImages(layer) && layer.nodes.every((data) => keepsPixels(nodeOf(data)));

const readsImages = ({ reads }: Piece): boolean =>
  reads.every(({ shape }) => shape === undefined || shape.length === 3);

function keepsPixels(node: Node): boolean {
  const { operator } = node;
  if (isElementwise(operator) || PIXELWISE.includes(operator)) return true;
  return (
    ALONG_CHANNELS.includes(operator) && [1, -3].includes(intOf(node, "axis", operator.startsWith("Arg") ? 0 : -1))
  );
}

/**
 * The field of a layer that only enlarges or shrinks an image (Resize): its feature i is taken from the place a·i + b of the input, by ONNX's
 *
 *   half_pixel  a = in/out, b = (a − 1)/2      asymmetric  a = in/out, b = 0      align_corners  a = (in − 1)/(out − 1), b = 0
 *
 * "linear" takes the pixels less than 1 from there, "cubic" those less than 2, "nearest" one that is at most half a pixel from it, or next to it on the one side that it rounds to.
 *
 * @param made asks for the layer's output
 * @returns undefined of any other layer, and of what is smoothed as it shrinks
 */
export function enlargedField(layer: Piece, input: ImageShape, made: () => ImageShape): Field | undefined {
  const [first, ...others] = layer.nodes;
  if (first.operator !== "Resize" || others.length > 0 || !readsImages(layer)) return undefined;
  const node = nodeOf(first);
  const output = made();
  const isShrunk = output.height < input.height || output.width < input.width;
  if (intOf(node, "antialias", 0) === 1 && isShrunk) return undefined;
  const down = along(node, input.height, output.height);
  const across = along(node, input.width, output.width);
  if (!down || !across) return undefined;
  return {
    size: [down.size, across.size],
    stride: [down.stride, across.stride],
    offset: [down.offset, across.offset],
  };
}

/** One axis of a {@link Field}. */
interface Along {
  readonly size: number;
  readonly stride: number;
  readonly offset: number;
}

function along(node: Node, before: number, after: number): Along | undefined {
  if (before === after) return { size: 1, stride: 1, offset: 0 };
  const how = stringOf(node, "coordinate_transformation_mode", "half_pixel");
  const isCorners = how === "align_corners" && after > 1;
  const [over, under] = isCorners ? [before - 1, after - 1] : [before, after];
  const stride = over / under;
  const isMiddle = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel"].includes(how);
  if (!isCorners && !isMiddle && how !== "asymmetric") return undefined;
  const offset = isMiddle ? (stride - 1) / 2 : 0;
  // places are whole numbers of this: what is nearer than a whole number of pixels is so by one of it
  const grain = commonDivisor(over, under) / under / (isMiddle ? 2 : 1);
  const mode = stringOf(node, "mode", "nearest");
  if (mode === "linear") return { size: 3 - 2 * grain, stride, offset };
  if (mode === "cubic") return { size: 5 - 2 * grain, stride, offset };
  const rounds = stringOf(node, "nearest_mode", "round_prefer_floor");
  if (rounds === "floor") return { size: 2 - grain, stride, offset: offset - (1 - grain) / 2 };
  if (rounds === "ceil") return { size: 2 - grain, stride, offset: offset + (1 - grain) / 2 };
  // from one half to before the other
  const aside = (rounds === "round_prefer_floor" ? -grain : grain) / 2;
  return { size: 2 - grain, stride, offset: offset + aside };
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
