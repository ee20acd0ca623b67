/** Which node is written in the blocked layout, and how. */

import { floatOf, intOf, intsOf } from "../../graph/attributes.js";
import { isElementwise } from "../../graph/operator-families.js";
import { codeOf, elementCount, float32 } from "../../graph/tensor.js";
import { COMPOSITE, type Node } from "../../graph/types.js";
import { groupsOf, windowOf } from "../../graph/window.js";
import { hasPads } from "../batch-last/batch-conv.js";
import { MOVES } from "../batch-last/batch-moves.js";
import * as batchPool from "../batch-last/batch-pool.js";
import type { Layouts } from "../layouts.js";
import * as blockedConv from "./blocked-conv.js";
import * as normalization from "./blocked-normalization.js";
import type { Blocks } from "./blocks.js";

/** A node that is written, with its inputs in the layouts that it asks for. */
interface Written {
  readonly b: Blocks;
  readonly node: Node;
  /** the shape N×C×H×W of an input, or of fewer axes; empty where it is not fixed */
  shape(input: number): readonly number[];
  /** an input in the blocked layout */
  image(input: number): string;
  /** an input as ONNX has it */
  plain(input: number): string;
  /** whether the numbers of the first input are of 32 bits */
  readonly isFloat32: boolean;
  /** whether nothing else reads an input */
  isReadHere(input: number): boolean;
  /** the operator that makes an input; undefined for what the graph is given */
  makerOf(input: number): string | undefined;
}

/** What the nodes of the graph make and read. */
export interface Uses {
  /** the values that one node reads, once, and that are no outputs */
  readonly readOnce: ReadonlySet<string>;
  /** the operator that makes a value */
  readonly makers: ReadonlyMap<string, string>;
}

/** Writes the outputs, the first (all of a Split) in the blocked layout and the others as ONNX has them; undefined where it cannot or should not. */
type Write = (w: Written) => readonly string[] | undefined;

/** What the runtime's blocked operators compute, which are for float32 alone; moves and element-wise operators are ONNX's own. */
const ofFloat32 =
  (write: Write): Write =>
  (w) =>
    w.isFloat32 ? write(w) : undefined;

const optional = ({ node, plain }: Written, input: number): string | undefined =>
  node.inputs[input] ? plain(input) : undefined;

/** Whether filters are learned. Those that never change the runtime packs once by itself, and it would pack ours at each run. */
const isLearned = ({ b, plain }: Written): boolean => b.g.constantValue(plain(1)) === undefined;

/** Filters with zeros for the channels that were added to fill blocks. */
function filled(b: Blocks, filters: string, groups: number): string {
  const [count, depth] = b.g.shape(filters);
  const taken = b.fill(filters, 0, b.filled(count));
  return groups > 1 || depth < b.block ? taken : b.fill(taken, 1, b.filled(depth));
}

/** A number for each channel, with zeros for those that were added. */
const filledVector = (b: Blocks, vector: string): string => b.fill(vector, 0, b.filled(b.g.shape(vector)[0]));

const conv: Write = (w) => {
  const { b, node, shape } = w;
  const [x, filters] = [shape(0), shape(1)];
  if (x.length !== 4 || filters.length !== 4 || !hasPads(node) || !isLearned(w)) return undefined;
  const [count, , ...support] = filters;
  const [, channels, height, width] = x;
  const groups = groupsOf(node);
  if (!blockedConv.fits(b, windowOf(node, support), groups, [count, channels], [height, width])) return undefined;
  const biases = optional(w, 2);
  const inputs = [w.image(0), filled(b, w.plain(1), groups), ...(biases ? [filledVector(b, biases)] : [])];
  return [b.setOwn(blockedConv.conv(b, node, inputs), count)];
};

/**
 * dY of a convolution without a factor of its channels, where it is at hand, and what multiplies the filters, or their gradient, by that factor. That reads and writes filters twice in
 * all, so it is for those with fewer taps than dY has pixels.
 */
function factoredFor(
  b: Blocks,
  dy: string,
  [, ...taps]: readonly number[],
): { readonly form: string; readonly scale: (filters: string) => string } {
  const { batch, height, width } = b.extent(dy);
  const known = b.factored(dy);
  if (!known || batch * height * width <= 2 * elementCount(taps)) return { form: dy, scale: (f) => f };
  const { form, factor } = known;
  return { form, scale: (filters) => b.op("Mul", [filters, b.reshape(factor, [...b.g.shape(factor), 1, 1, 1])]) };
}

/** The gradient of a convolution to its data; a transposed convolution, which may have biases, computes the same. */
const transposed =
  (sizeOf: (w: Written) => readonly number[]): Write =>
  (w) => {
    const { b, node, shape, image, plain } = w;
    const [dy, filters, size] = [shape(0), shape(1), sizeOf(w)];
    if (dy.length !== 4 || filters.length !== 4 || size.length < 2 || !isLearned(w)) return undefined;
    const [count, depth, ...support] = filters;
    const [height, width] = size.slice(-2);
    const groups = groupsOf(node);
    const channels = depth * groups;
    const window = windowOf(node, support);
    if (channels < b.block) return undefined;
    if (!blockedConv.fits(b, window, groups, [count, channels], [height, width])) return undefined;
    const biases = optional(w, 2);
    // with biases every pixel is written, also those that no filter reaches
    if (biases && support.some((taps, axis) => taps < window.stride[axis])) return undefined;
    const { form, scale } = factoredFor(b, image(0), filters);
    const inputs = [form, scale(filled(b, plain(1), groups)), ...(biases ? [filledVector(b, biases)] : [])];
    return [b.setOwn(blockedConv.dataGradient(b, node, inputs, [height, width]), channels)];
  };

/** Height and width of what a transposed convolution makes, where its pads are numbers. */
function enlarged({ node, shape }: Written): readonly number[] {
  if (!hasPads(node) || intsOf(node, "output_shape")) return [];
  const [, , ...support] = shape(1);
  if (support.length !== 2) return [];
  const { stride, pad } = windowOf(node, support);
  const more = intsOf(node, "output_padding") ?? [0, 0];
  return support.map(
    (taps, axis) => stride[axis] * (shape(0)[axis + 2] - 1) + taps - pad[2 * axis] - pad[2 * axis + 1] + more[axis],
  );
}

const convFilterGradient: Write = ({ b, node, shape, image }) => {
  const [x, dy] = [shape(0), shape(1)];
  if (x.length !== 4 || dy.length !== 4) return undefined;
  const [, channels, height, width] = x;
  const groups = groupsOf(node);
  const window = windowOf(node);
  if (!blockedConv.fits(b, window, groups, [dy[1], channels], [height, width])) return undefined;
  const { form, scale } = factoredFor(b, image(1), [dy[1], channels / groups, ...window.support]);
  const sums = scale(blockedConv.filterGradient(b, node, [image(0), form]));
  return [b.cut(b.cut(sums, 0, dy[1]), 1, channels / groups)];
};

/** What follows a convolution in the blocked layout: the same of pixels, channels and images, in another order. */
const viewed =
  (images: readonly number[], write: (w: Written, inputs: readonly string[]) => string | undefined): Write =>
  (w) => {
    const { b, node } = w;
    const made = b.parts(w.image(0)).map((part, at) => {
      const inputs = node.inputs.map((input, i) => {
        if (input === "") return "";
        return images.includes(i) ? b.asPixels(b.parts(w.image(i))[at]) : w.plain(i);
      });
      const pixels = write(w, inputs);
      return pixels === undefined ? undefined : b.fromPixels(pixels, b.extent(part));
    });
    return made.every((part) => part !== undefined) ? [b.setOwn(b.join(made), w.shape(0)[1])] : undefined;
  };

const pool = viewed([0], ({ b, node }, inputs) =>
  node.outputs.length === 1 && batchPool.isPlainPool(node) ? batchPool.pool(b.g, node, inputs) : undefined,
);

/** A move of pixels. */
const moved = viewed([0], ({ b, node }, inputs) => MOVES[node.operator](b.g, node, inputs));

const numbers = ({ b, node, plain }: Written, input: number): readonly number[] | undefined =>
  node.inputs[input] ? b.g.numbers(plain(input)) : undefined;

/** Whether pads, starts and the like are of the axes of pixels alone. */
const padsPixels = (w: Written): boolean => {
  const pads = numbers(w, 1);
  return w.node.inputs.length < 4 && pads?.length === 8 && [0, 1, 4, 5].every((axis) => pads[axis] === 0);
};
const slicesPixels = (w: Written): boolean => numbers(w, 3)?.every((axis) => (axis + 4) % 4 > 1) ?? false;

/** Numbers for each map at all of its pixels. */
const expand: Write = (w) => {
  const [sizes, shape] = [numbers(w, 1), w.shape(0)];
  if (sizes?.length !== 4 || sizes[0] !== shape[0] || sizes[1] !== shape[1]) return undefined;
  const [, , height, width] = sizes;
  return viewed([0], ({ b }, [x]) => {
    const [maps, , , run] = b.g.shape(x);
    return b.op("Expand", [x, b.g.ints(maps, height, width, run)]);
  })(w);
};

const concat: Write = ({ b, node, shape, image }) => {
  const shapes = node.inputs.map((_, i) => shape(i));
  if (intOf(node, "axis", 0) !== 1 || !shapes.every((s) => s.length === 4 && s[1] % b.block === 0)) return undefined;
  const channels = shapes.reduce((sum, [, c]) => sum + c, 0);
  const images = node.inputs.map((_, i) => image(i));
  return [
    b.each(images, (parts) => b.declare(b.op("Concat", parts, { axis: 1 }), { ...b.extent(parts[0]), channels })),
  ];
};

/** Whole blocks of channels, from one to before another. */
const channelsOf = (b: Blocks, form: string, from: number, to: number): string =>
  b.setOwn(
    b.each([form], ([part]) =>
      b.declare(b.op("Slice", [part, b.g.ints(from), b.g.ints(to), b.g.ints(1)]), {
        ...b.extent(part),
        channels: to - from,
      }),
    ),
    to - from,
  );

/** Channels apart again that were side by side, as the gradients of a concatenation are. */
const split: Write = (w) => {
  const { b, node, image, shape } = w;
  const [, channels] = shape(0);
  const sizes = numbers(w, 1) ?? node.outputs.map(() => channels / node.outputs.length);
  if (intOf(node, "axis", 0) !== 1 || !sizes.every((size) => size % b.block === 0)) return undefined;
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
  return ends.map((end, i) => channelsOf(b, image(0), end - sizes[i], end));
};

/** A part of the pixels, or whole blocks of channels. */
const slice: Write = (w) => {
  if (slicesPixels(w)) return moved(w);
  const { b, image, shape } = w;
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((input) => numbers(w, input));
  if (axes?.length !== 1 || (axes[0] + 4) % 4 !== 1 || (steps && steps[0] !== 1) || !starts || !ends) return undefined;
  const [, channels] = shape(0);
  const [from, to] = [starts[0], ends[0]].map((place) => Math.min(place < 0 ? place + channels : place, channels));
  if (from < 0 || to <= from || channels % b.block > 0 || from % b.block > 0 || to % b.block > 0) return undefined;
  return [channelsOf(b, image(0), from, to)];
};

const BLOCKED: Readonly<Record<string, Write>> = {
  Conv: ofFloat32(conv),
  ConvTranspose: ofFloat32(transposed(enlarged)),
};

const BLOCKED_COMPOSITES: Readonly<Record<string, Write>> = {
  ConvDataGradient: ofFloat32(transposed(({ node }) => intsOf(node, "image_shape") ?? [])),
  ConvFilterGradient: ofFloat32(convFilterGradient),
};

/** What joins in where its data is in the blocked layout already. */
const FOLLOWING: Readonly<Record<string, Write>> = {
  AveragePool: pool,
  Concat: concat,
  Expand: expand,
  GlobalAveragePool: moved,
  GlobalMaxPool: moved,
  MaxPool: pool,
  Pad: (w) => (padsPixels(w) ? moved(w) : undefined),
  Slice: slice,
  Split: split,
};

/** A batch normalisation: its output, and statistics of the channels. */
const normalized =
  (write: (b: Blocks, node: Node, inputs: readonly string[]) => readonly string[]): Write =>
  ({ b, node, shape, image, plain }) => {
    const [, channels] = shape(0);
    const vectors = [plain(1), plain(2)].map((vector) => filledVector(b, vector));
    // what was added has no variance
    if (floatOf(node, "epsilon", 0) <= 0 && channels % b.block > 0) return undefined;
    const [y, ...statistics] = write(b, node, [image(0), ...vectors]);
    return [b.setOwn(y, channels), ...statistics.map((vector) => b.cut(vector, 0, channels))];
  };

/** Its gradients, from dy, x, gain, σ and, of a part, more numbers of the channels. */
const normalizedGradient =
  (write: typeof normalization.batchNormalizationGradient): Write =>
  ({ b, node, shape, image, plain }) => {
    const [, channels] = shape(0);
    const count = b.filled(channels);
    // what was added has no deviation, and is divided by one
    const ones = Array.from({ length: count }, (_, channel) => (channel < channels ? 0 : 1));
    const deviation =
      count > channels ? b.op("Add", [filledVector(b, plain(3)), b.g.constant(float32(ones, [count]))]) : plain(3);
    const others = node.inputs.slice(4).map((_, i) => filledVector(b, plain(i + 4)));
    const inputs = [image(0), image(1), filledVector(b, plain(2)), deviation, ...others];
    const { dx, dgain, dbias } = write(b, node, inputs);
    return [b.setOwn(dx, channels), b.cut(dgain, 0, channels), b.cut(dbias, 0, channels)];
  };

const FOLLOWING_COMPOSITES: Readonly<Record<string, Write>> = {
  AveragePoolGradient: viewed([0], ({ b, node }, inputs) => batchPool.averagePoolGradient(b.g, node, inputs)),
  BatchNormalization: ofFloat32(normalized(normalization.batchNormalization)),
  BatchNormalizationGradient: ofFloat32(normalizedGradient(normalization.batchNormalizationGradient)),
  // where some places of a part are not in the batch, pictures do not lie side by side
  BatchNormalizationOfParts: ofFloat32((w) =>
    w.node.inputs.length > 3 ? undefined : normalized(normalization.batchNormalizationOfParts)(w),
  ),
  BatchNormalizationOfPartsGradient: ofFloat32((w) =>
    w.node.inputs.length > 6 ? undefined : normalizedGradient(normalization.batchNormalizationOfPartsGradient)(w),
  ),
  MaxPoolGradient: viewed([0, 1, 2], ({ b, node }, inputs) => batchPool.maxPoolGradient(b.g, node, inputs)),
};

/** Gradients of filters and of biases are no images. */
const PLAIN_RESULTS = new Set(["ConvFilterGradient", "ReduceSum"]);

/** Writes a node in the blocked layout, where that is possible and of use. Returns whether it did. */
export function writeBlocked(layouts: Layouts, node: Node, { readOnce, makers }: Uses): boolean {
  const { blocks: b } = layouts;
  if (b.block === 1 || (node.domain !== "" && node.domain !== COMPOSITE)) return false;
  const ofOnnx = node.domain === "";
  const follows = node.inputs.some((input) => isBlockedOnly(layouts, input));
  const write =
    (ofOnnx ? BLOCKED : BLOCKED_COMPOSITES)[node.operator] ?? (follows ? followed(ofOnnx, node.operator) : undefined);
  if (!write) return false;
  const written: Written = {
    b,
    node,
    shape: (i) => layouts.shapeOf(node.inputs[i]) ?? [],
    image: (i) => layouts.get(node.inputs[i], "blocked"),
    plain: (i) => layouts.get(node.inputs[i], "batch-first"),
    isFloat32: layouts.typeOf(node.inputs[0]) === "float32",
    isReadHere: (i) => readOnce.has(node.inputs[i]),
    makerOf: (i) => makers.get(node.inputs[i]),
  };
  const made = write(written);
  if (made === undefined) return false;
  for (const [i, output] of node.outputs.entries()) {
    if (output === "") continue;
    const isImage = node.operator === "Split" || (i === 0 && !PLAIN_RESULTS.has(node.operator));
    layouts.set(output, isImage ? "blocked" : "batch-first", made[i]);
  }
  return true;
}

function followed(ofOnnx: boolean, operator: string): Write | undefined {
  if (!ofOnnx) return FOLLOWING_COMPOSITES[operator];
  if (isElementwise(operator)) return elementwise;
  if (operator === "ReduceSum" || operator === "ReduceMean") return reduction;
  return FOLLOWING[operator];
}

const isBlockedOnly = (layouts: Layouts, value: string): boolean =>
  value !== "" &&
  layouts.has(value, "blocked") &&
  !layouts.has(value, "batch-first") &&
  !layouts.has(value, "batch-last");

/** What makes numbers of any numbers, so that channels which nothing reads stay numbers too. */
const KEEPS_NUMBERS = new Set([
  "Abs", "Add", "Cast", "Clip", "Equal", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Less", "LessOrEqual", "Max", "Min",
  "Mul", "Neg", "Relu", "Sigmoid", "Sub", "Sum", "Tanh", "Where",
]); // biome-ignore format: a list

/** Of values of one shape, and of single numbers, as they lie; of others by axes: [N/n][C/b][H][W][n][b]. */
const elementwise: Write = (w) => {
  const { b, node, shape, image, plain } = w;
  if (node.outputs.length !== 1 || node.inputs.includes("")) return undefined;
  const shapes = node.inputs.map((_, i) => {
    const own = shape(i);
    return own.length > 4 ? own : [...Array<number>(4 - own.length).fill(1), ...own];
  });
  const whole = [0, 1, 2, 3].map((axis) => Math.max(...shapes.map((s) => s[axis])));
  const [batch, channels, height, width] = whole;
  const isFilled = channels % b.block === 0;
  if (shapes.some((s) => s.length !== 4) || !b.takes(channels)) return undefined;
  if (!isFilled && !KEEPS_NUMBERS.has(node.operator)) return undefined;
  const isWhole = (s: readonly number[]): boolean => s.every((d, axis) => d === whole[axis]);
  const isNumber = (s: readonly number[]): boolean => s.every((d) => d === 1);
  const fused = node.operator === "Clip" || shapes.every(isWhole) ? intoConvolution(w) : undefined;
  if (fused !== undefined) return [b.setOwn(fused, channels)];
  const isFlat = shapes.every((s) => isWhole(s) || isNumber(s));
  /** An input for a part of the batch; undefined where it has no form that broadcasts. */
  const inputOf = ([n, c, h, v]: readonly number[], i: number, part: number): string | undefined => {
    if (n === 1 && c === 1 && h * v === 1) return b.reshape(plain(i), []);
    if (n === 1 && h * v === 1 && !isFlat) {
      const vector = filledVector(b, b.reshape(plain(i), [c]));
      return b.reshape(vector, [b.filled(c) / b.block, 1, 1, 1, b.block]);
    }
    if (n === 1 && c === 1) return b.reshape(plain(i), [h, v, 1, 1]);
    if (n !== batch || c !== channels) return undefined;
    const form = b.parts(image(i))[part];
    const { batch: images } = b.extent(form);
    const lanes = b.lanes(images);
    return isFlat ? form : b.reshape(form, [images / lanes, b.filled(c) / b.block, h, v, lanes, b.block]);
  };
  const first = shapes.findIndex(([n, c]) => n === batch && c === channels);
  const isProduct = isFlat && isGradientOrZero(w);
  if (first < 0) return undefined;
  const parts = b.parts(image(first)).map((form, part) => {
    const inputs = shapes.map((s, i) => inputOf(s, i, part));
    if (!inputs.every((input) => input !== undefined)) return undefined;
    const { batch: images } = b.extent(form);
    const extent = { batch: images, channels: b.filled(channels), height, width };
    return b.declare(isProduct ? product(b, inputs) : b.op(node.operator, inputs, node.attributes), extent);
  });
  return parts.every((part) => part !== undefined) ? [b.setOwn(b.join(parts), channels)] : undefined;
};

/** Whether it chooses between what goes back through a convolution, where no number is infinite, and zero. */
const isGradientOrZero = ({ b, node, plain, makerOf }: Written): boolean =>
  node.operator === "Where" &&
  makerOf(1) === "ConvDataGradient" &&
  b.g.constantValue(node.inputs[2] && plain(2))?.data[0] === 0;

/** x where the condition holds, else 0; the runtime's Where makes three passes over the memory. */
const product = (b: Blocks, [condition, x]: readonly string[]): string =>
  b.op("Mul", [x, b.op("Cast", [condition], { to: codeOf("float32") })]);

/** The bounds of a Clip, where they are constant. */
function boundsOf({ b, node, plain }: Written): readonly [number, number] | undefined {
  const bounds = [1, 2].map((i) => (node.inputs[i] ? b.g.constantValue(plain(i))?.data[0] : undefined));
  const [least, most] = bounds;
  return typeof least === "number" && typeof most === "number" ? [least, most] : undefined;
}

/**
 * Bounds as a part of the convolution that makes the value. Where others read the value too, and it is cheap, it is computed once more for them: they are of the way back,
 * and it need not be kept until then.
 */
function boundedConvolution(w: Written): string | undefined {
  const { b, image, isReadHere } = w;
  const bounds = boundsOf(w);
  const form = image(0);
  const isPossible = b.parts(form).every((part) => b.canTake(part, true) && (isReadHere(0) || b.isAffine(part)));
  return bounds && isPossible ? b.each([form], ([part]) => b.extended(part, { bounds })) : undefined;
}

/** A sum, or what cuts off below zero, as a part of the convolution that makes one of its inputs. */
function intoConvolution(w: Written): string | undefined {
  const { b, node, image, isReadHere } = w;
  if (node.operator === "Clip") return boundedConvolution(w);
  const images = node.inputs.map((_, i) => image(i));
  if (node.operator === "Relu") {
    const isPossible = isReadHere(0) && b.parts(images[0]).every((part) => b.canTake(part, true));
    return isPossible ? b.each(images, ([form]) => b.extended(form, { relu: true })) : undefined;
  }
  if (node.operator !== "Add" && node.operator !== "Sum") return undefined;
  if (images.length < 2 || new Set(images).size < images.length) return undefined;
  const at = images.findIndex((form, i) => isReadHere(i) && b.parts(form).every((part) => b.canTake(part)));
  if (at < 0) return undefined;
  return b.each([images[at], ...images.toSpliced(at, 1)], ([form, ...others]) => {
    const sum = others.length === 1 ? others[0] : b.declare(b.op("Sum", others), b.extent(form));
    return b.extended(form, { sum });
  });
}

/** Sums of channels, as the gradients of biases are; the mean of each map. */
const reduction: Write = ofFloat32(({ b, node, image, plain, shape }) => {
  const axes = node.inputs[1] ? b.g.numbers(plain(1)) : undefined;
  const places = axes?.map((axis) => (axis + 4) % 4).sort();
  if (places?.join() !== "0,2,3" || node.operator !== "ReduceSum") return undefined;
  const [, channels] = shape(0);
  const sums = b.cut(normalization.channelSums(b, image(0)), 0, channels);
  return [intOf(node, "keepdims", 1) === 1 ? b.reshape(sums, [1, channels, 1, 1]) : sums];
});
