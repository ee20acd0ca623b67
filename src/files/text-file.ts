import { escaped } from "../values/place.js";
import { readBytes } from "./read-file.js";
/** Text that people wrote, in whichever encoding their programs write. */

/**
 * The text of a file: UTF-8, with or without a byte order mark, or UTF-16 with one. Its line ends become "\n".
 *
 * @throws Error naming the path and the line that is not UTF-8; the system's error when the file cannot be read
 */
export async function readText(path: string): Promise<string> {
  return decodeText(await readBytes(path), path);
}

/** {@link readText} of bytes that are there already. */
export function decodeText(bytes: Uint8Array, path: string): string {
  const mark = [...bytes.subarray(0, 2)].join();
  const text =
    mark === "255,254" ? decode(bytes, "utf-16le") : mark === "254,255" ? decode(bytes, "utf-16be") : utf8(bytes, path);
  const zero = text.indexOf("\0");
  if (zero >= 0) throw withZero(path, text.slice(0, zero).split("\n").length);
  return text.replace(/\r\n?/g, "\n");
}

const withZero = (path: string, line: number): Error =>
  new Error(`${path}, line ${line}: expected text in UTF-8, got a byte 0, as in UTF-16 or a file of another kind.`);

/** The decoder leaves out a byte order mark. */
const decode = (bytes: Uint8Array, encoding: string): string =>
  new TextDecoder(encoding, { fatal: true }).decode(bytes);

const LINE_END = 10;

function utf8(bytes: Uint8Array, path: string): string {
  try {
    return decode(bytes, "utf-8");
  } catch (error) {
    const zero = bytes.indexOf(0);
    if (zero >= 0) throw withZero(path, bytes.subarray(0, zero).filter((byte) => byte === LINE_END).length + 1);
    for (let line = 1, at = 0; at < bytes.length; line++) {
      const found = bytes.indexOf(LINE_END, at);
      const end = found < 0 ? bytes.length : found;
      const content = bytes.subarray(at, end);
      at = end + 1;
      try {
        decode(content, "utf-8");
      } catch {
        const latin = windows1252(content).trim().slice(0, 60);
        const other = latin.includes("\uFFFD") ? "" : ` (in Windows-1252 it would be '${escaped(latin)}')`;
        throw new Error(`${path}, line ${line}: it is not UTF-8${other}; save the file as UTF-8.`, {
          cause: error,
        });
      }
    }
    throw error;
  }
}

/** The signs of the bytes 128 to 159; Node's own decoder takes them for control characters. Bytes without a sign are U+FFFD. */
const UPPER = "€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ";

const windows1252 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte >= 128 && byte < 160 ? UPPER[byte - 128] : String.fromCharCode(byte))).join("");
