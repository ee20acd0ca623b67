/** What every block of the toolbox has in common. */

import type { GraphBuilder } from "../graph/builder.js";
import type { Window } from "../graph/window.js";
import { defined } from "../values/defined.js";
import type { ImageShape } from "../values/image-shape.js";
import type { Fields } from "./fields.js";

/** The pixels that one feature depends on, as they move with the feature; vertical before horizontal. */
export interface Field {
  /** its height and width, in pixels; not clipped to the image */
  readonly size: readonly [number, number];
  /** how far it moves from one feature to the next, in pixels */
  readonly stride: readonly [number, number];
  /**
   * where the centre of the first feature's field lies, in pixels; 0 is the centre of the first pixel.
   * MatConvNet counts pixels from one, so that its `rf offset` is this plus one.
   */
  readonly offset: readonly [number, number];
}

/**
 * How a parameter begins. Numbers are drawn independently of each other.
 *
 * - `gaussian`: deviation · N(0, 1)
 * - `xavier`: uniform between ±√(3 / fan-in), so that its variance is 1 / fan-in (Glorot and Bengio 2010, as Caffe and MatConvNet have it)
 * - `he`: √(2 / fan) · N(0, 1), the "improved Xavier" for layers before a ReLU (He et al. 2015); the fan is that of the inputs unless said otherwise
 * - `constant`: every number is the value
 * - `rows`: the numbers of row i of the first axis are the value i
 *
 * The fan-in of a filter is the number of its weights, the fan-out its taps times the number of filters.
 */
export type Initialization =
  | { readonly type: "gaussian"; readonly deviation: number }
  | { readonly type: "xavier" }
  | { readonly type: "he"; readonly fan?: "in" | "out" }
  | { readonly type: "constant"; readonly value: number }
  | { readonly type: "rows"; readonly values: readonly number[] }
  | { readonly type: "zeros" };

/** A learnable array of a layer. */
export interface ParameterSpec {
  /** its name within the layer: "filters", "biases" */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialization: Initialization;
  /**
   * How training changes it: "gradient" by the solver, "average" towards what each batch has, w ← (1 − a)·w + a·(the batch's),
   * as the moments of a batch normalisation.
   */
  readonly update: "gradient" | "average";
  /** multiplies the learning rate of the run; of an average it is the share a of the newest batch. 0 freezes. */
  readonly learningRate: number;
  /** multiplies the weight decay of the run */
  readonly weightDecay: number;
}

/** What a layer of any type may be given: its name and its place in a network. Left out, it stands behind the layer before it. */
export interface LayerOptions {
  /** unique in its network; made from the type where it is left out ("conv1", "pool1", …) */
  readonly name?: string;
  /** the variables that it reads; the output of the layer before it, or the network's first input */
  readonly inputs?: readonly string[];
  /** the name of the variable that it makes; the layer's own name */
  readonly output?: string;
  /** the network-wide names of its parameters ("filters" → "shared/filters"); "NAME/filters" and so on. Layers that say the same name share it. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** whether training leaves its parameters as they are; false */
  readonly frozen?: boolean;
}

/** A layer of any type, as plain data. */
export interface LayerBase extends LayerOptions {
  readonly type: string;
}

/** The options that are given, without those that are not. */
export function placed({ name, inputs, output, parameters, frozen }: LayerOptions): LayerOptions {
  return {
    ...defined({ name, inputs, output, parameters }),
    ...(frozen === true ? { frozen } : {}),
  };
}

/** What a layer is built for. */
export interface BuildMode {
  /** true where a step of training is built: moments of the batch, dropout; false where the network is used or measured */
  readonly training: boolean;
  /** an int32 scalar in the graph that differs from step to step and follows from the run's seed */
  randomSeed(): string;
  /** says to which value of this batch a parameter that is averaged moves; only in training */
  average(parameter: string, value: string): void;
}

/** A layer is built for use. */
export const FOR_USE: BuildMode = {
  training: false,
  randomSeed: () => {
    throw new Error("Nothing is random where a network is used.");
  },
  average: () => {
    throw new Error("No parameter moves where a network is used.");
  },
};

/**
 * The behaviour of one type of layer: pure functions of the layer's data.
 * (Written as methods so that a `Block<Conv>` may stand where a block of any layer is wanted; `blockOf` pairs them rightly.)
 */
export interface Block<L extends LayerBase> {
  /** how many variables it reads, least and most; exactly one where it is left out */
  readonly inputCount?: readonly [number, number];
  /** The output's shape for inputs of the given ones. @throws ShapeError when the layer does not fit */
  outputShape(layer: L, ...inputs: readonly [ImageShape, ...ImageShape[]]): ImageShape;
  /** The layer's learnable parameters. */
  parameters(layer: L, ...inputs: readonly [ImageShape, ...ImageShape[]]): readonly ParameterSpec[];
  /** The window on its first input that the layer looks through; a 1×1 window where it works pixel by pixel. */
  window(layer: L, input: ImageShape): Window;
  /** The field of one output pixel on the first input, where it is not that of the window: of a layer that enlarges, or sees everything. */
  field?(layer: L, input: ImageShape): Field;
  /** Multiply-adds for one image; comparisons and additions of a pooling do not count. */
  multiplyAdds(layer: L, ...inputs: readonly [ImageShape, ...ImageShape[]]): number;
  /**
   * Adds the layer to a graph.
   *
   * @param inputs the values that it reads, each N×C×H×W
   * @param parameters the values of its parameters, by their names within the layer
   * @returns its output
   */
  build(g: GraphBuilder, layer: L, inputs: readonly string[], parameters: Parameters, mode: BuildMode): string;
  /** The layer that JSON holds. @throws TypeError, RangeError when a field is wrong */
  read(fields: Fields): L;
}

/** The values of a layer's parameters, by their names within the layer. */
type Parameters = Readonly<Record<string, string>>;

/** The window of a layer that works pixel by pixel. */
export const PIXEL: Window = { support: [1, 1], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1] };

/** A number for both axes, or one for each: vertical, horizontal. */
export type Pair = number | readonly [number, number];

/** A number for all four sides, or one for each: top, bottom, left, right (MatConvNet's order). */
export type Sides = number | readonly [number, number, number, number];

export const both = (value: Pair): readonly [number, number] => (typeof value === "number" ? [value, value] : value);

export const sides = (value: Sides): readonly [number, number, number, number] =>
  typeof value === "number" ? [value, value, value, value] : value;
