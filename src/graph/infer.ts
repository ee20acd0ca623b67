/** Shape inference: the types of a node's outputs from the types of its inputs. */

import { intOf, intsOf } from "./attributes.js";
import { formatShape } from "./dimension.js";
import { ARRANGE_RULES } from "./infer-arrange.js";
import {
  agreed,
  axisOf,
  broadcast,
  type InferenceContext,
  integersOf,
  type Rule,
  type Rules,
  ShapeError,
  same,
  Unknown,
} from "./infer-rule.js";
import { COMPOSITE_RULES, WINDOW_RULES } from "./infer-windows.js";
import { dataTypeOf, float32, tensor } from "./tensor.js";
import { COMPOSITE, type DataType, type Graph, type Node, type Tensor, type ValueType } from "./types.js";

export { broadcast, type InferenceContext, ShapeError } from "./infer-rule.js";

const elementwise: Rule = (c) => {
  const shapes = c.node.inputs.map((_, i) => c.shape(i));
  return [{ type: c.type(0).type, shape: broadcast(...shapes) }];
};
const comparison: Rule = (c) => [{ type: "bool", shape: broadcast(c.shape(0), c.shape(1)) }];
const question: Rule = (c) => [{ type: "bool", shape: c.type(0).shape }];

const reduce: Rule = (c) => {
  const shape = c.shape(0);
  const axes = integersOf(c, 1, "axes") ?? [];
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

/** As NumPy's matmul: a vector counts as a row on the left and as a column on the right, and its 1 is dropped again. */
const matMul: Rule = (c) => {
  const [a, b] = [c.shape(0), c.shape(1)];
  const misfit = (): string => `cannot multiply ${formatShape(a)} by ${formatShape(b)}`;
  if (a.length === 0 || b.length === 0) throw new ShapeError(misfit());
  agreed(a[a.length - 1], b[Math.max(0, b.length - 2)], misfit);
  const outer = broadcast(a.slice(0, -2), b.slice(0, -2));
  const [rows, columns] = [a.slice(-2, -1), b.length > 1 ? b.slice(-1) : []];
  return [{ type: c.type(0).type, shape: [...outer, ...rows, ...columns] }];
};

const gemm: Rule = (c) => {
  const [a, b] = [c.shape(0), c.shape(1)];
  if (a.length !== 2 || b.length !== 2) {
    throw new ShapeError(`${formatShape(a)} and ${formatShape(b)} are not two matrices`);
  }
  const [rows, inner] = intOf(c.node, "transA", 0) ? [a[1], a[0]] : [a[0], a[1]];
  const [other, columns] = intOf(c.node, "transB", 0) ? [b[1], b[0]] : [b[0], b[1]];
  agreed(inner, other, () => `cannot multiply ${formatShape([rows, inner])} by ${formatShape([other, columns])}`);
  return [{ type: c.type(0).type, shape: [rows, columns] }];
};

const cast: Rule = (c) => {
  const type = dataTypeOf(intOf(c.node, "to", 0));
  if (!type) throw new Unknown();
  return [{ type, shape: c.type(0).shape }];
};

const where: Rule = (c) => [{ type: c.type(1).type, shape: broadcast(c.shape(0), c.shape(1), c.shape(2)) }];

const constant: Rule = (c) => {
  const value = tensorIn(c.node);
  if (!value) throw new Unknown();
  return [{ type: value.type, shape: value.shape }];
};

/** The tensor that a node Constant holds; undefined for strings and sparse ones. */
function tensorIn({ attributes }: Node): Tensor | undefined {
  const given = attributes.value ?? attributes.value_float ?? attributes.value_floats ?? attributes.value_int;
  const { type, value } = given ?? attributes.value_ints ?? { type: "none" };
  if (type === "tensor") return value;
  if (type === "float") return float32([value]);
  if (type === "floats") return float32(value, [value.length]);
  if (type === "int") return tensor("int64", [], BigInt64Array.of(BigInt(value)));
  return type === "ints" ? tensor("int64", [value.length], BigInt64Array.from(value, BigInt)) : undefined;
}

const constantOfShape: Rule = (c) => {
  const value = c.node.attributes.value;
  return [{ type: value?.type === "tensor" ? value.value.type : "float32", shape: c.constant(0) }];
};

const dropout: Rule = (c) => [c.type(0), { type: "bool", shape: c.type(0).shape }];

/** The statistics have the type of those that went in; versions before 14 write two more. */
const batchNormalization: Rule = (c) => c.node.outputs.map((_, i) => c.type(i === 0 ? 0 : 4 - (i % 2)));

const layerNormalization: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", -1), shape.length);
  const statistics: ValueType = { type: "float32", shape: shape.map((d, i) => (i < axis ? d : 1)) };
  return [c.type(0), statistics, statistics];
};

const random: Rule = (c) => {
  const type = dataTypeOf(intOf(c.node, "dtype", 1));
  const shape = c.has(0) ? c.shape(0) : intsOf(c.node, "shape");
  if (!type || !shape) throw new Unknown();
  return [{ type, shape }];
};

/** Operators whose output has the type and the shape of their first input. */
const SAME =
  "Abs Acos Acosh Asin Asinh Atan Atanh Bernoulli Ceil Celu Clip Cos Cosh CumSum Elu Erf Exp Floor Gelu " +
  "GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization LeakyRelu Log LogSoftmax LpNormalization " +
  "MeanVarianceNormalization Mish Neg Not PRelu Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softmax Softplus " +
  "Softsign Sqrt Tan Tanh ThresholdedRelu";
const ELEMENTWISE = "Add BitShift Div Max Mean Min Mod Mul Pow Sub Sum";
const COMPARISONS = "And Equal Greater GreaterOrEqual Less LessOrEqual Or Xor";
const REDUCTIONS =
  "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare";

const each = (operators: string, rule: Rule): Rules =>
  Object.fromEntries(operators.split(" ").map((operator) => [operator, rule]));

/** Every operator of ONNX whose output types are inferred. */
const RULES: Rules = {
  ...each(SAME, same),
  ...each(ELEMENTWISE, elementwise),
  ...each(COMPARISONS, comparison),
  ...each(REDUCTIONS, reduce),
  ...ARRANGE_RULES,
  ...WINDOW_RULES,
  ArgMax: argReduce,
  ArgMin: argReduce,
  BatchNormalization: batchNormalization,
  Cast: cast,
  CastLike: (c) => [{ type: c.type(1).type, shape: c.type(0).shape }],
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Dropout: dropout,
  Gemm: gemm,
  IsInf: question,
  IsNaN: question,
  LayerNormalization: layerNormalization,
  MatMul: matMul,
  RandomNormal: random,
  RandomUniform: random,
  Where: where,
};

/** The element types of outputs whose shape stays unknown, where they are not that of the first input. */
const TYPES: Readonly<Record<string, (c: InferenceContext) => readonly DataType[]>> = {
  ...Object.fromEntries([...COMPARISONS.split(" "), "IsInf", "IsNaN"].map((operator) => [operator, () => ["bool"]])),
  ArgMax: () => ["int64"],
  ArgMin: () => ["int64"],
  Cast: (c) => [dataTypeOf(intOf(c.node, "to", 0)) ?? "float32"],
  CastLike: (c) => [c.type(1).type],
  ConstantOfShape: ({ node: { attributes } }) => [
    attributes.value?.type === "tensor" ? attributes.value.value.type : "float32",
  ],
  MaxPool: (c) => [c.type(0).type, "int64"],
  OneHot: (c) => [c.type(2).type],
  Shape: () => ["int64"],
  TopK: (c) => [c.type(0).type, "int64"],
  Where: (c) => [c.type(1).type],
};

/** How a message calls a node: by its name, or else by what it makes. */
const called = ({ operator, name, outputs }: Node): string => `${operator} '${name || outputs[0]}'`;

/** The types of a node's outputs, undefined where nothing is known; the shape may be unknown where the elements are. */
function typesOf(
  node: Node,
  typeOf: (name: string) => ValueType | undefined,
  constantOf: (name: string) => Tensor | undefined,
): (ValueType | undefined)[] {
  const rules = node.domain === "" ? RULES : node.domain === COMPOSITE ? COMPOSITE_RULES : {};
  if (!Object.hasOwn(rules, node.operator)) return node.outputs.map(() => undefined);
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
  const known = (rule: () => readonly (ValueType | undefined)[]): readonly (ValueType | undefined)[] | undefined => {
    try {
      return rule();
    } catch (error) {
      if (error instanceof Unknown) return undefined;
      if (error instanceof ShapeError) throw new ShapeError(`${called(node)}: ${error.message}.`);
      throw error;
    }
  };
  const elements = (): readonly ValueType[] => {
    const types = Object.hasOwn(TYPES, node.operator) ? TYPES[node.operator](context) : undefined;
    return node.outputs.map((_, i) => ({ type: types?.[i] ?? context.type(0).type, shape: undefined }));
  };
  const types = known(() => rules[node.operator](context)) ?? known(elements) ?? [];
  return node.outputs.map((_, i) => types[i]);
}

/**
 * The types of a node's outputs. A shape that depends on data is undefined; so is that of an operator that is not known,
 * whose outputs are taken to hold the elements of its first input.
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
  const first = typeOf(node.inputs[0] ?? "")?.type ?? "float32";
  return typesOf(node, typeOf, constantOf).map((type) => type ?? { type: first, shape: undefined });
}

/**
 * The types of all values of a graph: its inputs and initializers, and what its nodes make. What is not inferred is
 * taken from the graph's own declarations; a value of which nothing is known is left out.
 *
 * @throws ShapeError when a node does not fit its inputs; the message names it
 */
export function inferShapes(graph: Graph): ReadonlyMap<string, ValueType> {
  const declared = new Map<string, ValueType>();
  for (const value of [...(graph.declared ?? []), ...graph.outputs]) {
    if (!value.opaque) declared.set(value.name, { type: value.type, shape: value.shape });
  }
  const types = new Map<string, ValueType>();
  const constants = new Map(graph.initializers);
  for (const { name, type, shape, opaque } of graph.inputs) if (!opaque) types.set(name, { type, shape });
  for (const [name, { type, shape }] of graph.initializers) types.set(name, { type, shape });
  for (const node of graph.nodes) {
    const inferred = typesOf(
      node,
      (name) => types.get(name),
      (name) => constants.get(name),
    );
    node.outputs.forEach((name, i) => {
      const type = inferred[i]?.shape ? inferred[i] : (declared.get(name) ?? inferred[i]);
      if (name !== "" && type) types.set(name, type);
    });
    const value = node.operator === "Constant" && node.domain === "" ? tensorIn(node) : undefined;
    if (value) constants.set(node.outputs[0], value);
  }
  return types;
}
