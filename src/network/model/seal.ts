/** The checksum of a checkpoint or a finished model: it stands at its end, as one more entry of the model's metadata, so that the file stays a model. */

import { crc32 } from "../../files/crc32.js";
import { CHECKSUM_KEY as KEY } from "./model.js";

const DIGITS = 8;

/** CRC-32 of bytes. Node's own is faster than that which runs anywhere. */
export type Checksum = (bytes: Uint8Array) => number;

/**
 * An ONNX file with the checksum (CRC-32) of its bytes behind them. The fields of a message in protobuf may come in any order, and those that
 * are repeated one by one: the last bytes are another `metadata_props` of the ModelProto (field 14), of which 1 is the key and 2 the value.
 */
export function sealed(bytes: Uint8Array, checksum: Checksum = crc32): Uint8Array {
  const end = sealOf(bytes, checksum);
  const all = new Uint8Array(bytes.length + end.length);
  all.set(bytes);
  all.set(end, bytes.length);
  return all;
}

/** Whether an ONNX file has its checksum at its end; other programs write none. @throws Error when it is not that of the bytes before it */
export function isSealed(bytes: Uint8Array, checksum: Checksum = crc32): boolean {
  const body = bytes.subarray(0, Math.max(0, bytes.length - SEAL));
  const [end, expected] = [bytes.subarray(body.length), sealOf(body, checksum)];
  const differs = (from: number, to: number): boolean =>
    end.length !== SEAL || expected.subarray(from, to).some((byte, i) => byte !== end[from + i]);
  if (differs(0, SEAL - DIGITS)) return false;
  if (differs(SEAL - DIGITS, SEAL))
    throw new Error(
      "it is damaged: its checksum is not that of its bytes (another program that edits it has to leave out the entry 'bellpepper.checksum' of its metadata)",
    );
  return true;
}

function sealOf(bytes: Uint8Array, checksum: Checksum): Uint8Array {
  const text = new TextEncoder();
  const [key, value] = [KEY, checksum(bytes).toString(16).padStart(DIGITS, "0")].map((part) => text.encode(part));
  const entry = [(1 << 3) | 2, key.length, ...key, (2 << 3) | 2, value.length, ...value];
  return Uint8Array.from([(14 << 3) | 2, entry.length, ...entry]);
}

const SEAL = sealOf(new Uint8Array(), crc32).length;
