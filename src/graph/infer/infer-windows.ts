/** Shapes of what slides windows over images, and of what resizes them. Images may have any number of axes. */

import { floatsOf, intOf, intsOf, stringOf } from "../attributes.js";
import { floorDivide, plus, times } from "../dimension.js";
import type { Dimension, Node } from "../types.js";
import { reach, windowOf } from "../window.js";
import {
  agreed,
  axisOf,
  type InferenceContext,
  type Rule,
  type Rules,
  ShapeError,
  same,
  Unknown,
} from "./infer-rule.js";

/** A window along one axis. */
interface Slide {
  readonly support: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** The window of a node along each axis of the image; `auto_pad` is left to the caller. */
function slidesOf(node: Node, support: readonly number[]): Slide[] {
  const [strides, dilations] = [intsOf(node, "strides"), intsOf(node, "dilations")];
  const pads = automatic(node) === "NOTSET" ? intsOf(node, "pads") : undefined;
  for (const [name, values, wanted] of [
    ["strides", strides, support.length],
    ["dilations", dilations, support.length],
    ["pads", pads, 2 * support.length],
  ] as const) {
    if (values && values.length > 0 && values.length !== wanted) {
      throw new ShapeError(`a window with ${support.length} axes needs ${wanted} ${name}, got ${values.length}`);
    }
  }
  return support.map((size, axis) => ({
    support: size,
    stride: strides?.[axis] ?? 1,
    dilation: dilations?.[axis] ?? 1,
    before: pads?.[axis] ?? 0,
    after: pads?.[axis + support.length] ?? 0,
  }));
}

const automatic = (node: Node): string => stringOf(node, "auto_pad", "NOTSET");

/**
 * How many positions the windows take:
 * ⌊(size + before + after − reach) / stride⌋ + 1; with `auto_pad` SAME ⌈size / stride⌉. With `ceil_mode` a last window may
 * hang over the end, ⌈…⌉ instead of ⌊…⌋, unless it would begin behind the image: the number is then
 * ⌊(size + before − 1) / stride⌋ + 1.
 *
 * @throws ShapeError when there is no room for one
 */
function slide(node: Node, image: readonly Dimension[], slides: readonly Slide[]): Dimension[] {
  if (image.length !== slides.length) {
    throw new ShapeError(`a window with ${slides.length} axes does not fit an image with ${image.length}`);
  }
  const hanging = intOf(node, "ceil_mode", 0) === 1;
  const result = slides.map(({ support, stride, dilation, before, after }, axis) => {
    if (automatic(node).startsWith("SAME")) return floorDivide(plus(image[axis], stride - 1), stride);
    const room = after - reach(support, dilation);
    const free = hanging ? Math.min(room + stride - 1, -1) : room;
    return plus(floorDivide(plus(image[axis], before + free), stride), 1);
  });
  if (result.some((size) => typeof size === "number" && size < 1)) {
    throw new ShapeError(`support ${slides.map((s) => s.support).join("×")} does not fit its ${image.join("×")} input`);
  }
  return result;
}

const kernelOf = (c: InferenceContext): readonly number[] => {
  const kernel = intsOf(c.node, "kernel_shape");
  if (!kernel) throw new ShapeError("the attribute kernel_shape is missing");
  return kernel;
};

const pool: Rule = (c) => {
  const [batch, channels, ...image] = c.shape(0);
  const shape = [batch, channels, ...slide(c.node, image, slidesOf(c.node, kernelOf(c)))];
  return [
    { type: c.type(0).type, shape },
    { type: "int64", shape },
  ];
};

const globalPool: Rule = (c) => [{ type: c.type(0).type, shape: c.shape(0).map((d, axis) => (axis < 2 ? d : 1)) }];

/** The sizes of a convolution's filters, of which the node may say a part that their type does not. */
function supportOf(c: InferenceContext): number[] {
  const kernel = intsOf(c.node, "kernel_shape");
  const support = c
    .shape(1)
    .slice(2)
    .map((d, axis) => (typeof d === "number" ? d : kernel?.[axis]));
  if (!support.every((d) => d !== undefined)) throw new Unknown();
  return support;
}

export const conv: Rule = (c) => {
  const [batch, channels, ...image] = c.shape(0);
  const [filters, depth] = c.shape(1);
  const groups = intOf(c.node, "group", 1);
  const needed = times(depth, groups);
  agreed(
    channels,
    needed,
    () => `filters of depth ${depth} in ${groups} group(s) need ${needed} channels, the input has ${channels}`,
  );
  expectDivisible(filters, groups, "filters");
  return [{ type: c.type(0).type, shape: [batch, filters, ...slide(c.node, image, slidesOf(c.node, supportOf(c)))] }];
};

const convTranspose: Rule = (c) => {
  const [batch, channels, ...image] = c.shape(0);
  const [depth, perGroup] = c.shape(1);
  agreed(channels, depth, () => `filters for ${depth} channels, the input has ${channels}`);
  const [wanted, extra] = [intsOf(c.node, "output_shape"), intsOf(c.node, "output_padding")];
  const sizes = slidesOf(c.node, supportOf(c)).map(({ support, stride, dilation, before, after }, axis) => {
    if (wanted) return wanted[axis];
    const [far, added] = [reach(support, dilation), extra?.[axis] ?? 0];
    // Padding makes it size · stride. Windows smaller than the stride would need less than none, and get none.
    const border = automatic(c.node).startsWith("SAME") ? Math.min(stride, far + added) : far - before - after + added;
    return plus(times(plus(image[axis], -1), stride), border);
  });
  const filters = times(perGroup, intOf(c.node, "group", 1));
  return [{ type: c.type(0).type, shape: [batch, filters, ...sizes] }];
};

/** As large as what was pooled, of which some sizes are possible: the smallest, unless it is said. */
const maxUnpool: Rule = (c) => {
  const [batch, channels, ...image] = c.shape(0);
  if (c.has(2)) return [{ type: c.type(0).type, shape: [...c.sizes(2)] }];
  const sizes = slidesOf(c.node, kernelOf(c)).map(({ support, stride, before, after }, axis) =>
    plus(times(plus(image[axis], -1), stride), support - before - after),
  );
  return [{ type: c.type(0).type, shape: [batch, channels, ...sizes] }];
};

const col2Im: Rule = (c) => {
  const [batch, rows] = c.shape(0);
  const block = c.constant(2).reduce((a, b) => a * b, 1);
  return [{ type: c.type(0).type, shape: [batch, floorDivide(rows, block), ...c.sizes(1)] }];
};

/** ⌊d · scale⌋ in single precision, as runtimes compute it. */
function scaled(d: Dimension, scale: number): Dimension {
  if (typeof d === "number") return Math.floor(Math.fround(d * Math.fround(scale)));
  if (Number.isInteger(scale)) return times(d, scale);
  if (Number.isInteger(1 / scale)) return floorDivide(d, 1 / scale);
  throw new Unknown();
}

const resize: Rule = (c) => {
  const shape = c.shape(0);
  const axes = intsOf(c.node, "axes")?.map((axis) => axisOf(axis, shape.length)) ?? shape.map((_, axis) => axis);
  const result = [...shape];
  if (c.has(3)) {
    if (stringOf(c.node, "keep_aspect_ratio_policy", "stretch") !== "stretch") throw new Unknown();
    const sizes = c.sizes(3);
    axes.forEach((axis, i) => {
      result[axis] = sizes[i];
    });
  } else {
    // Up to version 10 the scales came second, and there were no regions of interest.
    const scales = c.node.inputs.length === 2 ? c.constant(1) : c.constant(2);
    const cropped = stringOf(c.node, "coordinate_transformation_mode", "") === "tf_crop_and_resize";
    const part = (i: number): number => (cropped ? c.constant(1)[i + axes.length] - c.constant(1)[i] : 1);
    axes.forEach((axis, i) => {
      result[axis] = scaled(shape[axis], scales[i] * part(i));
    });
  }
  return [{ type: c.type(0).type, shape: result }];
};

const upsample: Rule = (c) => {
  const scales = c.has(1) ? c.constant(1) : floatsOf(c.node, "scales");
  if (!scales) throw new Unknown();
  return [{ type: c.type(0).type, shape: c.shape(0).map((d, axis) => scaled(d, scales[axis])) }];
};

/** @throws ShapeError when a number cannot be cut into parts of a size */
function expectDivisible(total: Dimension, part: number, what: string): void {
  if (typeof total === "number" && total % part !== 0) {
    throw new ShapeError(`${total} ${what} are no multiple of ${part}`);
  }
}

const depthToSpace: Rule = (c) => {
  const [batch, channels, height, width] = c.shape(0);
  const block = intOf(c.node, "blocksize", 1);
  expectDivisible(channels, block * block, "channels");
  const shape = [batch, floorDivide(channels, block * block), times(height, block), times(width, block)];
  return [{ type: c.type(0).type, shape }];
};

const spaceToDepth: Rule = (c) => {
  const [batch, channels, height, width] = c.shape(0);
  const block = intOf(c.node, "blocksize", 1);
  for (const size of [height, width]) expectDivisible(size, block, "pixels");
  const shape = [batch, times(channels, block * block), floorDivide(height, block), floorDivide(width, block)];
  return [{ type: c.type(0).type, shape }];
};

const affineGrid: Rule = (c) => {
  const [batch, , ...image] = c.sizes(1);
  return [{ type: c.type(0).type, shape: [batch, ...image, image.length] }];
};

/** The grid is N × the image's axes × how many there are. */
const gridSample: Rule = (c) => {
  const [batch, channels] = c.shape(0);
  return [{ type: c.type(0).type, shape: [batch, channels, ...c.shape(1).slice(1, -1)] }];
};

/** ONNX's operators on images. */
export const WINDOW_RULES: Rules = {
  AffineGrid: affineGrid, AveragePool: pool, Col2Im: col2Im, Conv: conv, ConvTranspose: convTranspose,
  DepthToSpace: depthToSpace, GlobalAveragePool: globalPool, GlobalLpPool: globalPool, GlobalMaxPool: globalPool,
  GridSample: gridSample, LpPool: pool, LRN: same, MaxPool: pool, MaxUnpool: maxUnpool, Resize: resize, SpaceToDepth: spaceToDepth,
  Upsample: upsample,
}; // biome-ignore format: a table

/** The operators of ONNX Runtime's blocked layout, whose shapes are those of the values that they stand for. */
export const BLOCKED_RULES: Rules = {
  Conv: conv,
  GlobalAveragePool: globalPool,
  ReorderInput: same,
  ReorderOutput: (c) => {
    const [batch, , ...image] = c.shape(0);
    return [{ type: c.type(0).type, shape: [batch, intOf(c.node, "channels", 0), ...image] }];
  },
};

const withImage =
  (channels: (c: InferenceContext) => Dimension): Rule =>
  (c) => {
    const image = intsOf(c.node, "image_shape");
    if (!image) throw new ShapeError("the attribute image_shape is missing");
    return [{ type: c.type(0).type, shape: [c.shape(0)[0], channels(c), ...image] }];
  };

/** The composite operators that slide a window. */
export const COMPOSITE_WINDOW_RULES: Rules = {
  ConvDataGradient: withImage((c) => times(c.shape(1)[1], intOf(c.node, "group", 1))),
  ConvFilterGradient: (c) => {
    const depth = floorDivide(c.shape(0)[1], intOf(c.node, "group", 1));
    return [{ type: c.type(0).type, shape: [c.shape(1)[1], depth, ...windowOf(c.node).support] }];
  },
  MaxPoolGradient: same,
  AveragePoolGradient: withImage((c) => c.shape(0)[1]),
};
