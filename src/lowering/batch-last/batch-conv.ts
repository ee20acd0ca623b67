/** Convolution and its gradients in the batch-last layout, C×H×W×N: which way of computing them. */

import { intsOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Node } from "../../graph/types.js";
import { groupsOf, positions, type Window, windowOf } from "../../graph/window.js";
import type { Costs } from "../costs.js";
import * as direct from "./direct-conv.js";
import * as winograd from "./winograd.js";
import { inPlane } from "./winograd-plane.js";

/** With more output rows than this, the nodes per row cost more than they save. */
const MOST_ROWS = 64;

/** The rule for the gradients: one group, and few enough output rows to write them out one by one. */
export const fitsRowByRow = (node: Node, rows: number): boolean => rows <= MOST_ROWS && groupsOf(node) === 1;

/** The rule for a convolution: the pads are numbers. */
export const hasPads = (node: Node): boolean => !stringOf(node, "auto_pad", "NOTSET").startsWith("SAME");

/** Convolutions of images that are tiled along so many axes; along none, as they are. */
export function inTiles([first, second]: readonly winograd.Tiling[]): winograd.Convolutions<string> {
  if (first === undefined) return direct;
  return second === undefined ? winograd.alongAxis(first) : inPlane(first.tile, second.tile);
}

/** Y = X ⋆ F + b */
export function conv(g: GraphBuilder, node: Node, inputs: readonly string[], costs: Costs): string {
  const [count, channels, ...support] = g.shape(inputs[1]);
  const [window, groups] = [windowOf(node, support), groupsOf(node)];
  const [, height, width, batch] = g.shape(inputs[0]);
  const positions = [placesOf(window, 0, height), placesOf(window, 1, width)] as const;
  const sizes = { channels, count, image: [height, width], positions, batch } as const;
  return inTiles(winograd.fastestTilings(costs, window, groups, sizes)).conv(g, window, inputs, groups);
}

/** dX */
export function dataGradient(g: GraphBuilder, node: Node, inputs: readonly string[], costs: Costs): string {
  const [count, channels, ...support] = g.shape(inputs[1]);
  const [height, width] = intsOf(node, "image_shape") ?? [];
  const [, rows, columns, batch] = g.shape(inputs[0]);
  const window = windowOf(node, support);
  const sizes = { channels, count, image: [height, width], positions: [rows, columns], batch } as const;
  const tilings = winograd.fastestTilings(costs, window, groupsOf(node), sizes);
  return inTiles(tilings).dataGradient(g, window, inputs, [height, width]);
}

/** dF */
export function filterGradient(g: GraphBuilder, node: Node, inputs: readonly string[], costs: Costs): string {
  const [[channels, height, width, batch], [count, rows, columns]] = inputs.map((input) => g.shape(input));
  const window = windowOf(node);
  const sizes = { channels, count, image: [height, width], positions: [rows, columns], batch } as const;
  const tilings = winograd.fastestTilings(costs, window, groupsOf(node), sizes);
  return inTiles(tilings).filterGradient(g, window, inputs);
}

const placesOf = (window: Window, axis: 0 | 1, size: number): number => Number(positions(size, window, axis));
