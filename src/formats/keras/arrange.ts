/** Keras's layers that arrange numbers, or put values together. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import { elementCount } from "../../graph/tensor.js";
import type { Dimension } from "../../graph/types.js";
import {
  activations,
  type Cut,
  combine,
  concatenate,
  map,
  pad,
  type Resizing,
  reshape,
  resize,
  slice,
  transpose,
} from "../channels-last/operations.js";
import type { Laid } from "../channels-last/values.js";
import { onImages, type Rule } from "./call.js";

const END = 2 ** 31 - 1;

const same: Rule = (call) => call.x;

const padding =
  (sides: number): Rule =>
  (call) =>
    onImages(call, call.x, (x) => pad(call.graph, x, [[0, 0], ...call.fields.pairs("padding", sides), [0, 0]]));

const cropping =
  (sides: number): Rule =>
  (call) =>
    onImages(call, call.x, (x) => {
      const cuts = call.fields
        .pairs("cropping", sides)
        .map(([before, after], i): Cut => ({ axis: i + 1, start: before, end: after === 0 ? END : -after, step: 1 }));
      return slice(
        call.graph,
        x,
        cuts.filter(({ start, end }) => start !== 0 || end !== END),
      );
    });

const RESIZINGS: Readonly<Record<string, Resizing>> = {
  nearest: { mode: "nearest", coordinates: "half_pixel", rounding: "round_prefer_ceil" },
  bilinear: { mode: "linear", coordinates: "half_pixel" },
};

const upsampling =
  (sides: number): Rule =>
  (call) =>
    onImages(call, call.x, (x) => {
      const factors = call.fields.sides(
        "size",
        sides,
        Array.from({ length: sides }, () => 2),
      );
      const how = call.fields.choice("interpolation", ["nearest", "bilinear"] as const, "nearest");
      // Repeated pixels: the same as the nearest ones, counted from the corners.
      const repeated: Resizing = { mode: "nearest", coordinates: "asymmetric", rounding: "floor" };
      return resize(call.graph, x, { factors }, how === "nearest" ? repeated : RESIZINGS.bilinear);
    });

const resizing: Rule = (call) =>
  onImages(call, call.x, (x) => {
    const { fields, graph } = call;
    for (const name of ["crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"]) {
      if (fields.bool(name, false)) throw fields.wrong(name, "false");
    }
    const how = fields.choice("interpolation", ["bilinear", "nearest"] as const, "bilinear");
    return resize(graph, x, { sizes: [fields.count("height"), fields.count("width")] }, RESIZINGS[how]);
  });

/** The middle of images that are large enough. */
const centerCrop: Rule = (call) =>
  onImages(call, call.x, (x) => {
    const wanted = [call.fields.count("height"), call.fields.count("width")];
    const cuts = wanted.map((size, i): Cut => {
      const all = call.graph.size(x, i + 1);
      if (all < size)
        throw new ModelFormatError(`expected images of at least ${formatShape(wanted)}, got a side of ${all}`);
      const start = Math.floor((all - size) / 2);
      return { axis: i + 1, start, end: start + size, step: 1 };
    });
    return slice(call.graph, x, cuts);
  });

/** All numbers of a sample in one axis; of images the channels change first, also with `channels_first`. */
const flatten: Rule = (call) =>
  onImages(call, call.x, (x) => {
    const { graph } = call;
    const shape = graph.shape(x);
    if (shape.length === 2) return x;
    if (shape.length === 1) return reshape(graph, x, [shape[0], 1]);
    const sizes = shape.slice(1).map((_, i) => graph.size(x, i + 1));
    return reshape(graph, x, [shape[0], elementCount(sizes)]);
  });

const reshaping: Rule = (call) => {
  const { graph, fields, x } = call;
  const target = fields.integers("target_shape");
  const shape = graph.shape(x);
  const all = elementCount(shape.slice(1).map((_, i) => graph.size(x, i + 1)));
  const known = elementCount(target.filter((size) => size !== -1));
  const sizes: Dimension[] = target.map((size) => (size === -1 ? all / known : size));
  return reshape(graph, x, [shape[0], ...sizes]);
};

/** Axes are counted from 1, behind the batch. */
const permute: Rule = (call) => {
  const order = [0, ...call.fields.integers("dims")];
  if (order.length !== call.graph.rank(call.x) || new Set(order).size !== order.length) {
    throw call.fields.wrong("dims", "each axis once");
  }
  return transpose(call.graph, call.x, order);
};

/** Values of several inputs, number by number. */
const merge =
  (operator: string): Rule =>
  (call) => {
    if (call.values.length < 1) throw new ModelFormatError("expected inputs, got none");
    return combine(call.graph, operator, call.values);
  };

const subtract: Rule = (call) => {
  if (call.values.length !== 2) throw new ModelFormatError(`expected two inputs, got ${call.values.length}`);
  return combine(call.graph, "Sub", call.values);
};

const concatenation: Rule = (call) => {
  if (call.values.length < 1) throw new ModelFormatError("expected inputs, got none");
  return concatenate(call.graph, call.values, call.fields.number("axis", -1));
};

/** An operation of values and numbers: a + b, 2 · x. */
const operation =
  (operator: string): Rule =>
  (call) => {
    const { graph, given } = call;
    const values = given.map((value): Laid => {
      return typeof value === "number"
        ? graph.constant({ type: "float32", shape: [], data: Float32Array.of(value) })
        : value;
    });
    if (values.length !== 2) throw new ModelFormatError(`expected two inputs, got ${values.length}`);
    return combine(graph, operator, values);
  };

/** scale · x + offset; both one number, or one for each channel */
const rescaling: Rule = (call) => {
  const { graph, fields, x } = call;
  const affine = (value: Laid, operator: string, name: string, neutral: number): Laid => {
    const numbers = fields.has(name) ? fields.numbers(name) : [neutral];
    if (numbers.every((number) => number === neutral)) return value;
    if (numbers.length === 1) return map(graph, operator, value, [graph.g.scalar(numbers[0])]);
    const constant = graph.constant(
      { type: "float32", shape: [numbers.length], data: Float32Array.from(numbers) },
      call.name(name),
    );
    return combine(graph, operator, [value, constant]);
  };
  return affine(affine(x, "Mul", "scale", 1), "Add", "offset", 0);
};

/** ONNX's operators, and what Keras 3 and TensorFlow call them. */
const OPERATIONS = [
  ["Add", "Add", "math.add", "__operators__.add"],
  ["Sub", "Subtract", "math.subtract"],
  ["Mul", "Multiply", "math.multiply"],
  ["Div", "TrueDivide", "Divide", "math.truediv", "math.divide"],
] as const;

export const arrangingLayers: Readonly<Record<string, Rule>> = {
  ZeroPadding1D: padding(1),
  ZeroPadding2D: padding(2),
  ZeroPadding3D: padding(3),
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  Cropping3D: cropping(3),
  UpSampling1D: upsampling(1),
  UpSampling2D: upsampling(2),
  Resizing: resizing,
  CenterCrop: centerCrop,
  Flatten: flatten,
  Reshape: reshaping,
  Permute: permute,
  Add: merge("Sum"),
  Average: merge("Mean"),
  Maximum: merge("Max"),
  Minimum: merge("Min"),
  Multiply: (call) => {
    const [first, ...others] = call.values;
    if (!first) throw new ModelFormatError("expected inputs, got none");
    return others.reduce((product, value) => combine(call.graph, "Mul", [product, value]), first);
  },
  Subtract: subtract,
  Concatenate: concatenation,
  Rescaling: rescaling,
  ...Object.fromEntries(
    OPERATIONS.flatMap(([operator, ...names]) => names.map((name) => [`ops.${name}`, operation(operator)])),
  ),
  "ops.nn.relu": (call) => activations.relu(call.graph, call.x),
  "ops.nn.relu6": (call) => activations.relu6(call.graph, call.x),
  "ops.math.sigmoid": (call) => activations.sigmoid(call.graph, call.x),
  InputLayer: same,
};

/** Layers that do something in training only. */
export const TRAINING_ONLY: ReadonlySet<string> = new Set(
  `Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout GaussianNoise ActivityRegularization RandomFlip RandomRotation
  RandomZoom RandomTranslation RandomContrast RandomBrightness RandomHue RandomSaturation RandomShear RandomGrayscale StochasticDepth`.split(
    /\s+/,
  ),
);
