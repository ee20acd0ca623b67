/** Writes MAT files of version 5, not compressed, which MATLAB, Octave and SciPy read. */

import { utf8, viewOf } from "../bytes.js";

/** What is written. Arrays are column-major; those of a function are made when their turn comes, and then forgotten. */
export type Written =
  | { readonly kind: "single"; readonly dims: readonly number[]; data(): Float32Array }
  | { readonly kind: "double"; readonly dims: readonly number[]; readonly values: readonly number[] }
  | { readonly kind: "logical"; readonly value: boolean }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "cell"; readonly items: readonly Written[] }
  | { readonly kind: "struct"; readonly elements: readonly Readonly<Record<string, Written>>[] };

/** A row of numbers; one number where there is one. */
export const row = (...values: readonly number[]): Written => ({ kind: "double", dims: [1, values.length], values });
export const text = (value: string): Written => ({ kind: "text", text: value });
export const cell = (items: readonly Written[]): Written => ({ kind: "cell", items });
export const struct = (...elements: readonly Readonly<Record<string, Written>>[]): Written => ({
  kind: "struct",
  elements,
});
export const logical = (value: boolean): Written => ({ kind: "logical", value });
export const single = (dims: readonly number[], data: () => Float32Array): Written => ({ kind: "single", dims, data });

/** Longest name of a field, with the zero at its end: MATLAB's 31 characters before version 7, 63 since then. */
const NAME = 64;

/** The most that an element of version 5 holds, in bytes. */
const LARGEST = 2 ** 31 - 1;

/** The classes of arrays, by the format's numbers. */
const CLASSES = { cell: 1, struct: 2, text: 4, double: 6, single: 7, logical: 9 } as const;

/**
 * The bytes of a MAT file.
 *
 * @throws RangeError when a variable is larger than version 5 can hold, 2 GB
 */
export function writeMat5(variables: Readonly<Record<string, Written>>): Uint8Array {
  const sizes = Object.entries(variables).map(([name, value]) => {
    const size = sizeOf(value, name);
    if (size > LARGEST) {
      throw new RangeError(`MAT file: variable '${name}' has ${size} bytes; version 5 holds at most ${LARGEST}.`);
    }
    return 8 + size;
  });
  const bytes = new Uint8Array(128 + sizes.reduce((a, b) => a + b, 0));
  const writer = new MatWriter(bytes);
  writer.head();
  for (const [name, value] of Object.entries(variables)) writer.matrix(value, name);
  return bytes;
}

const padded = (size: number): number => Math.ceil(size / 8) * 8;
const plainSize = (size: number): number => 8 + padded(size);

const dimsOf = (value: Written): readonly number[] => {
  if (value.kind === "single" || value.kind === "double") return value.dims;
  if (value.kind === "text") return [value.text === "" ? 0 : 1, value.text.length];
  if (value.kind === "logical") return [1, 1];
  if (value.kind === "cell") return [value.items.length === 0 ? 0 : 1, value.items.length];
  return [1, value.elements.length];
};

const countOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** The bytes behind the tag of an array. */
function sizeOf(value: Written, name: string): number {
  return 16 + plainSize(4 * dimsOf(value).length) + plainSize(utf8(name).length) + contentSize(value);
}

function contentSize(value: Written): number {
  const all = (items: readonly Written[]): number => items.reduce((sum, item) => sum + 8 + sizeOf(item, ""), 0);
  switch (value.kind) {
    case "single":
      return plainSize(4 * countOf(value.dims));
    case "double":
      return plainSize(8 * value.values.length);
    case "logical":
      return plainSize(1);
    case "text":
      return plainSize(2 * value.text.length);
    case "cell":
      return all(value.items);
    case "struct":
      return (
        8 + plainSize(NAME * fieldsOf(value).length) + all(value.elements.flatMap((fields) => Object.values(fields)))
      );
  }
}

const fieldsOf = ({ elements }: Extract<Written, { kind: "struct" }>): string[] => Object.keys(elements[0] ?? {});

/** MATLAB's characters are UTF-16. */
const codesOf = (value: string): Uint16Array =>
  Uint16Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));

/** How numbers and characters are stored, by the format's numbers: the last is 16 bits without a sign. */
const STORED = { single: 7, double: 9, logical: 2, text: 4 } as const;

function elementsOf(value: Exclude<Written, { kind: "struct" | "cell" }>): Uint8Array {
  if (value.kind === "logical") return Uint8Array.of(value.value ? 1 : 0);
  const { buffer, byteOffset, byteLength } =
    value.kind === "single"
      ? value.data()
      : value.kind === "double"
        ? Float64Array.from(value.values)
        : codesOf(value.text);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

class MatWriter {
  private readonly view: DataView;
  private at = 128;

  constructor(private readonly bytes: Uint8Array) {
    this.view = viewOf(bytes);
  }

  head(): void {
    this.bytes.fill(0x20, 0, 124);
    this.bytes.set(utf8("MATLAB 5.0 MAT-file, written by Bell Pepper"));
    this.view.setUint16(124, 0x0100, true);
    this.bytes.set(utf8("IM"), 126);
  }

  private words(...numbers: readonly number[]): void {
    for (const number of numbers) {
      this.view.setUint32(this.at, number, true);
      this.at += 4;
    }
  }

  private plain(type: number, content: Uint8Array): void {
    this.words(type, content.length);
    this.bytes.set(content, this.at);
    this.at += padded(content.length);
  }

  matrix(value: Written, name: string): void {
    this.words(14, sizeOf(value, name));
    const isLogical = value.kind === "logical";
    this.words(6, 8, CLASSES[value.kind] | (isLogical ? 0x200 : 0), 0);
    this.plain(5, new Uint8Array(Int32Array.from(dimsOf(value)).buffer));
    this.plain(1, utf8(name));
    this.content(value);
  }

  private content(value: Written): void {
    if (value.kind === "struct") this.struct(value);
    else if (value.kind === "cell") for (const item of value.items) this.matrix(item, "");
    else this.plain(STORED[value.kind], elementsOf(value));
  }

  private struct(value: Extract<Written, { kind: "struct" }>): void {
    const names = fieldsOf(value);
    this.words(0x00040005, NAME);
    const padded = new Uint8Array(NAME * names.length);
    for (const [i, name] of names.entries()) padded.set(utf8(name), NAME * i);
    this.plain(1, padded);
    for (const fields of value.elements) for (const name of names) this.matrix(fields[name], "");
  }
}
