/** Numbers and names out of bytes of an HDF5 file, one after the other. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { latin1, textOf, viewOf } from "../bytes.js";

/** An address that says that there is nothing. */
export const NOWHERE = Number.POSITIVE_INFINITY;

/** How many bytes an address and a length have in a file. */
export interface Widths {
  readonly address: number;
  readonly length: number;
}

export const damaged = (what: string): ModelFormatError => new ModelFormatError(`HDF5: ${what}: the file is damaged.`);

/** Bytes, and a place in them. */
export class Cursor {
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    private readonly widths: Widths,
    public at = 0,
  ) {
    this.view = viewOf(bytes);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(count: number): Uint8Array {
    if (!(count >= 0 && count <= this.left)) throw damaged(`expected ${count} bytes more in a block, got ${this.left}`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** The next bytes as a cursor of their own. */
  part(count: number): Cursor {
    return new Cursor(this.take(count), this.widths);
  }

  skip(count: number): void {
    this.take(count);
  }

  /** A whole number without a sign, of 1 to 8 bytes. */
  number(size: number): number {
    this.take(size);
    const at = this.at - size;
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at, true);
    if (size === 4) return this.view.getUint32(at, true);
    if (size === 8) return Number(this.view.getBigUint64(at, true));
    throw damaged(`expected numbers of 1, 2, 4 or 8 bytes, got ${size}`);
  }

  address(): number {
    const { address: size } = this.widths;
    const value = this.number(size);
    return value >= 2 ** (8 * size) - 1 ? NOWHERE : value;
  }

  length(): number {
    return this.number(this.widths.length);
  }

  /** Expects a mark of four letters. */
  mark(letters: string): void {
    const found = latin1(this.take(letters.length));
    if (found !== letters) throw damaged(`expected a block '${letters}', got '${found.replace(/[^ -~]/g, "?")}'`);
  }

  /** A name that ends with a zero. */
  name(): string {
    const end = this.bytes.indexOf(0, this.at);
    const text = textOf(this.take((end < 0 ? this.bytes.length : end) - this.at));
    this.at = Math.min(this.bytes.length, this.at + 1);
    return text;
  }
}
