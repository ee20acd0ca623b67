/**
 * FlatBuffers, read where they lie: tables whose fields are found by an offset each. Every offset is checked against the bytes.
 *
 * The format: https://flatbuffers.dev/internals/
 */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { Budget } from "../budget.js";
import { textOf, viewOf } from "../bytes.js";

/** A buffer, and how much may be made of it: tables may share what they point at. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly budget: Budget;
  /** what it is, for messages */
  readonly what: string;
}

/** The root of a buffer. @throws ModelFormatError when it points beyond the bytes */
export function rootOf(bytes: Uint8Array, budget: Budget, what: string): Table {
  const source = { bytes, view: viewOf(bytes), budget, what };
  return new Table(source, uint(source, 0));
}

function expectInside({ bytes, what }: Source, at: number, size: number): void {
  if (!(at >= 0 && at + size <= bytes.length)) {
    throw new ModelFormatError(
      `${what}, byte ${at}: expected ${size} bytes, but it has ${bytes.length}: the file is cut off or damaged.`,
    );
  }
}

function uint(source: Source, at: number): number {
  expectInside(source, at, 4);
  return source.view.getUint32(at, true);
}

/** A table: fields by their numbers, of which any may be left out. */
export class Table {
  readonly #vtable: number;
  readonly #vtableSize: number;

  constructor(
    private readonly source: Source,
    private readonly position: number,
  ) {
    // What a table is made of costs memory, too.
    source.budget.take(64, source.what);
    expectInside(source, position, 4);
    this.#vtable = position - source.view.getInt32(position, true);
    expectInside(source, this.#vtable, 4);
    this.#vtableSize = source.view.getUint16(this.#vtable, true);
    expectInside(source, this.#vtable, this.#vtableSize);
  }

  /** Where a field lies; undefined where it is left out. */
  #place(field: number, size: number): number | undefined {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.#vtableSize) return undefined;
    const offset = this.source.view.getUint16(this.#vtable + entry, true);
    if (offset === 0) return undefined;
    expectInside(this.source, this.position + offset, size);
    return this.position + offset;
  }

  has(field: number): boolean {
    return this.#place(field, 0) !== undefined;
  }

  int8(field: number, otherwise = 0): number {
    const at = this.#place(field, 1);
    return at === undefined ? otherwise : this.source.view.getInt8(at);
  }

  bool(field: number): boolean {
    return this.int8(field) !== 0;
  }

  int32(field: number, otherwise = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? otherwise : this.source.view.getInt32(at, true);
  }

  uint32(field: number, otherwise = 0): number {
    return this.int32(field, otherwise) >>> 0;
  }

  uint64(field: number): number {
    const at = this.#place(field, 8);
    return at === undefined ? 0 : Number(this.source.view.getBigUint64(at, true));
  }

  float(field: number, otherwise = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? otherwise : this.source.view.getFloat32(at, true);
  }

  /** What an offset points at. */
  #target(field: number): number | undefined {
    const at = this.#place(field, 4);
    return at === undefined ? undefined : at + uint(this.source, at);
  }

  table(field: number): Table | undefined {
    const at = this.#target(field);
    return at === undefined ? undefined : new Table(this.source, at);
  }

  /** The bytes of a vector of elements of some size. */
  #vector(field: number, size: number): { at: number; count: number } {
    const at = this.#target(field);
    if (at === undefined) return { at: 0, count: 0 };
    const count = uint(this.source, at);
    expectInside(this.source, at + 4, count * size);
    return { at: at + 4, count };
  }

  /** Bytes, not copied. */
  bytes(field: number): Uint8Array {
    const { at, count } = this.#vector(field, 1);
    return this.source.bytes.subarray(at, at + count);
  }

  text(field: number): string {
    const bytes = this.bytes(field);
    this.source.budget.take(2 * bytes.length, this.source.what);
    return textOf(bytes);
  }

  #list<T>(field: number, size: number, element: (at: number) => T): T[] {
    const { at, count } = this.#vector(field, size);
    this.source.budget.take(8 * count, this.source.what);
    return Array.from({ length: count }, (_, i) => element(at + i * size));
  }

  int32s(field: number): number[] {
    return this.#list(field, 4, (at) => this.source.view.getInt32(at, true));
  }

  int64s(field: number): number[] {
    return this.#list(field, 8, (at) => Number(this.source.view.getBigInt64(at, true)));
  }

  floats(field: number): number[] {
    return this.#list(field, 4, (at) => this.source.view.getFloat32(at, true));
  }

  tables(field: number): Table[] {
    return this.#list(field, 4, (at) => new Table(this.source, at + uint(this.source, at)));
  }
}
