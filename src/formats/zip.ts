/** The directory of a zip archive, and the files in it. */

import { ModelFormatError } from "../graph/codec/foreign.js";
import type { Budget } from "./budget.js";
import { type Bytes, bytesAt, bytesInMemory, hasBytes, headOf, part, textOf, viewOf } from "./bytes.js";
import { inflate } from "./inflate.js";

/** A file in an archive, as the directory at its end tells. */
interface ZipEntry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly packed: number;
  readonly size: number;
  /** where its own head begins */
  readonly offset: number;
}

/** A zip archive. */
export interface Zip {
  readonly names: readonly string[];
  /**
   * A file of the archive; one that is stored is a part of the archive's bytes, not copied.
   *
   * @throws ModelFormatError when there is none, or it is damaged
   */
  file(name: string, budget: Budget): Promise<Bytes>;
}

/** Whether bytes begin as an archive does. */
export const isZip = (bytes: Bytes): boolean => hasBytes(headOf(bytes, 4), [0x50, 0x4b, 3, 4]);

/** The end of the directory is looked for in so many bytes: its head, and the longest comment. */
const END = 22 + 65535;

/**
 * Reads the directory of an archive, also of one larger than 4 GB (zip64).
 *
 * @throws ModelFormatError when it is no archive, or cut off
 */
export function readZip(bytes: Bytes): Zip {
  const entries = directoryOf(bytes);
  return {
    names: [...entries.keys()],
    async file(name, budget) {
      const entry = entries.get(name);
      const where = `'${name}' in the archive`;
      if (!entry) throw new ModelFormatError(`${where}: expected it to be there.`);
      if (entry.encrypted) throw new ModelFormatError(`${where}: expected plain bytes, got encrypted ones.`);
      const head = viewOf(bytesAt(bytes, entry.offset, 30, where));
      const start = entry.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
      if (head.getUint32(0, true) !== 0x04034b50 || start + entry.packed > bytes.size) {
        throw new ModelFormatError(
          `${where}: expected ${entry.packed} bytes from byte ${start} on: the archive is damaged.`,
        );
      }
      const packed = part(bytes, start, entry.packed);
      if (entry.method === 0 && entry.size === entry.packed) return packed;
      if (entry.method !== 8) {
        throw new ModelFormatError(`${where}: expected it stored or deflated, got method ${entry.method} of zip.`);
      }
      budget.take(entry.size, where);
      return bytesInMemory(await inflate(packed, "deflate-raw", entry.size, where));
    },
  };
}

function directoryOf(bytes: Bytes): ReadonlyMap<string, ZipEntry> {
  const { start, size, count } = endOf(bytes);
  const directory = bytesAt(bytes, start, size, "the archive's directory");
  const view = viewOf(directory);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || view.getUint32(at, true) !== 0x02014b50) {
      throw new ModelFormatError(`the archive's directory: expected ${count} files, got ${i}: it is damaged.`);
    }
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const end = at + 46 + name + extra + comment;
    if (end > size) throw new ModelFormatError("the archive's directory: it is cut off.");
    const method = view.getUint16(at + 10, true);
    const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
    entries.set(textOf(directory.subarray(at + 46, at + 46 + name)), {
      ...{ method, encrypted },
      ...longFields(viewOf(directory.subarray(at + 46 + name, at + 46 + name + extra)), {
        size: view.getUint32(at + 24, true),
        packed: view.getUint32(at + 20, true),
        offset: view.getUint32(at + 42, true),
      }),
    });
    at = end;
  }
  return entries;
}

type Fields = Pick<ZipEntry, "size" | "packed" | "offset">;

/** Fields that are too small for their numbers have these in zip64's own, in this order. */
function longFields(extra: DataView, fields: Fields): Fields {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    const long = (value: number): number => {
      if (value !== 0xffffffff || next + 8 > extra.byteLength) return value;
      next += 8;
      return Number(extra.getBigUint64(next - 8, true));
    };
    const size = long(fields.size);
    const packed = long(fields.packed);
    return { size, packed, offset: long(fields.offset) };
  }
  return fields;
}

/** Where the directory lies, by what stands at the archive's end. */
function endOf(bytes: Bytes): { start: number; size: number; count: number } {
  const from = Math.max(0, bytes.size - END);
  const tail = bytesAt(bytes, from, bytes.size - from, "the archive's end");
  let at = tail.length - 22;
  while (at >= 0 && !hasBytes(tail, [0x50, 0x4b, 5, 6], at)) at--;
  if (at < 0) throw new ModelFormatError("Expected the directory at the archive's end: the file is cut off.");
  const view = viewOf(tail);
  const short = {
    start: view.getUint32(at + 16, true),
    size: view.getUint32(at + 12, true),
    count: view.getUint16(at + 10, true),
  };
  if (short.start !== 0xffffffff && short.size !== 0xffffffff && short.count !== 0xffff) return short;
  if (at < 20 || !hasBytes(tail, [0x50, 0x4b, 6, 7], at - 20)) return short;
  const long = viewOf(bytesAt(bytes, Number(view.getBigUint64(at - 12, true)), 56, "the archive's end"));
  const [count, size, start] = [32, 40, 48].map((offset) => Number(long.getBigUint64(offset, true)));
  return { start, size, count };
}
