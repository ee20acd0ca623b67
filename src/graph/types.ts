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

/** A dense, row-major array. `data.length` is the product of `shape`; a scalar has the shape `[]`. */
export interface Tensor<T extends DataType = DataType> {
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

/** A named input or output of a graph. */
export interface Value extends ValueType {
  readonly name: string;
}

/** An attribute of a node. Integers outside ±2⁵³ are bigints; strings that are not UTF-8 are kept as bytes. */
export type Attribute =
  | { readonly type: "int"; readonly value: number | bigint }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "string"; readonly value: string | Uint8Array }
  | { readonly type: "tensor"; readonly value: Tensor }
  | { readonly type: "ints"; readonly value: readonly (number | bigint)[] }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "strings"; readonly value: readonly (string | Uint8Array)[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One operation. An input `""` is an optional one left out. The domain `""` is ONNX's own. */
export interface Node {
  readonly operator: string;
  readonly domain: string;
  /** Unique in its graph; says where the node came from ("conv2", "conv2/gradient/filters"). */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** Nodes in topological order: each one's inputs are graph inputs, initializers, or outputs of nodes before it. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
}

/** The domain of the composite operators that lowering turns into ONNX's own. */
export const COMPOSITE = "bellpepper";

/** The version of ONNX's operators that this toolbox writes. */
export const OPSET = 20;
