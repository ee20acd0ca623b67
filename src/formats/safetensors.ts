/** safetensors: named tensors behind a header in JSON (Hugging Face). */

import { ModelFormatError } from "../graph/codec/foreign.js";
import { formatShape } from "../graph/dimension.js";
import { bytesOf, elementCount, elementSize, expectElements, tensorOfBytes } from "../graph/tensor.js";
import type { DataType, Tensor } from "../graph/types.js";
import { type Bytes, bytesAt, hasBytes, headOf, textOf, utf8, viewOf } from "./bytes.js";
import { smallFloat, tableOf, tensorOfSmallFloats } from "./elements.js";
import type { ForeignModel, FormatReader } from "./foreign-model.js";

/** The types that are kept as they are, by safetensors' names. */
const TYPES: ReadonlyMap<string, DataType> = new Map([
  ["F64", "float64"],
  ["F32", "float32"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I64", "int64"],
  ["I32", "int32"],
  ["I16", "int16"],
  ["I8", "int8"],
  ["U64", "uint64"],
  ["U32", "uint32"],
  ["U16", "uint16"],
  ["U8", "uint8"],
  ["BOOL", "bool"],
]);

/** The floats of 8 bits, which become float32: the bits of exponent and fraction, and whether there is an infinity. */
const SMALL: ReadonlyMap<string, readonly [number, number, boolean]> = new Map([
  ["F8_E4M3", [4, 3, false]],
  ["F8_E5M2", [5, 2, true]],
]);

/** safetensors' own limit of a header. */
const LARGEST_HEADER = 100_000_000;

/** What the header says of one tensor. */
interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * The tensors of a safetensors file, in the order of its bytes. All types are kept: half-precision numbers are their bits (`asFloat32` makes numbers of them);
 * floats of 8 bits become float32. Tensors share memory with bytes that are in memory, where their alignment permits.
 *
 * @throws ModelFormatError when the header is no JSON of the right form, or offsets do not cover the bytes without gap or overlap; a
 *   type that is not known by its name
 * @example
 * const { tensors } = readSafetensors(bytesInMemory(writeSafetensors(new Map([["w", float32([1, 2], [2])]]))));
 * tensors.get("w")?.data; // [1, 2]
 */
export function readSafetensors(file: Bytes): ForeignModel & { readonly tensors: ReadonlyMap<string, Tensor> } {
  const length = headerLength(file);
  const { entries, metadata } = takeHeader(headerJson(bytesAt(file, 8, length, "safetensors: the header")));
  const start = 8 + length;
  expectCovered(entries, file.size - start);
  const tensors = new Map(entries.map((entry) => [entry.name, takeTensor(file, start, entry)]));
  const small = entries.filter(({ dtype }) => SMALL.has(dtype)).length;
  const notes = small === 0 ? [] : [`${small} tensors of 8-bit floats were made float32.`];
  return { format: "safetensors", name: "", tensors, metadata, notes };
}

export const safetensors: FormatReader = {
  format: "safetensors",
  recognises(file) {
    const head = headOf(file, 9);
    return head.length === 9 && hasBytes(head, [0x7b], 8) && viewOf(head).getUint32(4, true) === 0;
  },
  read(files) {
    const [first, ...others] = [...files].map(([file, bytes]) => ({ ...readSafetensors(bytes), file }));
    const tensors = new Map(first.tensors);
    for (const other of others) {
      for (const [name, tensor] of other.tensors) {
        if (tensors.has(name))
          throw new ModelFormatError(`${other.file}: tensor '${name}': expected it in one file, got it in two.`);
        tensors.set(name, tensor);
      }
    }
    const notes = [first, ...others].flatMap((each) => each.notes);
    return { format: "safetensors", name: "", tensors, metadata: first.metadata ?? {}, notes };
  },
};

function headerLength(file: Bytes): number {
  const length = Number(viewOf(bytesAt(file, 0, 8, "safetensors: the length of the header")).getBigUint64(0, true));
  if (length > Math.min(LARGEST_HEADER, file.size - 8)) {
    throw new ModelFormatError(
      `safetensors: expected a header of at most ${Math.min(LARGEST_HEADER, file.size - 8)} bytes, got a length of ${length}: the file is cut off or damaged.`,
    );
  }
  return length;
}

function headerJson(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(textOf(bytes));
  } catch {
    throw new ModelFormatError("safetensors: expected the header to be JSON, got something else.");
  }
  if (!isObject(json)) throw new ModelFormatError("safetensors: expected the header to be an object of JSON.");
  return json;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function takeHeader(json: Readonly<Record<string, unknown>>): {
  entries: Entry[];
  metadata: Readonly<Record<string, string>>;
} {
  const entries = Object.entries(json)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => takeEntry(name, value))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  const said = Object.hasOwn(json, "__metadata__") ? json.__metadata__ : {};
  if (!isObject(said)) throw new ModelFormatError("safetensors: expected __metadata__ to be an object of JSON.");
  const texts = Object.entries(said).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : []));
  return { entries, metadata: Object.fromEntries(texts) };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const areCounts = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isCount);

function takeEntry(name: string, value: unknown): Entry {
  const where = `safetensors: tensor '${name}'`;
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  if (typeof dtype !== "string" || !areCounts(shape) || !areCounts(offsets) || offsets.length !== 2) {
    throw new ModelFormatError(`${where}: expected a dtype, a shape and two data_offsets.`);
  }
  const size = SMALL.has(dtype) ? 1 : elementSize(TYPES.get(dtype) ?? unknownType(where, dtype));
  const [start, end] = offsets;
  if (end - start !== elementCount(shape) * size) {
    throw new ModelFormatError(
      `${where}: expected ${elementCount(shape) * size} bytes for ${formatShape(shape)} of ${dtype}, got those from ${start} to ${end}.`,
    );
  }
  return { name, dtype, shape, start, end };
}

function unknownType(where: string, dtype: string): never {
  const known = [...TYPES.keys(), ...SMALL.keys()].join(", ");
  throw new ModelFormatError(`${where}: expected a dtype of ${known}, got '${dtype}'.`);
}

/** @throws ModelFormatError when tensors, in the order of their bytes, leave a gap or overlap */
function expectCovered(entries: readonly Entry[], size: number): void {
  let end = 0;
  for (const entry of entries) {
    if (entry.start !== end) {
      const what = entry.start < end ? "overlaps the one before it" : "leaves a gap behind the one before it";
      throw new ModelFormatError(
        `safetensors: tensor '${entry.name}': expected it to begin at byte ${end}, got ${entry.start}: it ${what}.`,
      );
    }
    end = entry.end;
  }
  if (end !== size) {
    throw new ModelFormatError(
      `safetensors: expected ${end} bytes of tensors, got ${size}: the file is cut off or damaged.`,
    );
  }
}

function takeTensor(file: Bytes, start: number, { name, dtype, shape, start: from, end }: Entry): Tensor {
  const bytes = bytesAt(file, start + from, end - from, `safetensors: tensor '${name}'`);
  const type = TYPES.get(dtype);
  if (type) return tensorOfBytes(type, shape, bytes);
  const [exponent, fraction, hasInfinity] = SMALL.get(dtype) ?? [4, 3, false];
  return tensorOfSmallFloats(
    shape,
    bytes,
    tableOf(8, (bits) => smallFloat(bits, exponent, fraction, hasInfinity)),
  );
}

/**
 * Named tensors as a safetensors file, in the given order, which PyTorch, timm and Hugging Face's libraries read.
 *
 * @param metadata texts by key, such as `{ format: "pt" }`
 * @throws RangeError when a tensor is called "__metadata__"; ShapeError when one's elements are not as many as its shape says
 * @example
 * const bytes = writeSafetensors(new Map([["conv1.weight", zeros("float32", [8, 3, 3, 3])]]));
 * readSafetensors(bytesInMemory(bytes)).tensors.get("conv1.weight")?.shape; // [8, 3, 3, 3]
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const names = new Map([...TYPES].map(([name, type]) => [type, name]));
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let end = 0;
  for (const [name, tensor] of tensors) {
    if (name === "__metadata__")
      throw new RangeError("A tensor cannot be called '__metadata__' in a safetensors file.");
    expectElements(name, tensor);
    const start = end;
    end += tensor.data.byteLength;
    header[name] = { dtype: names.get(tensor.type), shape: tensor.shape, data_offsets: [start, end] };
  }
  const json = utf8(JSON.stringify(header));
  // Tensors begin at a multiple of 8, so that readers can point into the file.
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  viewOf(bytes).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  let at = 8 + length;
  for (const tensor of tensors.values()) {
    bytes.set(bytesOf(tensor), at);
    at += tensor.data.byteLength;
  }
  return bytes;
}
