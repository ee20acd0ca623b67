/** Bytes that are read where they are needed: of an array in memory, or of a file, so that a large one need not be there twice. */

import { getTextEncoding } from "@bufbuild/protobuf/wire";
import { ModelFormatError } from "../graph/codec/foreign.js";

/** Bytes of known number. */
export interface Bytes {
  readonly size: number;
  /** whether what {@link Bytes.at} gives is the reader's own, and may be changed; else it is memory of whoever gave the bytes */
  readonly fresh: boolean;
  /** `length` bytes from `offset`; the caller has checked that there are so many */
  at(offset: number, length: number): Uint8Array;
}

/**
 * The bytes of an array, not copied.
 *
 * @example
 * bytesInMemory(Uint8Array.of(1, 2, 3)).at(1, 2); // [2, 3]
 */
export const bytesInMemory = (array: Uint8Array): Bytes => ({
  size: array.byteLength,
  fresh: false,
  at: (offset, length) => array.subarray(offset, offset + length),
});

/**
 * Bytes of a file or anything else that is read piece by piece. In Node, `readSync(file, into, at, length, offset)` reads, again until all is there.
 *
 * @param read fills an array with the bytes from an offset
 * @example
 * const stored = Uint8Array.of(1, 2, 3);
 * bytesRead(3, (offset, into) => into.set(stored.subarray(offset, offset + into.length))).at(1, 2); // [2, 3]
 */
export const bytesRead = (size: number, read: (offset: number, into: Uint8Array) => void): Bytes => ({
  size,
  fresh: true,
  at(offset, length) {
    const bytes = new Uint8Array(length);
    read(offset, bytes);
    return bytes;
  },
});

/** Some of the bytes, as bytes of their own. */
export const part = (bytes: Bytes, start: number, size: number): Bytes => ({
  ...bytes,
  size,
  at: (offset, length) => bytes.at(start + offset, length),
});

/** As many of the first bytes as there are, at most `length`. */
export const headOf = (bytes: Bytes, length: number): Uint8Array => bytes.at(0, Math.min(length, bytes.size));

/**
 * Some of the bytes of a file.
 *
 * @param what what they are, for the message: "the header"
 * @throws ModelFormatError when there are not so many
 */
export function bytesAt(bytes: Bytes, offset: number, length: number, what: string): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.size)) {
    throw new ModelFormatError(
      `${what}: expected ${length} bytes from byte ${offset} on, but the file has ${bytes.size}: it is cut off or damaged.`,
    );
  }
  return bytes.at(offset, length);
}

/** A view of bytes, for numbers of several bytes. */
export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Whether bytes begin with some, or have them from an offset on. */
export const hasBytes = (bytes: Uint8Array, expected: readonly number[], offset = 0): boolean =>
  bytes.length >= offset + expected.length && expected.every((byte, i) => bytes[offset + i] === byte);

/** UTF-8 as text; what is none becomes U+FFFD. */
export const textOf = (bytes: Uint8Array): string => getTextEncoding().decodeUtf8(bytes);

/** A text as UTF-8. */
export const utf8 = (text: string): Uint8Array => getTextEncoding().encodeUtf8(text);

/** Bytes of ISO 8859-1 as text, a character each. */
export const latin1 = (bytes: Uint8Array): string => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
};
