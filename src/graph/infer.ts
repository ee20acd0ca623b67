/** Shape inference: the types of a node's outputs from the types of its inputs. */

import { intOf, intsOf } from "./attributes.js";
import { floorDivide, formatShape, isStatic, plus, product, times } from "./dimension.js";
import { COMPOSITE, type DataType, type Dimension, type Node, type Tensor, type ValueType } from "./types.js";
import { windowOf } from "./window.js";

/** What a rule may look at. */
export interface InferenceContext {
  readonly node: Node;
  /** The type of input i. @throws when the node has no such input */
  type(i: number): ValueType;
  /** The shape of input i. @throws Unknown when it is not known */
  shape(i: number): readonly Dimension[];
  /** The numbers in input i, where it is a constant. @throws Unknown when it is not */
  constant(i: number): readonly number[];
  /** Whether input i is there. */
  has(i: number): boolean;
}

type Rule = (context: InferenceContext) => ValueType[];

/** Raised inside a rule when a shape depends on something that is not known; the output's shape is then unknown. */
class Unknown extends Error {}

/** Says which node does not fit its inputs, and why. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** ONNX's multidirectional broadcasting of several shapes. @throws ShapeError when two sizes neither match nor are 1 */
export function broadcast(...shapes: readonly (readonly Dimension[])[]): Dimension[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size: Dimension = 1;
    for (const shape of shapes) {
      const d = shape[axis - rank + shape.length] ?? 1;
      if (d === 1 || d === size) continue;
      if (size === 1) size = d;
      else if (typeof d === "number" && typeof size === "number") {
        throw new ShapeError(`shapes ${shapes.map(formatShape).join(" and ")} cannot be broadcast together`);
      } else if (typeof d === "number") size = d;
    }
    return size;
  });
}

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const elementwise: Rule = (c) => {
  const shapes = c.node.inputs.map((_, i) => c.shape(i));
  return [{ type: c.type(0).type, shape: broadcast(...shapes) }];
};
const comparison: Rule = (c) => [{ type: "bool", shape: broadcast(c.shape(0), c.shape(1)) }];
const same: Rule = (c) => [c.type(0)];

const reduce: Rule = (c) => {
  const shape = c.shape(0);
  const axes = c.has(1) ? c.constant(1) : (intsOf(c.node, "axes") ?? []);
  const all = axes.length === 0;
  if (all && intOf(c.node, "noop_with_empty_axes", 0)) return [c.type(0)];
  const reduced = new Set(axes.map((a) => axisOf(a, shape.length)));
  const keep = intOf(c.node, "keepdims", 1) === 1;
  const gone = (axis: number): boolean => all || reduced.has(axis);
  const kept = keep ? shape.map((d, axis) => (gone(axis) ? 1 : d)) : shape.filter((_, axis) => !gone(axis));
  return [{ type: c.type(0).type, shape: kept }];
};

const argReduce: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", 0), shape.length);
  const keep = intOf(c.node, "keepdims", 1) === 1;
  return [{ type: "int64", shape: keep ? shape.with(axis, 1) : shape.toSpliced(axis, 1) }];
};

/** The positions of a window of any number of axes over an image, from the attributes that ONNX's Conv and poolings share. */
function slidden(c: InferenceContext, image: readonly Dimension[], support: readonly number[]): Dimension[] {
  const pads = intsOf(c.node, "pads") ?? [];
  const strides = intsOf(c.node, "strides") ?? [];
  const dilations = intsOf(c.node, "dilations") ?? [];
  return image.map((size, axis) => {
    const reach = (support[axis] - 1) * (dilations[axis] ?? 1) + 1;
    const padded = plus(size, (pads[axis] ?? 0) + (pads[axis + image.length] ?? 0) - reach);
    return plus(floorDivide(padded, strides[axis] ?? 1), 1);
  });
}

const pool: Rule = (c) => {
  const [batch, channels, ...image] = c.shape(0);
  const shape = [batch, channels, ...slidden(c, image, intsOf(c.node, "kernel_shape") ?? [])];
  const values = { type: c.type(0).type, shape };
  return c.node.outputs.length > 1 ? [values, { type: "int64", shape }] : [values];
};

const globalPool: Rule = (c) => [{ type: c.type(0).type, shape: c.shape(0).map((d, axis) => (axis < 2 ? d : 1)) }];

const conv: Rule = (c) => {
  const [batch, channels, ...image] = c.shape(0);
  const [filters, depth, ...support] = c.shape(1);
  const groups = intOf(c.node, "group", 1);
  if (typeof channels === "number" && typeof depth === "number" && channels !== depth * groups) {
    throw new ShapeError(
      `filters of depth ${depth} in ${groups} group(s) need ${depth * groups} channels, the input has ${channels}`,
    );
  }
  if (!isStatic(support)) throw new Unknown();
  const out = slidden(c, image, support);
  if (out.some((d) => typeof d === "number" && d < 1)) {
    throw new ShapeError(`support ${support.join("×")} does not fit its ${image.join("×")} input`);
  }
  return [{ type: c.type(0).type, shape: [batch, filters, ...out] }];
};

const convTranspose: Rule = (c) => {
  const [batch, , height, width] = c.shape(0);
  const [, perGroup, fh, fw] = c.shape(1);
  if (typeof fh !== "number" || typeof fw !== "number") throw new Unknown();
  const { stride, dilation, pad } = windowOf(c.node, [fh, fw]);
  const extra = intsOf(c.node, "output_padding") ?? [0, 0];
  const size = (d: Dimension, axis: 0 | 1, support: number): Dimension =>
    plus(
      times(plus(d, -1), stride[axis]),
      (support - 1) * dilation[axis] + 1 - pad[2 * axis] - pad[2 * axis + 1] + extra[axis],
    );
  const groups = intOf(c.node, "group", 1);
  return [{ type: c.type(0).type, shape: [batch, times(perGroup, groups), size(height, 0, fh), size(width, 1, fw)] }];
};

const matMul: Rule = (c) => {
  const [a, b] = [c.shape(0), c.shape(1)];
  const inner = a[a.length - 1];
  const other = b[b.length - 2];
  if (typeof inner === "number" && typeof other === "number" && inner !== other) {
    throw new ShapeError(`cannot multiply ${formatShape(a)} by ${formatShape(b)}`);
  }
  const outer = broadcast(a.slice(0, -2), b.slice(0, -2));
  return [{ type: c.type(0).type, shape: [...outer, a[a.length - 2], b[b.length - 1]] }];
};

const gemm: Rule = (c) => {
  const [a, b] = [c.shape(0), c.shape(1)];
  const [rows, inner] = intOf(c.node, "transA", 0) ? [a[1], a[0]] : [a[0], a[1]];
  const [other, columns] = intOf(c.node, "transB", 0) ? [b[1], b[0]] : [b[0], b[1]];
  if (typeof inner === "number" && typeof other === "number" && inner !== other) {
    throw new ShapeError(`cannot multiply ${formatShape([rows, inner])} by ${formatShape([other, columns])}`);
  }
  return [{ type: c.type(0).type, shape: [rows, columns] }];
};

const reshape: Rule = (c) => {
  const from = c.shape(0);
  const wanted = c.constant(1);
  const literal = intOf(c.node, "allowzero", 0) === 1;
  const shape: Dimension[] = wanted.map((d, axis) => (d === 0 && !literal ? from[axis] : d));
  const free = shape.indexOf(-1);
  if (free >= 0) shape[free] = quotient(from, shape.toSpliced(free, 1));
  else if (isStatic(from) && isStatic(shape) && product(from) !== product(shape)) {
    throw new ShapeError(`${formatShape(from)} cannot be reshaped to ${formatShape(shape)}`);
  }
  return [{ type: c.type(0).type, shape }];
};

/** The product of some sizes divided by that of others, with equal names cancelled. */
function quotient(above: readonly Dimension[], below: readonly Dimension[]): Dimension {
  const rest = [...above];
  let divisor = 1;
  for (const d of below) {
    const at = typeof d === "string" ? rest.indexOf(d) : -1;
    if (at >= 0) rest.splice(at, 1);
    else if (typeof d === "number") divisor *= d;
    else throw new Unknown();
  }
  const numbers = rest.filter((d) => typeof d === "number").reduce((a, b) => a * b, 1);
  const names = rest.filter((d) => typeof d === "string");
  if (numbers % divisor === 0) return product([numbers / divisor, ...names]);
  if (names.length === 0) throw new ShapeError(`${formatShape(above)} cannot be divided into parts of ${divisor}`);
  return floorDivide(product([numbers, ...names]), divisor);
}

const transpose: Rule = (c) => {
  const shape = c.shape(0);
  const permutation = intsOf(c.node, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
  return [{ type: c.type(0).type, shape: permutation.map((axis) => shape[axis]) }];
};

const concat: Rule = (c) => {
  const shapes = c.node.inputs.map((_, i) => c.shape(i));
  const axis = axisOf(intOf(c.node, "axis", 0), shapes[0].length);
  const sizes = shapes.map((s) => s[axis]);
  const named = sizes.filter((d) => typeof d === "string");
  const sum = sizes.filter((d) => typeof d === "number").reduce((a, b) => a + b, 0);
  const total = named.length === 0 ? sum : plus(named.join(" + "), sum);
  return [{ type: c.type(0).type, shape: shapes[0].with(axis, total) }];
};

const slice: Rule = (c) => {
  const shape = [...c.shape(0)];
  const [starts, ends] = [c.constant(1), c.constant(2)];
  const axes = c.has(3) ? c.constant(3) : starts.map((_, i) => i);
  const steps = c.has(4) ? c.constant(4) : starts.map(() => 1);
  axes.forEach((a, i) => {
    const axis = axisOf(a, shape.length);
    const size = shape[axis];
    if (typeof size !== "number") throw new Unknown();
    const step = steps[i];
    const bound = (index: number, low: number, high: number): number =>
      Math.min(Math.max(index < 0 ? index + size : index, low), high);
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const first = bound(starts[i], step > 0 ? 0 : 0, high);
    const last = ends[i] < -size ? low : bound(ends[i], low, high);
    shape[axis] = Math.max(0, Math.ceil((last - first) / step));
  });
  return [{ type: c.type(0).type, shape }];
};

const split: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", 0), shape.length);
  const count = c.node.outputs.length;
  const size = shape[axis];
  if (!c.has(1) && typeof size !== "number") throw new Unknown();
  const part = Math.ceil(Number(size) / count);
  const sizes = c.has(1) ? c.constant(1) : c.node.outputs.map((_, i) => Math.min(part, Number(size) - i * part));
  return sizes.map((d) => ({ type: c.type(0).type, shape: shape.with(axis, d) }));
};

const pad: Rule = (c) => {
  const shape = c.shape(0);
  const pads = c.constant(1);
  const axes = c.has(3) ? c.constant(3).map((a) => axisOf(a, shape.length)) : shape.map((_, axis) => axis);
  const padded = [...shape];
  axes.forEach((axis, i) => {
    padded[axis] = plus(shape[axis], pads[i] + pads[i + axes.length]);
  });
  return [{ type: c.type(0).type, shape: padded }];
};

const gather: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", 0), shape.length);
  return [{ type: c.type(0).type, shape: shape.toSpliced(axis, 1, ...c.shape(1)) }];
};

const flatten: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", 1), shape.length);
  return [{ type: c.type(0).type, shape: [product(shape.slice(0, axis)), product(shape.slice(axis))] }];
};

const squeeze: Rule = (c) => {
  const shape = c.shape(0);
  const axes = c.has(1) ? c.constant(1) : intsOf(c.node, "axes");
  const gone = new Set(
    axes?.map((a) => axisOf(a, shape.length)) ?? shape.flatMap((d, axis) => (d === 1 ? [axis] : [])),
  );
  return [{ type: c.type(0).type, shape: shape.filter((_, axis) => !gone.has(axis)) }];
};

const unsqueeze: Rule = (c) => {
  const shape = [...c.shape(0)];
  const axes = c.has(1) ? c.constant(1) : (intsOf(c.node, "axes") ?? []);
  const rank = shape.length + axes.length;
  for (const axis of axes.map((a) => axisOf(a, rank)).sort((a, b) => a - b)) shape.splice(axis, 0, 1);
  return [{ type: c.type(0).type, shape }];
};

const expand: Rule = (c) => [{ type: c.type(0).type, shape: broadcast(c.shape(0), c.constant(1)) }];

const TYPE_BY_CODE: readonly (DataType | undefined)[] = [
  undefined, "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", undefined, "bool",
  "float16", "float64", "uint32", "uint64", undefined, undefined, "bfloat16",
]; // biome-ignore format: a table

const cast: Rule = (c) => {
  const type = TYPE_BY_CODE[intOf(c.node, "to", 0)];
  if (!type) throw new Unknown();
  return [{ type, shape: c.type(0).shape }];
};

const topK: Rule = (c) => {
  const shape = c.shape(0);
  const kept = shape.with(axisOf(intOf(c.node, "axis", -1), shape.length), c.constant(1)[0]);
  return [
    { type: c.type(0).type, shape: kept },
    { type: "int64", shape: kept },
  ];
};

const col2Im: Rule = (c) => {
  const [batch, rows] = c.shape(0);
  const block = c.constant(2).reduce((a, b) => a * b, 1);
  return [{ type: c.type(0).type, shape: [batch, floorDivide(rows, block), ...c.constant(1)] }];
};

const constant: Rule = (c) => {
  const { value, value_float, value_int } = c.node.attributes;
  if (value?.type === "tensor") return [{ type: value.value.type, shape: value.value.shape }];
  if (value_float) return [{ type: "float32", shape: [] }];
  if (value_int) return [{ type: "int64", shape: [] }];
  throw new Unknown();
};

const constantOfShape: Rule = (c) => {
  const value = c.node.attributes.value;
  return [{ type: value?.type === "tensor" ? value.value.type : "float32", shape: c.constant(0) }];
};

const resize: Rule = (c) => {
  const shape = c.shape(0);
  if (c.has(3)) return [{ type: c.type(0).type, shape: c.constant(3) }];
  const scales = c.constant(2);
  return [
    { type: c.type(0).type, shape: shape.map((d, i) => (scales[i] === 1 ? d : Math.floor(Number(d) * scales[i]))) },
  ];
};

const dropout: Rule = (c) => [c.type(0), { type: "bool", shape: c.type(0).shape }];

const batchNormalization: Rule = (c) => c.node.outputs.map((_, i) => (i === 0 ? c.type(0) : c.type(2 + i)));

/** Every operator of ONNX whose output types are inferred. */
const RULES: Readonly<Record<string, Rule>> = {
  Abs: same, Add: elementwise, And: comparison, ArgMax: argReduce, ArgMin: argReduce, AveragePool: pool,
  BatchNormalization: batchNormalization, Cast: cast, Ceil: same, Clip: same, Col2Im: col2Im, Concat: concat,
  Constant: constant, ConstantOfShape: constantOfShape, Conv: conv, ConvTranspose: convTranspose, Cos: same,
  Div: elementwise, Dropout: dropout, Elu: same, Equal: comparison, Erf: same, Exp: same, Expand: expand, Flatten: flatten,
  Floor: same, Gather: gather, Gemm: gemm, GlobalAveragePool: globalPool, GlobalMaxPool: globalPool, Greater: comparison,
  GreaterOrEqual: comparison, Identity: same, LRN: same, LeakyRelu: same, Less: comparison, LessOrEqual: comparison,
  Log: same, LogSoftmax: same, MatMul: matMul, Max: elementwise, MaxPool: pool, Mean: elementwise, Min: elementwise,
  Mul: elementwise, Neg: same, Not: same, Or: comparison, Pad: pad, Pow: elementwise, Reciprocal: same, ReduceL2: reduce,
  ReduceMax: reduce, ReduceMean: reduce, ReduceMin: reduce, ReduceProd: reduce, ReduceSum: reduce, ReduceSumSquare: reduce,
  Relu: same, Reshape: reshape, Resize: resize, Round: same, Shape: (c) => [{ type: "int64", shape: [c.shape(0).length] }],
  Sigmoid: same, Sign: same, Sin: same, Slice: slice, Softmax: same, Softplus: same, Split: split, Sqrt: same,
  Squeeze: squeeze, Sub: elementwise, Sum: elementwise, Tanh: same, TopK: topK, Transpose: transpose, Unsqueeze: unsqueeze,
  Where: (c) => [{ type: c.type(1).type, shape: broadcast(c.shape(0), c.shape(1), c.shape(2)) }],
}; // biome-ignore format: a table

const withImage =
  (channels: (c: InferenceContext) => Dimension): Rule =>
  (c) => {
    const image = intsOf(c.node, "image_shape");
    if (!image) throw new ShapeError("the attribute image_shape is missing");
    return [{ type: c.type(0).type, shape: [c.shape(0)[0], channels(c), ...image] }];
  };

/** The composite operators: what differentiation writes and lowering replaces (see autodiff/composites.ts). */
const COMPOSITE_RULES: Readonly<Record<string, Rule>> = {
  ConvDataGradient: withImage((c) => times(c.shape(1)[1], intOf(c.node, "group", 1))),
  ConvFilterGradient: (c) => {
    const depth = floorDivide(c.shape(0)[1], intOf(c.node, "group", 1));
    return [{ type: c.type(0).type, shape: [c.shape(1)[1], depth, ...windowOf(c.node).support] }];
  },
  MaxPoolGradient: same,
  AveragePoolGradient: withImage((c) => c.shape(0)[1]),
};

/**
 * The types of a node's outputs. An operator that is not known, and a shape that depends on data, give `shape: undefined`.
 *
 * @param node the node
 * @param typeOf the type of a value that the node reads
 * @param constantOf the tensor behind a name, where it is a constant
 * @throws ShapeError when the inputs do not fit the operator
 */
export function inferNode(
  node: Node,
  typeOf: (name: string) => ValueType | undefined,
  constantOf: (name: string) => Tensor | undefined,
): ValueType[] {
  const rules = node.domain === "" ? RULES : node.domain === COMPOSITE ? COMPOSITE_RULES : {};
  const has = (i: number): boolean => (node.inputs[i] ?? "") !== "";
  const type = (i: number): ValueType => {
    const found = has(i) ? typeOf(node.inputs[i]) : undefined;
    if (!found) throw new Unknown();
    return found;
  };
  const context: InferenceContext = {
    node,
    has,
    type,
    shape(i) {
      const { shape } = type(i);
      if (!shape) throw new Unknown();
      return shape;
    },
    constant(i) {
      const value = has(i) ? constantOf(node.inputs[i]) : undefined;
      if (!value) throw new Unknown();
      return Array.from(value.data, Number);
    },
  };
  try {
    if (!Object.hasOwn(rules, node.operator)) throw new Unknown();
    return rules[node.operator](context);
  } catch (error) {
    if (error instanceof Unknown) {
      const first = has(0) ? typeOf(node.inputs[0])?.type : undefined;
      return node.outputs.map(() => ({ type: first ?? "float32", shape: undefined }));
    }
    if (error instanceof ShapeError) throw new ShapeError(`${node.operator} '${node.name}': ${error.message}.`);
    throw error;
  }
}
