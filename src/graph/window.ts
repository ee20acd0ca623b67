/** The geometry that convolutions and poolings share: a window that slides over an image. */

import { attributes, intOf, intsOf } from "./attributes.js";
import { floorDivide, plus } from "./dimension.js";
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

const pair = (values: readonly number[] | undefined, otherwise: number): [number, number] =>
  values ? [values[0], values[1]] : [otherwise, otherwise];

/** Reads a window from the attributes of an ONNX Conv or pooling node; ONNX orders pads top, left, bottom, right. */
export function windowOf(node: Node, support = intsOf(node, "kernel_shape")): Window {
  if (!support) throw new TypeError(`${node.operator} '${node.name}' has no kernel_shape.`);
  const pads = intsOf(node, "pads") ?? [0, 0, 0, 0];
  return {
    support: pair(support, 1),
    stride: pair(intsOf(node, "strides"), 1),
    pad: [pads[0], pads[2], pads[1], pads[3]],
    dilation: pair(intsOf(node, "dilations"), 1),
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

/**
 * How many positions a window takes along one axis (0 vertical, 1 horizontal):
 * ⌊(size + pad before + pad after − ((support − 1)·dilation + 1)) / stride⌋ + 1.
 */
export function positions(size: Dimension, window: Window, axis: 0 | 1): Dimension {
  const reach = (window.support[axis] - 1) * window.dilation[axis] + 1;
  const padded = plus(size, window.pad[2 * axis] + window.pad[2 * axis + 1] - reach);
  return plus(floorDivide(padded, window.stride[axis]), 1);
}

/** The number of groups of a convolution. */
export const groupsOf = (node: Node): number => intOf(node, "group", 1);
