/** Declarations of values ↔ protobuf. */

import { create, fromBinary } from "@bufbuild/protobuf";
import { ShapeError } from "../shape-error.js";
import { codeOf, dataTypeOf } from "../tensor.js";
import type { Dimension, Value, ValueType } from "../types.js";
import { remainder } from "./foreign.js";
import {
  type TensorShapeProto_Dimension as DimensionProto,
  TensorShapeProto_DimensionSchema as DimensionProtoSchema,
  type TensorShapeProto,
  TensorShapeProtoSchema,
  type TypeProto,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx_pb.js";

const nameless = (value: string, axis: number): string => `?${value}.${axis}`;

/** A declaration of a value from its message, which is used up. */
export function takeValue(message: ValueInfoProto): Value {
  const name = message.name ?? "";
  const type = message.type && typeOf(message.type, name);
  message.name = undefined;
  if (message.type && type && isPlain(message.type)) message.type = undefined;
  const rest = remainder(ValueInfoProtoSchema, message);
  return type ? { name, ...type, ...rest } : { name, type: "float32", shape: undefined, opaque: true, ...rest };
}

function typeOf({ value }: TypeProto, name: string): ValueType | undefined {
  if (value.case !== "tensorType") return undefined;
  const type = dataTypeOf(value.value.elemType ?? 0);
  if (!type) return undefined;
  const dims = value.value.shape?.dim;
  if (!dims) return { type, shape: undefined };
  const shape = dims.map((dim, axis) => sizeOf(dim, nameless(name, axis)));
  return shape.every((size) => size !== undefined) ? { type, shape } : undefined;
}

/** A size; undefined where no number can hold it or where its name is the one that stands for having none. */
function sizeOf({ value }: DimensionProto, otherwise: string): Dimension | undefined {
  if (value.case === undefined || value.value === "") return otherwise;
  if (value.case === "dimParam") return value.value === otherwise ? undefined : value.value;
  const size = Number(value.value);
  return Number.isSafeInteger(size) ? size : undefined;
}

/** Whether a tensor type says nothing but its element type and its sizes. */
function isPlain(type: TypeProto): boolean {
  const tensor = type.value.case === "tensorType" ? type.value.value : undefined;
  const messages = [type, tensor, tensor?.shape, ...(tensor?.shape?.dim ?? [])];
  const denotations = [type.denotation, ...(tensor?.shape?.dim.map((dim) => dim.denotation) ?? [])];
  return messages.every((m) => m?.$unknown === undefined) && denotations.every((d) => d === undefined);
}

/** The message of a declaration. */
export function valueMessage(value: Value): ValueInfoProto {
  const message = value.foreign ? fromBinary(ValueInfoProtoSchema, value.foreign) : create(ValueInfoProtoSchema);
  message.name = value.name;
  if (!value.opaque) {
    message.type ??= create(TypeProtoSchema);
    writeType(message.type, value);
  }
  return message;
}

/** Writes a tensor type into a message, over the type that may stand there with denotations of its own. */
function writeType(message: TypeProto, { name, type, shape }: Value): void {
  const before = message.value.case === "tensorType" ? message.value.value : undefined;
  const tensor = before ?? create(TypeProto_TensorSchema);
  tensor.elemType = codeOf(type);
  tensor.shape = shape && shapeMessage(name, shape, tensor.shape);
  message.value = { case: "tensorType", value: tensor };
}

function shapeMessage(name: string, shape: readonly Dimension[], before?: TensorShapeProto): TensorShapeProto {
  const message = before ?? create(TensorShapeProtoSchema);
  const known = message.dim.length === shape.length ? message.dim : [];
  message.dim = shape.map((size, axis) => {
    const dim = known[axis] ?? create(DimensionProtoSchema);
    if (typeof size === "number" && !Number.isSafeInteger(size)) {
      throw new ShapeError(`The shape of '${name}': expected whole numbers or names, got ${shape.join("×")}.`);
    }
    if (typeof size === "number") dim.value = { case: "dimValue", value: BigInt(size) };
    else dim.value = size === nameless(name, axis) ? { case: undefined } : { case: "dimParam", value: size };
    return dim;
  });
  return message;
}
