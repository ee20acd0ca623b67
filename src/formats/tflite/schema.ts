/** What a TFLite file holds: tensors, and operators that read and write them. Field numbers are those of TFLite's schema. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import { elementCount, elementSize, tensorOfBytes } from "../../graph/tensor.js";
import type { DataType, Tensor } from "../../graph/types.js";
import type { Budget } from "../budget.js";
import { bytesAt, bytesInMemory } from "../bytes.js";
import { asFloat32 } from "../elements.js";
import { rootOf, type Table } from "./flatbuffer.js";
import { operatorName } from "./operator-names.js";

/** The types of tensors by their numbers; null: not read. */
const TYPES: readonly (DataType | null)[] = [
  "float32", "float16", "int32", "uint8", "int64", null, "bool", "int16", null, "int8",
  "float64", null, "uint64", null, null, "uint32", "uint16", null, "bfloat16",
]; // biome-ignore format: a table

const TYPE_NAMES: Readonly<Record<number, string>> = { 5: "strings", 8: "complex numbers", 17: "int4", 20: "uint4" };

/** Numbers as whole ones: scale · (q − zero), one of each for a tensor, or for each place along an axis. */
export interface Quantization {
  readonly scale: readonly number[];
  readonly zero: readonly number[];
  readonly axis: number;
}

/** A tensor: something that is computed, or a constant. */
export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** axes whose size the file leaves open */
  readonly open: readonly number[];
  readonly type: DataType;
  readonly quantization: Quantization | undefined;
  /** the bytes of a constant */
  readonly bytes: Uint8Array | undefined;
}

/** An operator: which tensors it reads (−1: one that is left out) and writes. */
export interface TfliteOperator {
  readonly name: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Table | undefined;
}

/** A TFLite file. */
export interface TfliteModel {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** what is told about the model, a buffer of its own */
  readonly metadata: Uint8Array | undefined;
}

/** @throws ModelFormatError when offsets lead out of the bytes, or the file has what is not read */
export function decodeTflite(bytes: Uint8Array, budget: Budget): TfliteModel {
  const root = rootOf(bytes, budget, "TFLite");
  const codes = root.tables(1).map(takeCode);
  const graphs = root.tables(2);
  if (graphs.length === 0) throw new ModelFormatError("TFLite: expected a graph, got none.");
  const [graph] = graphs;
  const buffers = root.tables(4).map((buffer) => contentOf(bytes, buffer));
  const tensors = graph.tables(0).map((table) => takeTensor(table, buffers));
  const expectTensors = (indices: readonly number[], least: number): readonly number[] => {
    for (const index of indices) {
      if (!(index >= least && index < tensors.length)) {
        throw new ModelFormatError(`TFLite: expected one of ${tensors.length} tensors, got number ${index}.`);
      }
    }
    return indices;
  };
  const operators = graph.tables(3).map((table): TfliteOperator => {
    const index = table.uint32(0);
    const name = codes.at(index);
    if (name === undefined || index >= codes.length) {
      throw new ModelFormatError(`TFLite: expected one of ${codes.length} operators, got number ${index}.`);
    }
    const [inputs, outputs] = [expectTensors(table.int32s(1), -1), expectTensors(table.int32s(2), 0)];
    return { name, inputs, outputs, options: table.table(4) };
  });
  const metadata = root.tables(6).find((table) => table.text(0) === "TFLITE_METADATA");
  return {
    name: graph.text(4),
    ...{ tensors, operators },
    inputs: expectTensors(graph.int32s(1), 0),
    outputs: expectTensors(graph.int32s(2), 0),
    metadata: metadata && buffers[metadata.uint32(1)],
  };
}

/** The number of an operator is the larger of two fields: the first one has a byte only. */
function takeCode(table: Table): string {
  const code = Math.max(table.int8(0), table.int32(3));
  const custom = operatorName(code) === "CUSTOM" ? table.text(1) : "";
  return custom === "" ? operatorName(code) : `CUSTOM '${custom}'`;
}

/** A buffer's bytes; in files beyond 2 GB they lie behind the tables. */
function contentOf(file: Uint8Array, buffer: Table): Uint8Array {
  const [offset, size] = [buffer.uint64(1), buffer.uint64(2)];
  return offset > 1 ? bytesAt(bytesInMemory(file), offset, size, "TFLite: a buffer") : buffer.bytes(0);
}

function takeTensor(table: Table, buffers: readonly Uint8Array[]): TfliteTensor {
  const name = table.text(3);
  const where = `TFLite: tensor '${name}'`;
  const shape = table.int32s(0);
  const signature = table.int32s(7);
  const code = table.int8(1);
  const type = TYPES[code];
  if (!type) {
    throw new ModelFormatError(`${where}: expected numbers, got ${TYPE_NAMES[code] ?? `type ${code}`}, not read.`);
  }
  if (shape.some((size) => size < -1))
    throw new ModelFormatError(`${where}: expected sizes, got ${formatShape(shape)}.`);
  if (table.has(6)) throw new ModelFormatError(`${where}: expected all of its numbers, got a sparse tensor, not read.`);
  const index = table.uint32(2);
  if (index >= Math.max(1, buffers.length)) {
    throw new ModelFormatError(`${where}: expected one of ${buffers.length} buffers, got number ${index}.`);
  }
  const content = index === 0 ? undefined : buffers[index];
  const bytes = content && content.length > 0 ? content : undefined;
  if (bytes && elementCount(shape) * elementSize(type) !== bytes.length) {
    throw new ModelFormatError(
      `${where}: expected ${elementCount(shape) * elementSize(type)} bytes for ${formatShape(shape)} of ${type}, got ${bytes.length}.`,
    );
  }
  const open = [...signature.keys()].filter((axis) => signature[axis] === -1);
  return { name, shape, open, type, quantization: takeQuantization(table.table(4), shape, where), bytes };
}

function takeQuantization(table: Table | undefined, shape: readonly number[], where: string): Quantization | undefined {
  const scale = table?.floats(2) ?? [];
  if (!table || scale.length === 0) return undefined;
  const zero = table.int64s(3);
  const axis = table.int32(6);
  const isWhole = scale.length === 1 && zero.length <= 1;
  if (!isWhole && (shape[axis] !== scale.length || ![0, 1, scale.length].includes(zero.length))) {
    throw new ModelFormatError(
      `${where}: expected a scale, or one for each place along axis ${axis} of ${formatShape(shape)}, got ${scale.length} and ${zero.length} zero points.`,
    );
  }
  if (!scale.every(Number.isFinite)) throw new ModelFormatError(`${where}: expected finite scales.`);
  return { scale, zero, axis };
}

/**
 * A constant as float32: scale · (q − zero) where its numbers are quantised.
 *
 * @param quantization another one than the tensor's own
 */
export function floatsOf(
  { name, shape, type, bytes, quantization: own }: TfliteTensor,
  budget: Budget,
  quantization = own,
): Tensor<"float32"> {
  if (!bytes) throw new ModelFormatError(`TFLite: tensor '${name}': expected a constant.`);
  const stored = tensorOfBytes(type, shape, bytes);
  if (type === "float32" || type === "float16" || !quantization) {
    if (type !== "float32") budget.take(4 * stored.data.length, `TFLite: tensor '${name}'`);
    return asFloat32(stored);
  }
  budget.take(4 * stored.data.length, `TFLite: tensor '${name}'`);
  const { scale, zero, axis } = quantization;
  const inner = scale.length === 1 ? stored.data.length : elementCount(shape.slice(axis + 1));
  const data = new Float32Array(stored.data.length);
  for (let start = 0, run = 0; start < data.length; start += inner, run++) {
    const place = run % scale.length;
    const [factor, origin] = [scale[place], zero[zero.length === 1 ? 0 : place] ?? 0];
    for (let i = start; i < start + inner; i++) data[i] = factor * (Number(stored.data[i]) - origin);
  }
  return { type: "float32", shape, data };
}

/** The whole numbers of a constant: axes, sizes, pads. */
export function integersOf({ name, shape, type, bytes }: TfliteTensor): number[] {
  if (!bytes) throw new ModelFormatError(`TFLite: tensor '${name}': expected a constant.`);
  if (bytes.length > 4096) throw new ModelFormatError(`TFLite: tensor '${name}': expected a few whole numbers.`);
  return Array.from(tensorOfBytes(type, shape, bytes).data, Number);
}
