/** Changes of meaning: the same numbers take other operators, or other attributes. */

import { float, floatOf, intOf, stringOf } from "../attributes.js";
import { isStatic } from "../dimension.js";
import { dataTypeOf, float32, int64, tensor, zeros } from "../tensor.js";
import { type Node, OPSET } from "../types.js";
import { type Change, type Rewriter, withAttributes, withInput } from "./change.js";

/**
 * Softmax, LogSoftmax, Hardmax before version 13: along all axes from `axis` (1) on, taken as one. Since then they work along `axis` (−1) alone.
 * The two are the same where all axes behind it are of size 1; elsewhere the input is flattened before, and gets its shape back.
 */
export const alongTheRest: Change = (c) => {
  const { node } = c;
  const rank = c.shape(0)?.length;
  const axis = intOf(node, "axis", 1);
  const first = axis < 0 && rank !== undefined ? axis + rank : axis;
  if (
    axis === -1 ||
    c
      .shape(0)
      ?.slice(first + 1)
      .every((size) => size === 1)
  ) {
    return withAttributes(node, ["axis"], { axis: axis === -1 ? -1 : first });
  }
  const flat = c.op("Flatten", [node.inputs[0]], { axis: first });
  const result = c.op(node.operator, [flat], { axis: -1 });
  const inputs = [result, c.op("Shape", [node.inputs[0]])];
  return {
    ...node,
    operator: "Reshape",
    inputs,
    attributes: withAttributes(node, ["axis"], { allowzero: 1 }).attributes,
  };
};

/** `spatial` 0: moments, scale and shift of each place of an image, and not of each channel. y = (x − mean) / √(variance + ε) · scale + shift */
export const normalizeEachPlace: Change = (c) => {
  const { node } = c;
  if (intOf(node, "spatial", 1) === 1) return withAttributes(node, ["spatial"]);
  if (node.outputs.some((_, i) => i > 0 && c.isRead(i)))
    return c.refuse("something reads the moments that it computes");
  const [x, scale, shift, mean, variance] = node.inputs;
  const deviation = c.op("Sqrt", [c.op("Add", [variance, c.number(floatOf(node, "epsilon", 1e-5))])]);
  const normal = c.op("Div", [c.op("Sub", [x, mean]), deviation]);
  const inputs = [c.op("Mul", [normal, scale]), shift];
  return { ...node, operator: "Add", inputs, outputs: [node.outputs[0]], attributes: {} };
};

/** Before version 14 a node with outputs for moments was one that trains. In use it has one output. */
export const normalizationInUse: Change = (c) => {
  if (c.node.outputs.some((_, i) => i > 0 && c.isRead(i)))
    return c.refuse("something reads the moments that it computes");
  return { ...c.node, outputs: [c.node.outputs[0]] };
};

/** In use, dropout gives what it gets. The runtime's mask is false everywhere in these versions. */
export const dropoutInUse: Change = (c) => {
  const { node } = c;
  if (c.isRead(1)) {
    const shape = c.op("Shape", [node.inputs[0]]);
    const value = tensor("bool", [1], Uint8Array.of(0));
    const attributes = { value: { type: "tensor", value } } as const;
    c.write({ ...node, operator: "ConstantOfShape", inputs: [shape], outputs: [node.outputs[1]], attributes }, OPSET);
  }
  return { ...node, operator: "Identity", outputs: [node.outputs[0]], attributes: {} };
};

/** In version 7 alone the mask had the type of the data. */
export const maskOfData: Change = (c) => {
  const { node } = c;
  if (!c.isRead(1)) return node;
  const mask = c.value("mask");
  c.write({ ...node, outputs: [node.outputs[0], mask] });
  const inputs = [mask, node.inputs[0]];
  c.write({ ...node, operator: "CastLike", inputs, outputs: [node.outputs[1]], attributes: {} }, OPSET);
  return undefined;
};

/** Whether each axis gets smaller; undefined where that is not known. */
function shrinking(c: Rewriter): readonly boolean[] | undefined {
  const scales = c.constant(1);
  if (scales) return Array.from(scales.data, Number).map((scale) => scale < 1);
  const [from, to] = [c.shape(0), c.shapeMade(0)];
  return from && to && isStatic(from) && isStatic(to) ? from.map((size, axis) => to[axis] < size) : undefined;
}

/**
 * Resize of version 10 counts pixels from their corners (x = x′ / scale, "asymmetric"); the nearest is the one before, and of an axis that gets
 * smaller the one behind. Where some axes grow and others shrink, that takes two of them.
 */
export const resizeFromCorners: Change = (c) => {
  const { node } = c;
  const scales = c.constant(1);
  const shrinks = shrinking(c);
  if (stringOf(node, "mode", "nearest") !== "nearest") return fromCorners(node, node.inputs[0], node.inputs[1]);
  if (!shrinks) return c.refuse("its scales are computed, and it is not known whether they make axes smaller");
  if (!shrinks.includes(true)) return fromCorners(node, node.inputs[0], node.inputs[1], "floor");
  const factors = scales ? Array.from(scales.data, Number) : [];
  if (!factors.some((scale) => scale > 1)) return fromCorners(node, node.inputs[0], node.inputs[1], "ceil");
  const grown = c.value("grown");
  const part = (wanted: readonly number[]): string => c.initializer(float32(wanted, [wanted.length]));
  const growing = part(factors.map((scale) => Math.max(scale, 1)));
  c.write({ ...fromCorners(node, node.inputs[0], growing, "floor"), outputs: [grown] });
  return fromCorners(node, grown, part(factors.map((scale) => Math.min(scale, 1))), "ceil");
};

/** Upsample makes no axis smaller. */
export const upsampleFromCorners: Change = ({ node, write }) => {
  const nearest = stringOf(node, "mode", "nearest") === "nearest" ? "floor" : undefined;
  write(fromCorners({ ...node, operator: "Resize" }, node.inputs[0], node.inputs[1], nearest), 11);
  return undefined;
};

const fromCorners = (node: Node, x: string, scales: string, nearest?: string): Node => ({
  ...withAttributes(node, [], { coordinate_transformation_mode: "asymmetric", nearest_mode: nearest }),
  inputs: [x, "", scales],
});

/** Inputs without elements stood for ones left out; the coordinates of one framework that later versions do not have are half a pixel beside others. */
export const optionalInputsOfResize: Change = (c) => {
  const inputs = c.node.inputs.map((input, i) => (i > 0 && c.constant(i)?.data.length === 0 ? "" : input));
  const node = { ...c.node, inputs };
  if (stringOf(node, "coordinate_transformation_mode", "half_pixel") !== "tf_half_pixel_for_nn") return node;
  const nearest = stringOf(node, "nearest_mode", "round_prefer_floor");
  const same = Object.hasOwn(HALF_A_PIXEL_BEFORE, nearest) ? HALF_A_PIXEL_BEFORE[nearest] : undefined;
  if (stringOf(node, "mode", "nearest") !== "nearest" || !same) {
    return c.refuse(`its coordinates are tf_half_pixel_for_nn, with ${nearest}`);
  }
  return withAttributes(node, [], { coordinate_transformation_mode: "half_pixel", nearest_mode: same });
};

/**
 * With u = (x + ½) / s − ½, half_pixel, the nearest of v = u + ½, tf_half_pixel_for_nn: ⌊v⌋ = ⌊u + ½⌋, which is u rounded up from a half on, and
 * ⌈v − ½⌉, which is v rounded up beyond a half, = ⌈u⌉.
 */
const HALF_A_PIXEL_BEFORE: Readonly<Record<string, string>> = {
  floor: "round_prefer_ceil",
  round_prefer_floor: "ceil",
};

/** Numbers with axes of size 1 behind them, so that they go with channels. */
const perChannel = (c: Rewriter, input: string, rank: number): string =>
  c.op("Reshape", [input, c.initializer(int64([1, -1, ...Array.from({ length: rank - 2 }, () => 1)]))]);

/**
 * Since version 21 scale and shift are of each channel, before of each group: the groups are normalised without, as long rows of single channels, and
 * the channels scaled and shifted after.
 */
export const scalePerChannel: Change = (c) => {
  const { node } = c;
  const [x, scale, shift] = node.inputs;
  const [rank, groups, type] = [c.shape(0)?.length, intOf(node, "num_groups", 1), c.type(0)];
  if (rank === undefined) return c.refuse("the axes of its input are not known");
  if (type !== "float32") return c.refuse(`it is of ${type ?? "unknown"} elements`);
  const constant = (value: number) => c.initializer(tensor("float32", [groups], new Float32Array(groups).fill(value)));
  const rows = c.op("Reshape", [x, c.initializer(int64([0, groups, -1]))]);
  const epsilon = float(floatOf(node, "epsilon", 1e-5));
  const normal = c.op("InstanceNormalization", [rows, constant(1), constant(0)], { epsilon });
  const back = c.op("Reshape", [normal, c.op("Shape", [x])]);
  const scaled = c.op("Mul", [back, perChannel(c, scale, rank)]);
  return { ...node, operator: "Add", inputs: [scaled, perChannel(c, shift, rank)], attributes: {} };
};

/** y = x / √(mean(x²) + ε) · scale, the mean over the axes from `axis` (−1) on */
export const rootMeanSquare: Change = (c) => {
  const { node } = c;
  const [x, scale] = node.inputs;
  const [rank, axis, type] = [c.shape(0)?.length, intOf(node, "axis", -1), c.type(0)];
  if (type !== "float32") return c.refuse(`it is of ${type ?? "unknown"} elements`);
  if (axis >= 0 && rank === undefined) return c.refuse("the axes of its input are not known");
  const count = axis < 0 ? -axis : (rank ?? 0) - axis;
  const axes = c.initializer(int64(Array.from({ length: count }, (_, i) => i - count)));
  const mean = c.op("ReduceMean", [c.op("Mul", [x, x]), axes], { keepdims: 1 });
  const size = c.op("Sqrt", [c.op("Add", [mean, c.number(floatOf(node, "epsilon", 1e-5))])]);
  return { ...node, operator: "Mul", inputs: [c.op("Div", [x, size]), scale], attributes: {} };
};

/** y = x · σ(αx) */
export const swish: Change = (c) => {
  const { node } = c;
  const [x] = node.inputs;
  const alpha = floatOf(node, "alpha", 1);
  const inner = alpha === 1 ? x : c.op("Mul", [x, c.number(alpha)]);
  return { ...node, operator: "Mul", inputs: [x, c.op("Sigmoid", [inner])], attributes: {} };
};

/** Attributes that this toolbox's version does not have, and that say nothing while they are 0. */
export const onlyZero =
  (...names: readonly string[]): Change =>
  (c) => {
    for (const name of names) {
      const value = intOf(c.node, name, 0);
      if (value !== 0) c.refuse(`its ${name} is ${value}`);
    }
    return withAttributes(c.node, names);
  };

/** The type of quantised elements is that of the zero point; a node that has none and says another than uint8 gets a zero of it. */
export const zeroPointOfType: Change = (c) => {
  const { node } = c;
  const [code, size] = [intOf(node, "output_dtype", 0), intOf(node, "block_size", 0)];
  if (size !== 0) return c.refuse(`its block_size is ${size}`);
  const plain = withAttributes(node, ["block_size", "output_dtype"]);
  const type = dataTypeOf(code);
  if (code === 0 || type === "uint8" || (node.inputs[2] ?? "") !== "") return plain;
  const shape = c.shape(1);
  if (!type || !shape || !isStatic(shape)) return c.refuse(`its output_dtype is ${code}`);
  return withInput(plain, 2, c.initializer(zeros(type, shape)));
};

/** The type that is made is that of the scale, unless another one is said. */
export const typeOfScale: Change = (c) => {
  const code = intOf(c.node, "output_dtype", 0);
  if (code !== 0 && dataTypeOf(code) !== c.type(1))
    return c.refuse(`its output_dtype is ${code}, and that of its scale another`);
  return withAttributes(c.node, ["output_dtype"]);
};

/** The codes of the element types that version 20 knows end here. */
const LAST_TYPE = 20;

/** A cast to an element type that came with a later version. */
export const castToKnown: Change = (c) => {
  const to = intOf(c.node, "to", 1);
  if (to > LAST_TYPE) return c.refuse(`it casts to the element type ${to}`);
  return withAttributes(c.node, ["round_mode"]);
};

/** The same under another name. */
export const asOperator =
  (operator: string): Change =>
  ({ node }) => ({ ...node, operator });
