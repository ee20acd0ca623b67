/** Data sets that lie in chunks: blocks of one size, each deflated by itself, found by a tree. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { elementCount } from "../../graph/tensor.js";
import { bytesInMemory, viewOf } from "../bytes.js";
import { inflate } from "../inflate.js";
import { Cursor, damaged } from "./cursor.js";
import type { Source } from "./source.js";
import type { Filter, Layout } from "./types.js";

/** What is read into. */
interface Target {
  readonly shape: readonly number[];
  /** bytes of an element */
  readonly size: number;
  readonly filters: readonly Filter[];
  readonly where: string;
  readonly into: Uint8Array;
}

/** A chunk: where its first element belongs, and its bytes. */
interface Chunk {
  readonly offset: readonly number[];
  readonly address: number;
  readonly packed: number;
  readonly mask: number;
}

/** @throws ModelFormatError when the tree or a chunk is damaged */
export async function readChunks(
  source: Source,
  { tree, chunk }: Extract<Layout, { kind: "chunked" }>,
  target: Target,
): Promise<void> {
  if (chunk.length === 0 || chunk.length !== target.shape.length || chunk.some((length) => length < 1)) {
    throw damaged(`${target.where}: expected chunks of ${target.shape.length} sizes`);
  }
  const size = elementCount(chunk) * target.size;
  for (const each of chunksIn(source, tree, chunk.length, target.where)) {
    if (each.offset.some((at, axis) => at >= target.shape[axis])) continue;
    if (!(source.start + each.address + each.packed <= source.file.size)) {
      throw damaged(`${target.where}: expected a chunk of ${each.packed} bytes at ${each.address}`);
    }
    source.budget.take(size, target.where);
    const packed = source.file.at(source.start + each.address, each.packed);
    place(await unpacked(packed, each.mask, size, target), each.offset, chunk, target);
  }
}

function chunksIn(source: Source, root: number, rank: number, where: string): Chunk[] {
  const chunks: Chunk[] = [];
  const nodes = [{ address: root, below: 256 }];
  // Each chunk has a key of its own in the file.
  const most = source.file.size / (8 * rank);
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    const at = source.start + node.address;
    if (!(at < source.file.size) || chunks.length > most || nodes.length > most)
      throw damaged(`${where}: expected a tree of chunks`);
    const bytes = (count: number): Uint8Array => source.file.at(at, Math.min(count, source.file.size - at));
    const entries = viewOf(bytes(8)).byteLength === 8 ? viewOf(bytes(8)).getUint16(6, true) : 0;
    const cursor = new Cursor(bytes(64 + entries * (8 * rank + 24)), source.widths);
    cursor.mark("TREE");
    const [kind, level, count] = [cursor.number(1), cursor.number(1), cursor.number(2)];
    if (kind !== 1 || level >= node.below) throw damaged(`${where}: expected a tree of chunks`);
    cursor.address();
    cursor.address();
    for (let i = 0; i < count; i++) {
      const [packed, mask] = [cursor.number(4), cursor.number(4)];
      const offset = Array.from({ length: rank }, () => cursor.number(8));
      cursor.skip(8);
      const address = cursor.address();
      if (level > 0) nodes.push({ address, below: level });
      else chunks.push({ offset, address, packed, mask });
    }
  }
  return chunks;
}

/** The bytes of a chunk, with what was done to them undone. */
async function unpacked(packed: Uint8Array, mask: number, size: number, { filters, where, size: element }: Target) {
  let bytes = packed;
  for (let i = filters.length - 1; i >= 0; i--) {
    if ((mask >> i) & 1) continue;
    if (filters[i] === "checksum") bytes = bytes.subarray(0, -4);
    else if (filters[i] === "deflate") {
      const more = filters.slice(0, i).filter((filter) => filter === "checksum").length;
      bytes = await inflate(bytesInMemory(bytes), "deflate", size + 4 * more, where);
    } else bytes = unshuffled(bytes, element);
  }
  if (bytes.length !== size)
    throw new ModelFormatError(`${where}: expected a chunk of ${size} bytes, got ${bytes.length}.`);
  return bytes;
}

/** The first bytes of all elements lie before their second ones, and so on. */
function unshuffled(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / size);
  const out = new Uint8Array(bytes);
  for (let k = 0; k < size; k++) {
    for (let i = 0; i < count; i++) out[i * size + k] = bytes[k * count + i];
  }
  return out;
}

/** Puts a chunk where it belongs; what reaches over the edge is left out. */
function place(
  bytes: Uint8Array,
  offset: readonly number[],
  chunk: readonly number[],
  { shape, size, into }: Target,
): void {
  const last = shape.length - 1;
  const width = Math.min(chunk[last], shape[last] - offset[last]) * size;
  const rows = elementCount(chunk) / chunk[last];
  for (let row = 0; row < rows; row++) {
    let rest = row;
    let to = 0;
    let isInside = true;
    let step = shape[last];
    for (let axis = last - 1; axis >= 0; axis--) {
      const at = offset[axis] + (rest % chunk[axis]);
      isInside &&= at < shape[axis];
      rest = Math.floor(rest / chunk[axis]);
      to += at * step;
      step *= shape[axis];
    }
    if (!isInside) continue;
    const from = row * chunk[last] * size;
    into.set(bytes.subarray(from, from + width), (to + offset[last]) * size);
  }
}
