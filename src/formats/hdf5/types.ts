/** The types of elements and the sizes of data sets, as messages of HDF5 say them. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { DataType } from "../../graph/types.js";
import { type Cursor, damaged } from "./cursor.js";

/** What one element is, and its bytes. */
export type ElementType =
  | { readonly kind: "number"; readonly type: DataType; readonly size: number; readonly little: boolean }
  | { readonly kind: "text"; readonly size: number }
  | { readonly kind: "longText"; readonly size: number }
  | { readonly kind: "reference"; readonly size: number }
  | { readonly kind: "other"; readonly what: string; readonly size: number };

const WHOLE: Readonly<Record<number, readonly [DataType, DataType]>> = {
  1: ["uint8", "int8"],
  2: ["uint16", "int16"],
  4: ["uint32", "int32"],
  8: ["uint64", "int64"],
};

/** Floats by their bytes and the bits of their exponents. */
const FLOATS: Readonly<Record<string, DataType>> = {
  "2 5": "float16",
  "2 8": "bfloat16",
  "4 8": "float32",
  "8 11": "float64",
};

const NAMES = [
  "whole numbers",
  "floats",
  "times",
  "texts",
  "bits",
  "opaque bytes",
  "compounds",
  "references",
  "enumerations",
  "lists",
  "arrays",
];

/** Reads the message of a type. */
export function takeType(cursor: Cursor, depth = 0): ElementType {
  if (depth > 8) throw damaged("expected types of few levels");
  const kind = cursor.number(1) & 15;
  const bits = [0, 1, 2].map(() => cursor.number(1));
  const size = cursor.number(4);
  const little = (bits[0] & 1) === 0;
  const other = (what = NAMES[kind] ?? `type ${kind}`): ElementType => ({ kind: "other", what, size });
  if (kind === 0) {
    const types = WHOLE[size];
    cursor.skip(4);
    return types ? { kind: "number", type: types[(bits[0] >> 3) & 1], size, little } : other();
  }
  if (kind === 1) {
    cursor.skip(5);
    const exponent = cursor.number(1);
    cursor.skip(6);
    const type = FLOATS[`${size} ${exponent}`];
    return type ? { kind: "number", type, size, little } : other();
  }
  if (kind === 3) return { kind: "text", size };
  if (kind === 7) return (bits[0] & 15) === 0 ? { kind: "reference", size } : other("references to regions");
  // an enumeration is stored as its numbers: NumPy's truth values
  if (kind === 8) return { ...takeType(cursor, depth + 1), size };
  if (kind === 9) return (bits[0] & 15) === 1 ? { kind: "longText", size } : other();
  return other();
}

/** Reads the message of a data set's sizes; none for a single element, undefined where there is nothing. */
export function takeShape(cursor: Cursor): readonly number[] | undefined {
  const version = cursor.number(1);
  const rank = cursor.number(1);
  cursor.skip(1);
  if (version !== 1 && version !== 2) throw damaged(`expected sizes of version 1 or 2, got ${version}`);
  if (rank > 32) throw damaged(`expected at most 32 sizes, got ${rank}`);
  if (version === 1) cursor.skip(5);
  else if (cursor.number(1) === 2) return undefined;
  return Array.from({ length: rank }, () => cursor.length());
}

/** How the bytes of a data set lie in the file. */
export type Layout =
  | { readonly kind: "compact"; readonly bytes: Uint8Array }
  | { readonly kind: "contiguous"; readonly address: number }
  | { readonly kind: "chunked"; readonly tree: number; readonly chunk: readonly number[] };

/** Reads the message of a layout. */
export function takeLayout(cursor: Cursor): Layout {
  const version = cursor.number(1);
  if (version !== 3 && version !== 4)
    throw new ModelFormatError(`HDF5: expected a layout of version 3, got ${version}.`);
  const kind = cursor.number(1);
  if (kind === 0) return { kind: "compact", bytes: cursor.take(cursor.number(2)) };
  if (kind === 1) return { kind: "contiguous", address: cursor.address() };
  if (kind !== 2 || version === 4) {
    throw new ModelFormatError(
      "HDF5: expected chunks in the usual layout, got one of HDF5 1.10's newer ones (libver='latest'): write the file with the usual settings.",
    );
  }
  const rank = cursor.number(1);
  if (rank < 1 || rank > 33) throw damaged(`expected chunks of at most 32 sizes, got ${rank}`);
  const tree = cursor.address();
  // the last size is that of an element
  return { kind: "chunked", tree, chunk: Array.from({ length: rank }, () => cursor.number(4)).slice(0, -1) };
}

/** What was done to the bytes of a chunk, in this order. */
export type Filter = "deflate" | "shuffle" | "checksum";

const FILTERS: Readonly<Record<number, Filter>> = { 1: "deflate", 2: "shuffle", 3: "checksum" };

/** Reads the message of filters. @throws ModelFormatError that names one that is not read */
export function takeFilters(cursor: Cursor): Filter[] {
  const version = cursor.number(1);
  const count = cursor.number(1);
  if (version === 1) cursor.skip(6);
  return Array.from({ length: Math.min(count, 32) }, () => {
    const id = cursor.number(2);
    const nameLength = version === 1 || id >= 256 ? cursor.number(2) : 0;
    cursor.skip(2);
    const values = cursor.number(2);
    cursor.skip(version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    cursor.skip(4 * values + (version === 1 && values % 2 === 1 ? 4 : 0));
    const filter = FILTERS[id];
    if (!filter) {
      const name = { 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf", 32001: "blosc" }[id] ?? `number ${id}`;
      throw new ModelFormatError(`HDF5: expected chunks deflated (gzip), shuffled or plain, got the filter ${name}.`);
    }
    return filter;
  });
}
