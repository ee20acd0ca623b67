/** Convolutions, poolings and fully connected layers of toolboxes with their channels last, written in ONNX's operators. */

import type { AttributeInput } from "../../graph/attributes.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import type { Dimension, Tensor } from "../../graph/types.js";
import { reach } from "../../graph/window.js";
import { transposed } from "../elements.js";
import { type Laid, type LaidGraph, toImage } from "./values.js";

type AttributeInputs = Readonly<Record<string, AttributeInput | undefined>>;

/** A window over an image, in the order rows, columns. */
export interface SlidingWindow {
  readonly support: readonly number[];
  readonly strides: readonly number[];
  readonly dilations?: readonly number[];
  /** "same": as many positions as the image has strides, the larger half of the pad behind it */
  readonly padding: "same" | "valid";
}

/** ONNX's attributes of a window. Where the image's sizes are known, so are the pads. */
export function windowAttributes(
  { support, strides, dilations, padding }: SlidingWindow,
  sides: readonly Dimension[],
): AttributeInputs {
  if (sides.length !== support.length) {
    throw new ModelFormatError(`expected an image with ${support.length} sides, got ${sides.length}`);
  }
  const common = { kernel_shape: support, strides, ...(dilations?.some((d) => d !== 1) ? { dilations } : {}) };
  if (padding === "valid") return common;
  if (!sides.every((side) => typeof side === "number")) return { ...common, auto_pad: "SAME_UPPER" };
  const pads = sides.map((side, i) => {
    const covered = (Math.ceil(side / strides[i]) - 1) * strides[i] + reach(support[i], dilations?.[i] ?? 1);
    return Math.max(0, covered - side);
  });
  if (pads.every((pad) => pad === 0)) return common;
  const before = pads.map((pad) => Math.floor(pad / 2));
  return { ...common, pads: [...before, ...pads.map((pad, i) => pad - before[i])] };
}

/** The rows and columns of an image. */
export const sidesOf = (graph: LaidGraph, x: Laid): readonly Dimension[] => graph.shape(x).slice(1, -1);

/** Parameters as the graph has them, and what they are called. */
export interface Parameters {
  readonly weights: Tensor<"float32">;
  readonly bias?: Tensor<"float32"> | undefined;
  readonly names: { readonly weights: string; readonly bias: string };
}

const namesIn = (graph: LaidGraph, { weights, bias, names }: Parameters): string[] => [
  graph.parameter(names.weights, weights),
  ...(bias ? [graph.parameter(names.bias, bias)] : []),
];

/** A convolution; weights K×C×…, ONNX's. */
export function convolution(
  graph: LaidGraph,
  x: Laid,
  parameters: Parameters,
  window: SlidingWindow,
  group: number,
): Laid {
  const attributes = windowAttributes(window, sidesOf(graph, x));
  const inputs = [graph.image(x), ...namesIn(graph, parameters)];
  return { image: graph.g.op("Conv", inputs, { ...attributes, ...(group === 1 ? {} : { group }) }) };
}

/**
 * A transposed convolution; weights C×K×…, ONNX's.
 *
 * @param made the sizes of its result; with them the pads are those of the convolution that leads back, the larger half behind
 */
export function transposedConvolution(
  graph: LaidGraph,
  x: Laid,
  parameters: Parameters,
  { support, strides, dilations }: SlidingWindow,
  made: (side: number, axis: number) => number,
): Laid {
  const sides = sidesOf(graph, x).map((_, i) => graph.size(x, i + 1));
  const extra = sides.map(
    (side, i) => (side - 1) * strides[i] + reach(support[i], dilations?.[i] ?? 1) - made(side, i),
  );
  const before = extra.map((pad) => Math.floor(Math.max(0, pad) / 2));
  const after = extra.map((pad, i) => Math.max(0, pad) - before[i]);
  const hanging = extra.map((pad) => Math.max(0, -pad));
  const attributes = {
    kernel_shape: support,
    strides,
    ...(dilations?.some((d) => d !== 1) ? { dilations } : {}),
    ...([...before, ...after].some((pad) => pad > 0) ? { pads: [...before, ...after] } : {}),
    ...(hanging.some((pad) => pad > 0) ? { output_padding: hanging } : {}),
  };
  return { image: graph.g.op("ConvTranspose", [graph.image(x), ...namesIn(graph, parameters)], attributes) };
}

/** A pooling; averages count the pixels of the image alone. */
export const pool = (graph: LaidGraph, operator: "MaxPool" | "AveragePool", x: Laid, window: SlidingWindow): Laid => ({
  image: graph.g.op(operator, [graph.image(x)], windowAttributes(window, sidesOf(graph, x))),
});

/**
 * A fully connected layer: x·weightsᵀ + bias over the last axis; weights K×C. Of a flattened image the weights change their order, and not the image.
 *
 * @throws ModelFormatError when they do not fit the value
 */
export function dense(graph: LaidGraph, x: Laid, parameters: Parameters): Laid {
  const { weights } = parameters;
  const inputs = graph.size(x, -1);
  if (weights.shape[1] !== inputs) {
    throw new ModelFormatError(
      `expected weights for ${formatShape(graph.shape(x))}, got ${formatShape(weights.shape)} (outputs × inputs)`,
    );
  }
  if (graph.rank(x) === 2) {
    const flattened = x.flat && !graph.isPoint(x.flat) ? flattenedImage(graph, x.flat, parameters) : undefined;
    const [w, ...bias] = namesIn(graph, flattened?.parameters ?? parameters);
    return { plain: graph.g.op("Gemm", [flattened?.value ?? graph.plain(x), w, ...bias], { transB: 1 }) };
  }
  const [w, ...bias] = namesIn(graph, { ...parameters, weights: transposed(weights, [1, 0]) });
  const product = graph.g.op("MatMul", [graph.plain(x), w]);
  return { plain: bias.length > 0 ? graph.g.op("Add", [product, bias[0]]) : product };
}

function flattenedImage(graph: LaidGraph, image: Laid, parameters: Parameters) {
  const [, ...sizes] = graph.shape(image).map((_, axis) => (axis === 0 ? 0 : graph.size(image, axis)));
  const { weights } = parameters;
  const [outputs, inputs] = weights.shape;
  const channelsFirst = transposed({ ...weights, shape: [outputs, ...sizes] }, toImage(sizes.length + 1));
  const value = graph.g.op("Flatten", [graph.image(image)], { axis: 1 });
  return { value, parameters: { ...parameters, weights: { ...channelsFirst, shape: [outputs, inputs] } } };
}
