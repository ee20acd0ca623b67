/** Pictures in time, as one file. */

const SIGNATURE = 8;

/** A piece of a PNG file. */
interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/**
 * PNG files of one size and kind as an animated one (APNG), which browsers play again and again and other programs show the first picture of.
 *
 * @param frames the files, at least one
 * @param seconds how long each is shown, up to 65
 * @throws RangeError when there are none, or they differ in size or kind
 */
export function animatedPng(frames: readonly Uint8Array[], seconds: readonly number[]): Uint8Array {
  const all = frames.map(chunksOf);
  const [first] = all;
  const header = first?.find(({ type }) => type === "IHDR");
  if (!header) throw new RangeError("An animation needs at least one picture.");
  const same = all.every((chunks) => chunks.some((chunk) => chunk.type === "IHDR" && isEqual(chunk.data, header.data)));
  if (!same) throw new RangeError("The pictures of an animation must be of one size and one kind.");
  const before = first.slice(first.indexOf(header) + 1).filter(({ type }) => type === "PLTE" || type === "tRNS");
  let sequence = 0;
  const pictures = all.flatMap((chunks, i) => {
    const control = chunk("fcTL", [
      ...[four(sequence++), header.data.subarray(0, 8), four(0), four(0)],
      ...[two(Math.round(1000 * seconds[i])), two(1000), Uint8Array.of(0, 0)],
    ]);
    const data = chunks.filter(({ type }) => type === "IDAT");
    return [control, ...data.map((each) => (i === 0 ? each : chunk("fdAT", [four(sequence++), each.data])))];
  });
  const whole = [header, chunk("acTL", [four(frames.length), four(0)]), ...before, ...pictures, chunk("IEND", [])];
  return joined([frames[0].subarray(0, SIGNATURE), ...whole.map(bytesOf)]);
}

function chunksOf(file: Uint8Array): Chunk[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE; at + 12 <= file.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    chunks.push({ type, data: file.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

const chunk = (type: string, parts: readonly Uint8Array[]): Chunk => ({ type, data: joined(parts) });

/** A chunk as the file has it: its length, its type, its data, and the checksum of both. */
function bytesOf({ type, data }: Chunk): Uint8Array {
  const named = joined([Uint8Array.from(type, (letter) => letter.charCodeAt(0)), data]);
  return joined([four(data.length), named, four(checksum(named))]);
}

const four = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
const two = (value: number): Uint8Array => Uint8Array.of((value >>> 8) & 255, value & 255);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** CRC-32, as PNG has it; `zlib` has it in Node alone. */
function checksum(data: Uint8Array): number {
  let sum = ~0;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}
