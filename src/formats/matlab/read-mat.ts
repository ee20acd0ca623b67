/**
 * MAT files of version 5, which MATLAB writes with `-v6` and `-v7` (compressed), and Octave and SciPy, too.
 *
 * The format: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
 */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { elementSize, tensorOfBytes } from "../../graph/tensor.js";
import type { DataType } from "../../graph/types.js";
import { budgetOf } from "../budget.js";
import { type Bytes, bytesAt, headOf, latin1, part, textOf, viewOf } from "../bytes.js";
import { FileInput, InflatedInput, type MatInput } from "./input.js";
import { MatCell, MatNumbers, MatOther, MatStruct, MatText, type MatValue, type NumberArray } from "./values.js";

/** How numbers are stored, by the format's numbers of types. */
const STORED: ReadonlyMap<number, DataType> = new Map([
  [1, "int8"],
  [2, "uint8"],
  [3, "int16"],
  [4, "uint16"],
  [5, "int32"],
  [6, "uint32"],
  [7, "float32"],
  [9, "float64"],
  [12, "int64"],
  [13, "uint64"],
]);

const MATRIX = 14;
const COMPRESSED = 15;
const [UTF8, UTF16, UTF32] = [16, 17, 18];

/** Classes of arrays that are not read, by the format's numbers. */
const OTHERS: ReadonlyMap<number, string> = new Map([
  [3, "an object of MATLAB's"],
  [5, "a sparse array"],
  [16, "a function"],
  [17, "an object of MATLAB's"],
]);
const [CELL, STRUCT, CHAR, LAST_NUMBERS] = [1, 2, 4, 15];

/** So deep may cells and structs lie in each other. */
const DEEPEST = 32;

const EMPTY = new MatNumbers([0, 0], new Float64Array(), true);

/** Whether bytes begin as a MAT file of version 5 does. */
export function isMat5(file: Bytes): boolean {
  const head = headOf(file, 128);
  if (head.length < 128) return false;
  const mark = latin1(head.subarray(126, 128));
  const version = viewOf(head).getUint16(124, mark === "IM");
  return (mark === "IM" || mark === "MI") && version === 0x0100;
}

/**
 * The variables of a MAT file by their names.
 *
 * @param unwanted names of variables that are passed over
 * @throws ModelFormatError when it is damaged or cut off
 */
export async function readMat5(file: Bytes, unwanted: ReadonlySet<string> = new Set()): Promise<Map<string, MatValue>> {
  const little = latin1(bytesAt(file, 126, 2, "The MAT file: its head")) === "IM";
  const variables = new Map<string, MatValue>();
  const budget = budgetOf(file.size);
  const input = new FileInput(file, 128);
  const keep = (variable: Variable | undefined): void => {
    if (variable && !unwanted.has(variable.name)) variables.set(variable.name, variable.value);
  };
  while (input.position < file.size) {
    const outer = new MatReader(input, little, unwanted);
    const tag = await outer.tag(file.size);
    const start = input.position;
    if (tag.type === COMPRESSED) {
      if (start + tag.size > file.size) throw new ModelFormatError("The MAT file: a compressed variable is cut off.");
      const inflated = new InflatedInput(part(file, start, tag.size), budget);
      try {
        const reader = new MatReader(inflated, little, unwanted);
        const inner = await reader.tag(Number.POSITIVE_INFINITY);
        if (inner.type === MATRIX) keep(await reader.matrix(inner.size, 0));
      } finally {
        await inflated.close();
      }
    } else if (tag.type === MATRIX) {
      keep(await outer.matrix(tag.size, 0));
    }
    input.position = Math.min(file.size, start + (tag.data ? 0 : tag.size));
  }
  return variables;
}

interface Tag {
  readonly type: number;
  readonly size: number;
  /** the data of a small element, which stand in the tag */
  readonly data?: Uint8Array;
}

interface Variable {
  readonly name: string;
  readonly value: MatValue;
}

class MatReader {
  constructor(
    private readonly input: MatInput,
    private readonly little: boolean,
    private readonly unwanted: ReadonlySet<string>,
  ) {}

  private wrong(expected: string): ModelFormatError {
    return new ModelFormatError(`The MAT file, byte ${this.input.position}: expected ${expected}: it is damaged.`);
  }

  /** The head of an element; what follows is counted, and lies before `end`. */
  async tag(end: number): Promise<Tag> {
    if (this.input.position + 8 > end) throw this.wrong("another element");
    const bytes = await this.input.take(8);
    const view = viewOf(bytes);
    const first = view.getUint32(0, this.little);
    const small = first >>> 16;
    if (small > 4) throw this.wrong(`a small element of at most 4 bytes, got ${small}`);
    if (small > 0) return { type: first & 0xffff, size: small, data: bytes.subarray(4, 4 + small) };
    const size = view.getUint32(4, this.little);
    if (this.input.position + size > end)
      throw this.wrong(`an element of at most ${end - this.input.position} bytes, got ${size}`);
    return { type: first, size };
  }

  /** The bytes of an element that is no array, with its type. */
  private async plain(end: number): Promise<{ type: number; bytes: Uint8Array }> {
    const { type, size, data } = await this.tag(end);
    const bytes = data ?? (await this.input.take(size));
    if (!data) await this.pad(size, end);
    return { type, bytes };
  }

  private pad(size: number, end: number): Promise<void> {
    return this.input.skip(Math.min((8 - (size % 8)) % 8, Math.max(0, end - this.input.position)));
  }

  private async numbers(end: number): Promise<{ data: NumberArray; isOwn: boolean }> {
    const { type, bytes } = await this.plain(end);
    const stored = STORED.get(type);
    if (!stored || bytes.length % elementSize(stored) !== 0) throw this.wrong("an element of numbers");
    return numbersOf(stored, bytes, this.little, this.input.fresh);
  }

  /** Some small whole numbers, such as sizes. */
  private async sizes(end: number): Promise<number[]> {
    const { data } = await this.numbers(end);
    if (data.length > 32) throw this.wrong("a few sizes");
    return Array.from(data);
  }

  /** An array of any class: its flags, sizes and name, and what it has. Undefined where it is passed over. */
  async matrix(size: number, depth: number): Promise<Variable | undefined> {
    const end = this.input.position + size;
    if (size === 0) return { name: "", value: EMPTY };
    if (depth > DEEPEST) throw this.wrong(`at most ${DEEPEST} arrays in each other`);
    const [flags = 0] = await this.sizes(end);
    const dims = await this.sizes(end);
    const name = latin1((await this.plain(end)).bytes);
    if (depth === 0 && this.unwanted.has(name)) return undefined;
    if (dims.length < 2 || !dims.every((n) => Number.isSafeInteger(n) && n >= 0)) throw this.wrong("two sizes or more");
    const value = await this.content(flags & 255, (flags & 0x800) !== 0, dims, end, depth);
    if (this.input.position > end) throw this.wrong(`an array of ${size} bytes`);
    if (depth > 0) await this.input.skip(end - this.input.position);
    return { name, value };
  }

  private async content(
    kind: number,
    isComplex: boolean,
    dims: readonly number[],
    end: number,
    depth: number,
  ): Promise<MatValue> {
    const other = OTHERS.get(kind);
    if (other !== undefined) return new MatOther(other);
    const count = dims.reduce((product, n) => product * n, 1);
    // Each item has a head of 8 bytes, each number a byte.
    const room = end - this.input.position;
    if (kind === CELL) {
      if (!(count * 8 <= room)) throw this.wrong(`${count} cells`);
      return new MatCell(dims, await this.items(count, end, depth));
    }
    if (kind === STRUCT) return this.struct(count, end, depth);
    if (kind === CHAR) return this.text(dims, end);
    if (!(kind > CHAR && kind <= LAST_NUMBERS)) throw this.wrong(`a class of arrays, got ${kind}`);
    if (isComplex) return new MatOther("complex numbers");
    const { data, isOwn } = await this.numbers(end);
    if (data.length !== count) throw this.wrong(`${dims.join("×")} numbers, got ${data.length}`);
    return new MatNumbers(dims, data, isOwn);
  }

  private async items(count: number, end: number, depth: number): Promise<MatValue[]> {
    const items: MatValue[] = [];
    for (let i = 0; i < count; i++) {
      const { type, size } = await this.tag(end);
      if (type !== MATRIX) throw this.wrong("an array");
      const item = await this.matrix(size, depth + 1);
      if (item) items.push(item.value);
    }
    return items;
  }

  private async struct(count: number, end: number, depth: number): Promise<MatStruct> {
    const [length] = await this.sizes(end);
    const { bytes } = await this.plain(end);
    if (!(length >= 1) || bytes.length % length !== 0) throw this.wrong("names of fields");
    const names = Array.from({ length: bytes.length / length }, (_, i) =>
      latin1(bytes.subarray(i * length, (i + 1) * length)).replace(/\0.*$/s, ""),
    );
    if (names.length === 0) return new MatStruct(count === 0 ? [] : [new Map()]);
    if (!(count * names.length * 8 <= end - this.input.position)) throw this.wrong(`${count} structs`);
    const elements: ReadonlyMap<string, MatValue>[] = [];
    for (let i = 0; i < count; i++) {
      const values = await this.items(names.length, end, depth);
      elements.push(new Map(names.map((name, k) => [name, values[k]])));
    }
    return new MatStruct(elements);
  }

  private async text(dims: readonly number[], end: number): Promise<MatText> {
    const { type, bytes } = await this.plain(end);
    const text = this.characters(type, bytes);
    const [rows] = dims;
    if (rows <= 1) return new MatText(text === "" ? [] : [text]);
    // Several texts of the same length, character by character.
    const lines: string[] = [];
    [...text].forEach((character, i) => {
      lines[i % rows] = (lines[i % rows] ?? "") + character;
    });
    return new MatText(lines);
  }

  private characters(type: number, bytes: Uint8Array): string {
    if (type === UTF8) return textOf(bytes);
    const stored = type === UTF16 ? "uint16" : type === UTF32 ? "uint32" : STORED.get(type);
    if (!stored || bytes.length % elementSize(stored) !== 0) throw this.wrong("characters");
    const { data } = numbersOf(stored, bytes, this.little, false);
    const parts: string[] = [];
    for (let i = 0; i < data.length; i += 4096) {
      const codes = Array.from(data.subarray(i, i + 4096), (code) => (code <= 0x10ffff && code >= 0 ? code : 0xfffd));
      parts.push(type === UTF32 ? String.fromCodePoint(...codes) : String.fromCharCode(...codes));
    }
    return parts.join("");
  }
}

/** Bytes as numbers; in their memory where order and alignment permit. */
function numbersOf(
  type: DataType,
  bytes: Uint8Array,
  little: boolean,
  isFresh: boolean,
): { data: NumberArray; isOwn: boolean } {
  const size = elementSize(type);
  const swapped = little || size === 1 ? bytes : swap(bytes, size);
  const { data } = tensorOfBytes(type, [bytes.length / size], swapped);
  // Numbers of 64 bits are labels and counts, never weights.
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return { data: Float64Array.from(data, Number), isOwn: true };
  }
  return { data, isOwn: isFresh || data.buffer !== bytes.buffer };
}

function swap(bytes: Uint8Array, size: number): Uint8Array {
  const swapped = new Uint8Array(bytes);
  for (let i = 0; i < swapped.length; i += size) swapped.subarray(i, i + size).reverse();
  return swapped;
}
