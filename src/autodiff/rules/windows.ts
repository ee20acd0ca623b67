/** Rules of the operators that slide a window. On images they write composite operators, which lowering replaces by shape. */

import { attributes, intOf, intsOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { elementCount, float32, tensor } from "../../graph/tensor.js";
import type { Attributes, Node } from "../../graph/types.js";
import { groupsOf, type Slides, slidesAttributes, slidesOf, transposedSlidesOf } from "../../graph/window.js";
import { byDefinition, composite, DifferentiationError, type Rule, type RuleContext } from "../rule.js";
import * as other from "./windows-of-other-rank.js";

/** The sizes of an image or a filter, without its first two axes. */
const imageOf = (g: GraphBuilder, value: string): readonly number[] => g.shape(value).slice(2);

/** The window of a convolution, written out in full. */
const convSlides = (g: GraphBuilder, node: Node): Slides =>
  slidesOf(node, imageOf(g, node.inputs[1]), imageOf(g, node.inputs[0]), imageOf(g, node.outputs[0]));

const convTransposeSlides = (g: GraphBuilder, node: Node): Slides =>
  transposedSlidesOf(node, imageOf(g, node.inputs[1]), imageOf(g, node.inputs[0]), imageOf(g, node.outputs[0]));

/** The window of a pooling, written out in full. */
export const poolSlides = (g: GraphBuilder, node: Node): Slides =>
  slidesOf(node, intsOf(node, "kernel_shape") ?? [], imageOf(g, node.inputs[0]), imageOf(g, node.outputs[0]));

const isImage = ({ g, node }: RuleContext): boolean => g.shape(node.inputs[0]).length === 4;

/** One rule for images, another for signals and volumes. */
const byRank =
  (images: Rule, others: Rule): Rule =>
  (c) =>
    (isImage(c) ? images : others)(c);

const withGroups = (slides: Slides, node: Node): Attributes => ({
  ...slidesAttributes(slides),
  ...attributes({ group: groupsOf(node) }),
});

/** db = Σ dY over images and pixels */
const biasGradient = ({ g, node, dy, wants }: RuleContext): string | undefined => {
  if (!node.inputs[2] || !wants(2)) return undefined;
  const axes = g.shape(dy).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return g.op("ReduceSum", [dy, g.ints(...axes)], { keepdims: 0 });
};

/**
 * Y = X ⋆ F + b (correlation). With φ(X) the matrix of all windows: dF = dYᵀ·φ(X), db = Σ dY over images and pixels,
 * and dX puts each window of dY·F back where it came from and adds up.
 */
export const conv = byRank(
  (c) => {
    const { g, node, dy, wants } = c;
    const [x, filters] = node.inputs;
    const window = withGroups(convSlides(g, node), node);
    const image = attributes({ image_shape: imageOf(g, x) });
    return [
      wants(0) ? composite(g, "ConvDataGradient", [dy, filters], { ...window, ...image }) : undefined,
      wants(1) ? composite(g, "ConvFilterGradient", [x, dy], window) : undefined,
      biasGradient(c),
    ];
  },
  byDefinition((g, node) => [other.conv(g, node.inputs, convSlides(g, node), groupsOf(node))]),
);

/** The transpose of a convolution: its gradient to the data is that convolution, and the roles of data and gradient swap for the filters. */
export const convTranspose: Rule = (c) => {
  const { g, node, dy, wants, pullBack } = c;
  const [x, filters] = node.inputs;
  const slides = convTransposeSlides(g, node);
  const window = withGroups(slides, node);
  const toFilters = (): string | undefined => {
    if (isImage(c)) return composite(g, "ConvFilterGradient", [dy, x], window);
    return pullBack(() => [other.conv(g, [dy, filters], slides, groupsOf(node))], [x], [filters])[0];
  };
  return [
    wants(0) ? g.op("Conv", [dy, filters], window) : undefined,
    wants(1) ? toFilters() : undefined,
    biasGradient(c),
  ];
};

/** The gradient of each window goes to its largest pixel; of several, to the first, column by column (MatConvNet's order). */
export const maxPool = byRank(
  ({ g, node, dy }) => {
    const [x, y] = [node.inputs[0], node.outputs[0]];
    return [composite(g, "MaxPoolGradient", [x, y, dy], slidesAttributes(poolSlides(g, node)))];
  },
  byDefinition((g, node) => [other.pool(g, "MaxPool", node.inputs[0], poolSlides(g, node), {})]),
);

/** Windows that hang over the end with `ceil_mode` do not count what is there, though they may count the padding: zeros before the image and behind. */
const hangingPool = byDefinition((g, node) => {
  const whole = poolSlides(g, node);
  const given = intsOf(node, "pads") ?? whole.pads.flatMap(() => [0, 0]);
  const rank = whole.support.length;
  const padded = g.op("Pad", [node.inputs[0], g.ints(0, 0, ...given.slice(0, rank), 0, 0, ...given.slice(rank))]);
  const pads = whole.pads.map(([, after], axis) => [0, after - given[axis + rank]] as const);
  return [other.pool(g, "AveragePool", padded, { ...whole, pads }, { count_include_pad: 0 })];
});

/** The gradient of each window is shared evenly by the pixels in it; those outside the image do not count. */
export const averagePool: Rule = (c) => {
  const { g, node, dy } = c;
  const counted = attributes({ count_include_pad: intOf(node, "count_include_pad", 0) });
  if (intOf(node, "count_include_pad", 0) === 1 && intOf(node, "ceil_mode", 0) === 1) return hangingPool(c);
  const slides = poolSlides(g, node);
  if (!isImage(c)) return byDefinition(() => [other.pool(g, "AveragePool", node.inputs[0], slides, counted)])(c);
  const image = attributes({ image_shape: imageOf(g, node.inputs[0]) });
  return [composite(g, "AveragePoolGradient", [dy], { ...slidesAttributes(slides), ...image, ...counted })];
};

/** y = (Σ |x|ᵖ)^(1/p) over each window: the mean of a padded image times the number of pixels. Where all are 0, the gradient is 0. */
export const lpPool = byDefinition((g, node) => {
  const p = intOf(node, "p", 2);
  const slides = poolSlides(g, node);
  const pads = [0, 1].flatMap((end) => [0, 0, ...slides.pads.map((pad) => pad[end])]);
  const padded = g.op("Pad", [power(g, node.inputs[0], p), g.ints(...pads)]);
  const mean = other.pool(g, "AveragePool", padded, { ...slides, pads: slides.pads.map(() => [0, 0]) }, {});
  return [root(g, g.op("Mul", [mean, g.scalar(elementCount(slides.support))]), p)];
});

/** The same over the whole image. */
export const globalLpPool = byDefinition((g, node) => {
  const [x] = node.inputs;
  const p = intOf(node, "p", 2);
  const axes = imageOf(g, x).map((_, axis) => axis + 2);
  return [root(g, g.op("ReduceSum", [power(g, x, p), g.ints(...axes)], { keepdims: 1 }), p)];
});

/** |x|ᵖ */
function power(g: GraphBuilder, x: string, p: number): string {
  if (p === 2) return g.op("Mul", [x, x]);
  const size = g.op("Abs", [x]);
  return p === 1 ? size : g.op("Pow", [size, g.scalar(p)]);
}

/** x^(1/p), 0 with no slope at 0 */
function root(g: GraphBuilder, x: string, p: number): string {
  const positive = g.op("Greater", [x, g.scalar(0)]);
  const safe = g.op("Where", [positive, x, g.scalar(1)]);
  const power = p === 2 ? g.op("Sqrt", [safe]) : g.op("Pow", [safe, g.scalar(1 / p)]);
  return g.op("Where", [positive, power, g.scalar(0)]);
}

/** y = mean over the image: dx = dy / pixels, everywhere */
export const globalAveragePool: Rule = ({ g, node, dy }) => {
  const shape = g.shape(node.inputs[0]);
  const pixels = elementCount(shape.slice(2));
  return [g.op("Expand", [g.op("Div", [dy, g.scalar(pixels)]), g.ints(...shape)])];
};

/** y = the largest pixel of the image: dx = dy there; of several, at the first, column by column. The pixels are counted in this order. */
export const globalMaxPool = byRank(
  ({ g, node, dy }) => {
    const [x] = node.inputs;
    const [batch, channels, height, width] = g.shape(x);
    const columns = g.op("Reshape", [
      g.op("Transpose", [x], { perm: [0, 1, 3, 2] }),
      g.ints(batch, channels, width * height, 1),
    ]);
    const first = g.op("Cast", [g.op("ArgMax", [columns], { axis: 2 })], { to: 6 });
    const places = Int32Array.from({ length: height * width }, (_, k) => (k % width) * height + Math.floor(k / width));
    const won = g.op("Equal", [first, g.constant(tensor("int32", [height, width], places))]);
    return [g.op("Where", [won, dy, g.scalar(0)])];
  },
  byDefinition((g, { inputs: [x], outputs: [y] }) => {
    const [batch, channels] = g.shape(x);
    const largest = g.op("GlobalMaxPool", [g.op("Reshape", [x, g.ints(batch, channels, -1, 1)])]);
    return [g.op("Reshape", [largest, g.ints(...g.shape(y))])];
  }),
);

/** Puts windows back into images: a transposed convolution whose filters have a single one, at the place of their tap. */
export const col2Im = byDefinition((g, node) => {
  const [x] = node.inputs;
  const [batch, channels, ...image] = g.shape(node.outputs[0]);
  const taps = g.shape(x)[1] / channels;
  const support = g.numbers(node.inputs[2] ?? "") ?? [];
  if (image.length !== 2 || support.length !== 2) {
    throw new DifferentiationError(`Col2Im '${node.name}': gradients are known for images of two axes.`);
  }
  const [strides, dilations] = ["strides", "dilations"].map((name) => intsOf(node, name) ?? [1, 1]);
  const pads = intsOf(node, "pads") ?? [0, 0, 0, 0];
  const reached = support.map((size, axis) => (size - 1) * dilations[axis] + 1);
  const free = image.map((size, axis) => size + pads[axis] + pads[axis + 2] - reached[axis]);
  const positions = free.map((size, axis) => Math.floor(size / strides[axis]) + 1);
  const ones = Float32Array.from({ length: taps ** 2 }, (_, k) => (k % (taps + 1) === 0 ? 1 : 0));
  const maps = g.op("Reshape", [x, g.ints(batch * channels, taps, ...positions)]);
  const images = g.op("ConvTranspose", [maps, g.constant(float32(ones, [taps, 1, ...support]))], {
    ...attributes({ kernel_shape: support, strides, dilations, pads }),
    ...attributes({ output_padding: free.map((size, axis) => size % strides[axis]) }),
  });
  return [g.op("Reshape", [images, g.ints(batch, channels, ...image)])];
});
