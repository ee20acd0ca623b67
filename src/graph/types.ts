/** An ONNX graph as plain typed data. Nothing here knows a runtime or a file. */

/** The typed array that holds the elements of each data type. Half-precision and 8-bit floats are kept as their bits. */
export interface ElementArrays {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}

export type DataType = keyof ElementArrays;

/**
 * What an ONNX file says about a thing and this toolbox has no field for (documentation, quantisation, sharding, fields
 * of later versions …): the protobuf message of the thing with just those fields. It comes from a file, goes back
 * into the next one, and nothing between looks at it; spread it along (`{ ...node, inputs }`).
 */
export interface Foreign {
  readonly foreign?: Uint8Array;
}

/** A dense, row-major array. `data.length` is the product of `shape`; a scalar has the shape `[]`. */
export interface Tensor<T extends DataType = DataType> extends Foreign {
  readonly type: T;
  readonly shape: readonly number[];
  readonly data: ElementArrays[T];
}

/** A size known as a number, or one that is only named or given by a formula of named ones (`"N"`, `"floor((H - 5) / 2) + 1"`). */
export type Dimension = number | string;

/** The type of a value: its elements, and its shape where that is known. */
export interface ValueType {
  readonly type: DataType;
  readonly shape: readonly Dimension[] | undefined;
}

/** A named input or output of a graph. A size without a name is called `?value.axis`, as in "?x.0". */
export interface Value extends ValueType, Foreign {
  readonly name: string;
  /**
   * Set where the value is no tensor that this toolbox can hold (a sequence, strings …) or has no declared type:
   * `type` and `shape` then say nothing, and `foreign` keeps the declaration.
   */
  readonly opaque?: true;
}

/**
 * What an attribute holds. Integers outside ±2⁵³ are bigints; strings that are not UTF-8 are kept as bytes. A kind that
 * has no place here (sparse tensors, types, a reference to an attribute of the enclosing function) is `opaque`: its
 * whole protobuf message.
 */
export type AttributeValue =
  | { readonly type: "int"; readonly value: number | bigint }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "string"; readonly value: string | Uint8Array }
  | { readonly type: "tensor"; readonly value: Tensor }
  | { readonly type: "ints"; readonly value: readonly (number | bigint)[] }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly (string | Uint8Array)[] }
  | { readonly type: "tensors"; readonly value: readonly Tensor[] }
  | { readonly type: "graph"; readonly value: Graph }
  | { readonly type: "graphs"; readonly value: readonly Graph[] }
  | { readonly type: "opaque"; readonly value: Uint8Array };

/** An attribute of a node. */
export type Attribute = AttributeValue & Foreign;

export type Attributes = Readonly<Record<string, Attribute>>;

/** One operation. An input `""` is an optional one left out. The domain `""` is ONNX's own. */
export interface Node extends Foreign {
  readonly operator: string;
  readonly domain: string;
  /** Unique in its graph; says where the node came from ("conv2", "conv2/gradient/filters"). Other tools may leave it empty. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** The version of each domain's operators that nodes are of; `""` is ONNX's own domain. */
export type Opsets = Readonly<Record<string, number>>;

/** Nodes in topological order: each one's inputs are graph inputs, initializers, or outputs of nodes before it. */
export interface Graph extends Foreign {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
  /** Types that a file declares for values inside the graph. They hold only as long as the nodes stay as they are. */
  readonly declared?: readonly Value[];
  /**
   * The versions of the nodes' operators, where they are others than version 20 of ONNX's. Differentiation, lowering and `Engine.load` take graphs of
   * version 20 only: a model of another runs as it is, or is brought to 20 by `upgradeModel`.
   */
  readonly opsets?: Opsets;
}

/** The domain of the composite operators that lowering turns into ONNX's own. */
export const COMPOSITE = "bellpepper";

/** The domain of ONNX Runtime's blocked operators, which lowering writes for processors that have them. */
export const NCHWC = "com.microsoft.nchwc";

/** The version of ONNX's operators that this toolbox writes. */
export const OPSET = 20;
