/** Convolution and its gradients in the batch-last layout, C×H×W×N: which way of computing them. */

import { intsOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Node } from "../../graph/types.js";
import { groupsOf, positions, windowOf } from "../../graph/window.js";
import * as direct from "./direct-conv.js";
import * as winograd from "./winograd.js";

/** With more output rows than this, the nodes per row cost more than they save. */
const MOST_ROWS = 64;

/** The rule for the gradients: one group, and few enough output rows to write them out one by one. */
export const fitsRowByRow = (node: Node, rows: number): boolean => rows <= MOST_ROWS && groupsOf(node) === 1;

/** The rule for a convolution: the pads are numbers. */
export const hasPads = (node: Node): boolean => !stringOf(node, "auto_pad", "NOTSET").startsWith("SAME");

/** Y = X ⋆ F + b */
export function conv(g: GraphBuilder, node: Node, inputs: readonly string[]): string {
  const [count, channels, ...support] = g.shape(inputs[1]);
  const [window, groups] = [windowOf(node, support), groupsOf(node)];
  const [, height, width, batch] = g.shape(inputs[0]);
  const faster = winograd.isFaster(
    window,
    groups,
    channels,
    count,
    height,
    Number(positions(width, window, 1)) * batch,
  );
  return faster ? winograd.conv(g, window, inputs) : direct.conv(g, window, inputs, groups);
}

/** dX */
export function dataGradient(g: GraphBuilder, node: Node, inputs: readonly string[]): string {
  const [count, channels, ...support] = g.shape(inputs[1]);
  const window = windowOf(node, support);
  const image = intsOf(node, "image_shape") ?? [];
  const [, , columns, batch] = g.shape(inputs[0]);
  const faster = winograd.isFaster(window, groupsOf(node), channels, count, image[0], columns * batch);
  return (faster ? winograd : direct).dataGradient(g, window, inputs, image);
}

/** dF */
export function filterGradient(g: GraphBuilder, node: Node, inputs: readonly string[]): string {
  const [[channels, height], [count, , columns, batch]] = inputs.map((input) => g.shape(input));
  const window = windowOf(node);
  const faster = winograd.isFaster(window, groupsOf(node), channels, count, height, columns * batch);
  return (faster ? winograd : direct).filterGradient(g, window, inputs);
}
