/** What every block of the toolbox has in common. */

import type { GraphBuilder } from "../graph/builder.js";
import type { Window } from "../graph/window.js";

/** The size of one image, or of one feature map with its channels. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** How a parameter begins. `gaussian`: deviation · N(0, 1), independent. */
export type Initialization = { readonly type: "gaussian"; readonly deviation: number } | { readonly type: "zeros" };

/** A learnable array of a layer. */
export interface ParameterSpec {
  /** its name within the layer: "filters", "biases" */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialization: Initialization;
  /** multiplies the learning rate of the run */
  readonly learningRate: number;
  /** multiplies the weight decay of the run */
  readonly weightDecay: number;
}

/** What a layer of any type may carry. */
export interface LayerBase {
  readonly type: string;
  /** Unique in its network; made from the type where it is left out ("conv1", "pool1", …). */
  readonly name?: string;
}

/**
 * The behaviour of one type of layer: pure functions of the layer's data.
 * (Written as methods so that a `Block<Conv>` may stand where a block of any layer is wanted; `blockOf` pairs them rightly.)
 */
export interface Block<L extends LayerBase> {
  /** The output's shape for an input of the given one. @throws ShapeError when the layer does not fit */
  outputShape(layer: L, input: ImageShape): ImageShape;
  /** The layer's learnable parameters. */
  parameters(layer: L, input: ImageShape): readonly ParameterSpec[];
  /** The window the layer looks through; a 1×1 window where it works pixel by pixel. */
  window(layer: L): Window;
  /** Multiply-adds for one image; comparisons and additions of a pooling do not count. */
  multiplyAdds(layer: L, input: ImageShape): number;
  /** Adds the layer to a graph: from the value `x` (N×C×H×W) and its parameters, by name, to its output. */
  build(g: GraphBuilder, layer: L, x: string, parameters: Readonly<Record<string, string>>): string;
}

/** The window of a layer that works pixel by pixel. */
export const PIXEL: Window = { support: [1, 1], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1] };

/** A number for both axes, or one for each: vertical, horizontal. */
export type Pair = number | readonly [number, number];

/** A number for all four sides, or one for each: top, bottom, left, right (MatConvNet's order). */
export type Sides = number | readonly [number, number, number, number];

export const both = (value: Pair): readonly [number, number] => (typeof value === "number" ? [value, value] : value);

export const sides = (value: Sides): readonly [number, number, number, number] =>
  typeof value === "number" ? [value, value, value, value] : value;

/** @throws RangeError unless every number is whole and at least `least` */
export function expectWhole(what: string, values: readonly number[], least: number): void {
  const bad = values.find((v) => !Number.isInteger(v) || v < least);
  if (bad !== undefined) {
    throw new RangeError(`Invalid value for ${what}: expected a whole number of at least ${least}, got ${bad}.`);
  }
}
