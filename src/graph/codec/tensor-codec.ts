/** Tensors ↔ protobuf. */

import { create, fromBinary } from "@bufbuild/protobuf";
import { bytesOf, codeOf, dataTypeOf, tensor, tensorOfBytes } from "../tensor.js";
import type { DataType, ElementArrays, Tensor } from "../types.js";
import { ModelFormatError, remainder, restore } from "./foreign.js";
import { TensorProto_DataLocation as DataLocation, type TensorProto, TensorProtoSchema } from "./onnx_pb.js";

/**
 * Takes a tensor out of its message, which keeps what the tensor does not hold. Undefined, and the message untouched,
 * where no typed array can hold it: strings, complex and 4- or 8-bit floating numbers, elements in another file.
 *
 * @throws ModelFormatError when it has another number of elements than its shape says
 */
export function takeTensor(message: TensorProto): Tensor | undefined {
  const type = dataTypeOf(message.dataType ?? 0);
  const elsewhere = message.dataLocation === DataLocation.EXTERNAL || message.externalData.length > 0;
  if (!type || elsewhere || message.segment || message.stringData.length > 0) return undefined;
  const shape = message.dims.map(Number);
  const { rawData } = message;
  let value: Tensor;
  try {
    value = rawData ? tensorOfBytes(type, shape, rawData) : tensor(type, shape, takeElements(type, message));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ModelFormatError(`Tensor '${message.name ?? ""}': ${error.message}`);
  }
  message.rawData = undefined;
  message.dims = [];
  message.dataType = undefined;
  return value;
}

/** The elements of a tensor that is not written as raw bytes: which list holds them depends on their type. */
function takeElements(type: DataType, message: TensorProto): ElementArrays[DataType] {
  const { floatData, doubleData, int32Data, int64Data, uint64Data } = message;
  switch (type) {
    case "float32":
      message.floatData = [];
      return Float32Array.from(floatData);
    case "float64":
      message.doubleData = [];
      return Float64Array.from(doubleData);
    case "int64":
      message.int64Data = [];
      return BigInt64Array.from(int64Data);
    case "uint64":
      message.uint64Data = [];
      return BigUint64Array.from(uint64Data);
    case "uint32":
      message.uint64Data = [];
      return Uint32Array.from(uint64Data, Number);
    case "int32":
      message.int32Data = [];
      return Int32Array.from(int32Data);
    case "int16":
      message.int32Data = [];
      return Int16Array.from(int32Data);
    case "int8":
      message.int32Data = [];
      return Int8Array.from(int32Data);
    case "uint16":
    case "float16":
    case "bfloat16":
      message.int32Data = [];
      return Uint16Array.from(int32Data);
    case "uint8":
    case "bool":
      message.int32Data = [];
      return Uint8Array.from(int32Data);
  }
}

/** The message of a tensor without its elements, which belong into the field `raw_data`. */
export function tensorHeader(value: Tensor, name?: string): TensorProto {
  const header = create(TensorProtoSchema, { dims: value.shape.map(BigInt), dataType: codeOf(value.type) });
  const message = restore(TensorProtoSchema, header, value);
  // An initializer made of an attribute has another name than its tensor had there.
  if (name !== undefined) message.name = name;
  return message;
}

/** The message of a tensor; its bytes are not copied. */
export function tensorMessage(value: Tensor, name?: string): TensorProto {
  const message = tensorHeader(value, name);
  message.rawData = bytesOf(value);
  return message;
}

/** A tensor with what is left of its message. */
export function withRemainder(value: Tensor, message: TensorProto): Tensor {
  return { ...value, ...remainder(TensorProtoSchema, message) };
}

/**
 * Reads one tensor from a file of its own (`.pb`), as ONNX's test data are stored. It may share memory with `bytes`.
 *
 * @throws ModelFormatError when the bytes are no tensor, or one that no typed array can hold
 */
export function decodeTensor(bytes: Uint8Array): Tensor {
  let message: TensorProto;
  try {
    message = fromBinary(TensorProtoSchema, plainBytes(bytes));
  } catch (error) {
    throw new ModelFormatError(`Expected an ONNX tensor, got ${bytes.length} bytes: ${String(error)}.`);
  }
  const value = takeTensor(message);
  if (!value) throw new ModelFormatError(`Expected an ONNX tensor of numbers, got element type ${message.dataType}.`);
  return withRemainder(value, message);
}

/** The same memory as a plain Uint8Array: a Node Buffer's `slice` would not copy. */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
