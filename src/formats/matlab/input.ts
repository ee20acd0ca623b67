/** Where the bytes of a MAT file come from, one after the other: the file, or what its deflated bytes become. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { Budget } from "../budget.js";
import type { Bytes } from "../bytes.js";
import { inflated } from "../inflate.js";

/** Bytes that are taken from the beginning to the end. */
export interface MatInput {
  /** how many were taken */
  readonly position: number;
  /** where the bytes end; a bound only, where it is not known */
  readonly end: number;
  /** whether what is taken is the reader's own memory */
  readonly fresh: boolean;
  /** @throws ModelFormatError when there are not so many */
  take(count: number): Promise<Uint8Array>;
  skip(count: number): Promise<void>;
}

const cutOff = (count: number, position: number): ModelFormatError =>
  new ModelFormatError(
    `The MAT file, byte ${position}: expected ${count} bytes more, but it ends: it is cut off or damaged.`,
  );

/** The bytes of a file. Small parts are read many at a time. */
export class FileInput implements MatInput {
  readonly end: number;
  readonly fresh: boolean;
  private window: Uint8Array = new Uint8Array();
  private start = 0;

  constructor(
    private readonly bytes: Bytes,
    public position = 0,
  ) {
    this.end = bytes.size;
    this.fresh = bytes.fresh;
  }

  async take(count: number): Promise<Uint8Array> {
    const at = this.position;
    if (!(at + count <= this.end)) throw cutOff(count, at);
    this.position += count;
    if (!this.fresh || count > 4096) return this.bytes.at(at, count);
    if (at < this.start || at + count > this.start + this.window.length) {
      this.start = at;
      this.window = this.bytes.at(at, Math.min(65536, this.end - at));
    }
    return this.window.slice(at - this.start, at - this.start + count);
  }

  async skip(count: number): Promise<void> {
    if (!(this.position + count <= this.end)) throw cutOff(count, this.position);
    this.position += count;
  }
}

/** What deflated bytes become; each array is filled as its bytes come, so that they are never there as a whole. */
export class InflatedInput implements MatInput {
  readonly end = Number.POSITIVE_INFINITY;
  readonly fresh = true;
  position = 0;
  private readonly pieces: AsyncGenerator<Uint8Array>;
  private piece: Uint8Array = new Uint8Array();

  constructor(
    bytes: Bytes,
    private readonly budget: Budget,
  ) {
    this.pieces = inflated(bytes, "deflate", "The MAT file: a compressed variable");
  }

  async take(count: number): Promise<Uint8Array> {
    this.budget.take(count, "The MAT file: a variable");
    const all = new Uint8Array(count);
    await this.each(count, (piece, at) => all.set(piece, at));
    return all;
  }

  skip(count: number): Promise<void> {
    return this.each(count, () => undefined);
  }

  private async each(count: number, visit: (piece: Uint8Array, at: number) => void): Promise<void> {
    let at = 0;
    while (at < count) {
      if (this.piece.length === 0) {
        const { done, value } = await this.pieces.next();
        if (done) throw cutOff(count - at, this.position);
        this.piece = value;
        continue;
      }
      const some = this.piece.subarray(0, count - at);
      visit(some, at);
      this.piece = this.piece.subarray(some.length);
      at += some.length;
      this.position += some.length;
    }
  }

  /** Ends the inflating, wherever it is. */
  async close(): Promise<void> {
    await this.pieces.return(undefined);
  }
}
