/** Inflates what zlib has deflated, by the platform's own decompression, in two fifths of the processor time of JavaScript. */

import { ModelFormatError } from "../graph/codec/foreign.js";
import { errorText } from "../values/error-text.js";
import type { Bytes } from "./bytes.js";

/** "deflate" has zlib's head and checksum, "deflate-raw" (zip) has not. */
export type DeflateFormat = "deflate" | "deflate-raw";

/** So much is given to the platform at a time, in bytes. */
const PIECE = 1 << 20;

/**
 * What deflated bytes become, a piece after the other; only as much is inflated as is asked for.
 *
 * @param what what they are, for messages
 * @throws ModelFormatError when they are no deflated bytes, or end too early
 */
export async function* inflated(bytes: Bytes, format: DeflateFormat, what: string): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream(format);
  const reader = stream.readable.getReader();
  // What goes wrong here is told by the reader, too.
  const feeding = feed(bytes, stream.writable.getWriter()).catch(() => undefined);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  } catch (error) {
    throw new ModelFormatError(`${what}: expected deflated bytes: ${errorText(error)}.`, { cause: error });
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding;
  }
}

async function feed(bytes: Bytes, writer: DeflateWriter): Promise<void> {
  for (let at = 0; at < bytes.size; at += PIECE) {
    await writer.write(bytes.at(at, Math.min(PIECE, bytes.size - at)) as Uint8Array<ArrayBuffer>);
  }
  await writer.close();
}

/** What is used of a writer of a stream. */
interface DeflateWriter {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Inflates bytes whose number is known.
 *
 * @throws ModelFormatError when they become more or fewer
 */
export async function inflate(bytes: Bytes, format: DeflateFormat, size: number, what: string): Promise<Uint8Array> {
  const all = new Uint8Array(size);
  let at = 0;
  for await (const piece of inflated(bytes, format, what)) {
    if (at + piece.length > size) throw new ModelFormatError(`${what}: expected ${size} bytes, got more.`);
    all.set(piece, at);
    at += piece.length;
  }
  if (at < size) throw new ModelFormatError(`${what}: expected ${size} bytes, got ${at}.`);
  return all;
}
