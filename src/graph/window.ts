/** The geometry that convolutions and poolings share: a window that slides over an image. */

import { attributes, intOf, intsOf, stringOf } from "./attributes.js";
import { floorDivide, plus } from "./dimension.js";
import { ShapeError } from "./shape-error.js";
import type { Attributes, Dimension, Node } from "./types.js";

/** A sliding window; sizes in pixels, vertical before horizontal. */
export interface Window {
  /** height and width of the window */
  readonly support: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, bottom, left, right: MatConvNet's order */
  readonly pad: readonly [number, number, number, number];
  /** distance of neighbouring taps */
  readonly dilation: readonly [number, number];
}

function pair(node: Node, name: string, values: readonly number[] | undefined): [number, number] {
  if (!values) return [1, 1];
  if (values.length === 2) return [values[0], values[1]];
  throw new ShapeError(`${node.operator} '${node.name}': ${name} has ${values.length} sizes; an image needs 2.`);
}

/**
 * Reads a window from the attributes of an ONNX Conv or pooling node; ONNX orders pads top, left, bottom, right.
 *
 * @param support height and width, where the node does not say them
 * @throws TypeError when the window is not one over images with explicit pads (other ranks, auto_pad, ceil_mode)
 */
export function windowOf(node: Node, support = intsOf(node, "kernel_shape")): Window {
  const fail = (what: string): never => {
    throw new ShapeError(`${node.operator} '${node.name}' ${what}.`);
  };
  if (!support) return fail("has no kernel_shape");
  const automatic = stringOf(node, "auto_pad", "NOTSET");
  if (automatic.startsWith("SAME")) return fail(`has auto_pad ${automatic}: its padding depends on the image`);
  if (intOf(node, "ceil_mode", 0) === 1) return fail("has ceil_mode: its last windows depend on the image");
  const [top, left, bottom, right] = (automatic === "NOTSET" && intsOf(node, "pads")) || [0, 0, 0, 0];
  return {
    support: pair(node, "kernel_shape", support),
    stride: pair(node, "strides", intsOf(node, "strides")),
    pad: [top, bottom, left, right],
    dilation: pair(node, "dilations", intsOf(node, "dilations")),
  };
}

/** The attributes that describe a window to an ONNX Conv or pooling node. */
export function windowAttributes(window: Window): Attributes {
  const [top, bottom, left, right] = window.pad;
  return attributes({
    kernel_shape: window.support,
    strides: window.stride,
    pads: [top, left, bottom, right],
    dilations: window.dilation,
  });
}

/** A window along each axis of an image of any number of axes. */
export interface Slides {
  readonly support: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** pixels added before and behind each axis */
  readonly pads: readonly (readonly [before: number, after: number])[];
}

/**
 * The window of a Conv or pooling node with pads that are numbers: those of `auto_pad`, and with `ceil_mode` as many behind the image as its
 * last windows hang over.
 *
 * @param image the sizes of the image
 * @param positions how many positions the windows take along each axis
 */
export function slidesOf(
  node: Node,
  support: readonly number[],
  image: readonly number[],
  positions: readonly number[],
): Slides {
  const automatic = stringOf(node, "auto_pad", "NOTSET");
  const stride = intsOf(node, "strides") ?? support.map(() => 1);
  const dilation = intsOf(node, "dilations") ?? support.map(() => 1);
  const given = (automatic === "NOTSET" && intsOf(node, "pads")) || [];
  const pads = support.map((taps, axis): readonly [number, number] => {
    const covered = (positions[axis] - 1) * stride[axis] + reach(taps, dilation[axis]);
    if (automatic.startsWith("SAME")) return halves(Math.max(0, covered - image[axis]), automatic === "SAME_LOWER");
    const [before, after] = [given[axis] ?? 0, given[axis + support.length] ?? 0];
    const hanging = intOf(node, "ceil_mode", 0) === 1 ? covered - image[axis] - before : after;
    return [before, Math.max(after, hanging)];
  });
  return { support, stride, dilation, pads };
}

/** The same of a ConvTranspose node, whose positions are the pixels that it reads; a given `output_shape` says the pads as well. */
export function transposedSlidesOf(
  node: Node,
  support: readonly number[],
  positions: readonly number[],
  image: readonly number[],
): Slides {
  const slides = slidesOf(node, support, image, positions);
  const automatic = stringOf(node, "auto_pad", "NOTSET");
  if (automatic === "VALID" || (automatic === "NOTSET" && !node.attributes.output_shape)) return slides;
  const extra = intsOf(node, "output_padding");
  const pads = support.map((taps, axis) => {
    const made =
      (positions[axis] - 1) * slides.stride[axis] + reach(taps, slides.dilation[axis]) + (extra?.[axis] ?? 0);
    return halves(Math.max(0, made - image[axis]), automatic !== "SAME_UPPER");
  });
  return { ...slides, pads };
}

/** A number in two halves, of which the first or the second is larger where it is odd. */
const halves = (total: number, firstLarger: boolean): readonly [number, number] => {
  const [small, large] = [Math.floor(total / 2), Math.ceil(total / 2)];
  return firstLarger ? [large, small] : [small, large];
};

/** The attributes that describe such a window to an ONNX Conv or pooling node. */
export const slidesAttributes = ({ support, stride, dilation, pads }: Slides): Attributes =>
  attributes({
    kernel_shape: support,
    strides: stride,
    pads: [...pads.map(([before]) => before), ...pads.map(([, after]) => after)],
    dilations: dilation,
  });

/** How far a window of so many taps reaches: (support − 1)·dilation + 1. */
export const reach = (support: number, dilation: number): number => (support - 1) * dilation + 1;

/**
 * How many positions a window takes along one axis (0 vertical, 1 horizontal):
 * ⌊(size + pad before + pad after − reach) / stride⌋ + 1.
 */
export function positions(size: Dimension, window: Window, axis: 0 | 1): Dimension {
  const padding = window.pad[2 * axis] + window.pad[2 * axis + 1];
  const free = plus(size, padding - reach(window.support[axis], window.dilation[axis]));
  return plus(floorDivide(free, window.stride[axis]), 1);
}

/** The number of groups of a convolution. */
export const groupsOf = (node: Node): number => intOf(node, "group", 1);
