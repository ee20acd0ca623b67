/** What toolboxes with their channels last compute, written in ONNX's operators. */

import { type AttributeInput, float } from "../../graph/attributes.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import { elementCount } from "../../graph/tensor.js";
import type { Dimension } from "../../graph/types.js";
import { transposed } from "../elements.js";
import { BATCH, BatchMoved, imageAxis, type Laid, type LaidGraph, toImage } from "./values.js";

type AttributeInputs = Readonly<Record<string, AttributeInput | undefined>>;

/** An operator of one value, number by number; what else it reads are names of the graph. */
export function map(
  graph: LaidGraph,
  operator: string,
  x: Laid,
  more: readonly string[] = [],
  attributes: AttributeInputs = {},
): Laid {
  if (x.flat) return { flat: map(graph, operator, x.flat, more, attributes) };
  const apply = (value: string): string => graph.g.op(operator, [value, ...more], attributes);
  return graph.isImage(x) ? { image: apply(graph.image(x)) } : { plain: apply(graph.plain(x)) };
}

/** The activations that both toolboxes have. */
export const activations = {
  relu: (graph: LaidGraph, x: Laid) => map(graph, "Relu", x),
  relu6: (graph: LaidGraph, x: Laid) => clip(graph, x, 0, 6),
  tanh: (graph: LaidGraph, x: Laid) => map(graph, "Tanh", x),
  sigmoid: (graph: LaidGraph, x: Laid) => map(graph, "Sigmoid", x),
  hardSwish: (graph: LaidGraph, x: Laid) => map(graph, "HardSwish", x),
  gelu: (graph: LaidGraph, x: Laid, approximate: boolean) =>
    map(graph, "Gelu", x, [], { approximate: approximate ? "tanh" : "none" }),
  elu: (graph: LaidGraph, x: Laid, alpha: number) => map(graph, "Elu", x, [], { alpha: float(alpha) }),
  leakyRelu: (graph: LaidGraph, x: Laid, alpha: number) => map(graph, "LeakyRelu", x, [], { alpha: float(alpha) }),
} as const;

export const clip = (graph: LaidGraph, x: Laid, least: number, most: number): Laid =>
  map(graph, "Clip", x, [graph.g.scalar(least), graph.g.scalar(most)]);

/** An operator of several values, number by number, whose sizes are brought to one another from the last axis on. */
export function combine(
  graph: LaidGraph,
  operator: string,
  values: readonly Laid[],
  attributes: AttributeInputs = {},
): Laid {
  const rank = Math.max(...values.map((value) => graph.rank(value)));
  const asImage = rank >= 3 && values.some((value) => graph.isImage(value));
  const inputs = values.map((value) => (asImage ? asWide(graph, value, rank) : asPlain(graph, value, rank)));
  const made = graph.g.op(operator, inputs, attributes);
  return asImage ? { image: made } : { plain: made };
}

/** @throws BatchMoved where the batch of a value of fewer axes would lie on another axis */
function asPlain(graph: LaidGraph, value: Laid, rank: number): string {
  if (graph.rank(value) < rank && graph.isBatched(value)) {
    throw new BatchMoved(
      `expected values of ${rank} axes each, got ${formatShape(graph.shape(value))}, whose batch is not the first of them`,
    );
  }
  return graph.plain(value);
}

/** A value of fewer axes as an image that has them all; a constant without an axis of the batch. */
function asWide(graph: LaidGraph, value: Laid, rank: number): string {
  const shape = graph.shape(value);
  const { constant } = value;
  if (constant?.data.length === 1) {
    return graph.g.constant({ ...constant, shape: [] });
  }
  const ones = Array.from({ length: rank - shape.length }, () => 1);
  if (constant) {
    const turned = transposed({ ...constant, shape: [...ones, ...constant.shape] }, toImage(rank));
    return graph.parameter(
      value.name ?? "constant",
      turned.shape[0] === 1 ? { ...turned, shape: turned.shape.slice(1) } : turned,
    );
  }
  if (ones.length === 0) return graph.image(value);
  const reshaped = graph.g.op("Reshape", [
    asPlain(graph, value, rank),
    graph.g.ints(...ones, ...shape.map((size) => (typeof size === "number" ? size : -1))),
  ]);
  return graph.g.op("Transpose", [reshaped], { perm: toImage(rank) });
}

/**
 * A value with other sizes, in the toolbox's order; the batch, if it has one, stays the first.
 *
 * @throws BatchMoved otherwise; ModelFormatError when the sizes have another product
 */
export function reshape(graph: LaidGraph, x: Laid, to: readonly Dimension[]): Laid {
  const from = graph.shape(x);
  if (x.constant) return { ...x, constant: { ...x.constant, shape: to.map(Number) } };
  if (from.length === to.length && from.every((size, axis) => size === to[axis])) return x;
  const before = x.flat ? graph.shape(x.flat) : [];
  if (x.flat && before.length === to.length && before.every((size, axis) => size === to[axis])) return x.flat;
  if (graph.isBatched(x) && !(from[0] === BATCH && to[0] === BATCH)) {
    throw new BatchMoved(`expected the batch to stay the first axis, got ${formatShape(from)} as ${formatShape(to)}`);
  }
  const rest = to.slice(1);
  if (from.every((size) => size === BATCH || typeof size === "number")) {
    const count = (shape: readonly Dimension[]): number =>
      elementCount(shape.map((size) => (size === BATCH ? 1 : Number(size))));
    if (count(from) !== count(to)) {
      throw new ModelFormatError(`expected as many numbers as ${formatShape(from)} has, got ${formatShape(to)}`);
    }
  }
  const keepsBatch = to[0] === from[0];
  if (keepsBatch && graph.isImage(x) && rest.length === 1 && from.length > 2) return { flat: x };
  const sizes = to.map((size, axis) => (typeof size === "number" ? size : from[axis] === size ? 0 : -1));
  if (sizes.filter((size) => size === -1).length > 1) {
    throw new ModelFormatError(`expected known sizes, got ${formatShape(to)}`);
  }
  if (keepsBatch && rest.length >= 3 && rest.slice(0, -1).every((size) => size === 1)) {
    return { image: graph.g.op("Reshape", [graph.plain(x), graph.g.ints(0, -1, ...rest.slice(1).map(() => 1))]) };
  }
  const source = x.flat ? graph.plain(x.flat) : graph.plain(x);
  return { plain: graph.g.op("Reshape", [source, graph.g.ints(...sizes)]) };
}

/** A value with its axes in another order. @throws BatchMoved where the batch would not stay the first */
export function transpose(graph: LaidGraph, x: Laid, order: readonly number[]): Laid {
  if (x.constant) return { ...x, constant: transposed(x.constant, order) };
  if (graph.isBatched(x) && order[0] !== 0) throw new BatchMoved("expected the batch to stay the first axis");
  if (order.every((axis, i) => axis === i)) return x;
  // The image that a plain value will be read as may be the same as the one that is there.
  const own = graph.isImage(x) ? order.map((axis) => imageAxis(axis, order.length)) : order;
  const source = graph.isImage(x) ? graph.image(x) : graph.plain(x);
  const stays = own.every((axis, i) => axis === i);
  return { plain: stays ? source : graph.g.op("Transpose", [source], { perm: own }) };
}

/** An operator along an axis, whose attribute is `axis`. */
export function alongAxis(
  graph: LaidGraph,
  operator: string,
  x: Laid,
  axis: number,
  attributes: AttributeInputs = {},
): Laid {
  const place = axisOf(graph, x, axis);
  if (place === 0 && graph.isBatched(x)) throw new BatchMoved(`expected an axis within a sample, got the batch's`);
  if (graph.isImage(x)) {
    const own = imageAxis(place, graph.rank(x));
    return { image: graph.g.op(operator, [graph.image(x)], { ...attributes, axis: own }) };
  }
  return { plain: graph.g.op(operator, [graph.plain(x)], { ...attributes, axis: place }) };
}

/** An axis counted from the front. @throws ModelFormatError when there is none */
export function axisOf(graph: LaidGraph, x: Laid, axis: number): number {
  const rank = graph.rank(x);
  const place = axis < 0 ? axis + rank : axis;
  if (!(Number.isInteger(place) && place >= 0 && place < rank)) {
    throw new ModelFormatError(`expected an axis of ${formatShape(graph.shape(x))}, got ${axis}`);
  }
  return place;
}

/** Values one behind the other. */
export function concatenate(graph: LaidGraph, values: readonly Laid[], axis: number): Laid {
  const place = axisOf(graph, values[0], axis);
  const rank = graph.rank(values[0]);
  if (values.length === 1) return values[0];
  if (place === 0 && values.some((value) => graph.isBatched(value))) {
    throw new BatchMoved("expected an axis within a sample, got the batch's");
  }
  if (rank >= 3 && values.some((value) => graph.isImage(value))) {
    const inputs = values.map((value) => graph.image(value));
    return { image: graph.g.op("Concat", inputs, { axis: imageAxis(place, rank) }) };
  }
  return {
    plain: graph.g.op(
      "Concat",
      values.map((value) => graph.plain(value)),
      { axis: place },
    ),
  };
}

/** A sum, mean … over axes. */
export function reduce(
  graph: LaidGraph,
  operator: "ReduceMean" | "ReduceSum" | "ReduceMax" | "ReduceMin" | "ReduceProd",
  x: Laid,
  axes: readonly number[],
  keepsAxes: boolean,
): Laid {
  const places = [...new Set(axes.map((axis) => axisOf(graph, x, axis)))].sort((a, b) => a - b);
  const rank = graph.rank(x);
  if (places.includes(0) && graph.isBatched(x)) {
    throw new BatchMoved("expected axes within a sample, got the batch's");
  }
  const whole = rank >= 3 && places.length === rank - 2 && places.every((axis, i) => axis === i + 1);
  const global = { ReduceMean: "GlobalAveragePool", ReduceMax: "GlobalMaxPool" }[operator as string];
  if (whole && global && (graph.isImage(x) || rank === 4)) {
    const pooled = { image: graph.g.op(global, [graph.image(x)]) };
    return keepsAxes ? pooled : { flat: pooled };
  }
  if (graph.isImage(x) && (keepsAxes || whole)) {
    const own = places.map((axis) => imageAxis(axis, rank));
    const made = graph.g.op(operator, [graph.image(x), graph.g.ints(...own)], { keepdims: keepsAxes ? 1 : 0 });
    return keepsAxes ? { image: made } : { plain: made };
  }
  const inputs = [graph.plain(x), graph.g.ints(...places)];
  return { plain: graph.g.op(operator, inputs, { keepdims: keepsAxes ? 1 : 0 }) };
}

/** Numbers around a value: how many before and behind it along each axis. */
export function pad(
  graph: LaidGraph,
  x: Laid,
  pads: readonly (readonly [number, number])[],
  mode: "constant" | "reflect" | "edge" = "constant",
  number = 0,
): Laid {
  const rank = graph.rank(x);
  if (pads.length !== rank) throw new ModelFormatError(`expected pads of ${rank} axes, got ${pads.length}`);
  if (pads.every((sides) => sides.every((side) => side === 0))) return x;
  if (graph.isBatched(x) && pads[0].some((side) => side !== 0)) throw new BatchMoved("expected no pads of the batch");
  const asImage = graph.isImage(x);
  const own = asImage ? toImage(rank).map((axis) => pads[axis]) : pads;
  const inputs = [
    asImage ? graph.image(x) : graph.plain(x),
    graph.g.ints(...own.map(([before]) => before), ...own.map(([, after]) => after)),
    ...(mode === "constant" && number !== 0 ? [graph.g.scalar(number)] : []),
  ];
  const made = graph.g.op("Pad", inputs, mode === "constant" ? {} : { mode });
  return asImage ? { image: made } : { plain: made };
}

/** A part of a value: from and to which element along an axis, and in which steps. */
export interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export function slice(graph: LaidGraph, x: Laid, cuts: readonly Cut[]): Laid {
  if (cuts.length === 0) return x;
  if (graph.isBatched(x) && cuts.some(({ axis }) => axis === 0)) throw new BatchMoved("expected all of the batch");
  const asImage = graph.isImage(x);
  const rank = graph.rank(x);
  const { g } = graph;
  const made = g.op("Slice", [
    asImage ? graph.image(x) : graph.plain(x),
    g.ints(...cuts.map(({ start }) => start)),
    g.ints(...cuts.map(({ end }) => end)),
    g.ints(...cuts.map(({ axis }) => (asImage ? imageAxis(axis, rank) : axis))),
    g.ints(...cuts.map(({ step }) => step)),
  ]);
  return asImage ? { image: made } : { plain: made };
}

/** How pixels are found between pixels. */
export interface Resizing {
  readonly mode: "linear" | "nearest" | "cubic";
  readonly coordinates: "half_pixel" | "align_corners" | "asymmetric";
  readonly rounding?: "floor" | "round_prefer_ceil";
}

/** An image in another size: given, or by whole factors. */
export function resize(
  graph: LaidGraph,
  x: Laid,
  to: { readonly sizes: readonly number[] } | { readonly factors: readonly number[] },
  { mode, coordinates, rounding }: Resizing,
): Laid {
  const { g } = graph;
  const image = graph.image(x);
  const how = "sizes" in to ? ["", "", g.ints(...to.sizes)] : ["", scales(graph, to.factors)];
  return {
    image: g.op("Resize", [image, ...how], {
      ...("sizes" in to ? { axes: [2, 3] } : {}),
      mode,
      coordinate_transformation_mode: coordinates,
      nearest_mode: rounding,
    }),
  };
}

const scales = (graph: LaidGraph, factors: readonly number[]): string =>
  graph.g.constant({ type: "float32", shape: [2 + factors.length], data: Float32Array.of(1, 1, ...factors) });
