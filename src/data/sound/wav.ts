/** WAV files (RIFF/WAVE), from their bytes to samples and back. */

import { sixteenBits } from "./sound-bytes.js";

/** What the head of a WAV file says. */
export interface WavHead {
  /** samples a second, of each channel */
  readonly rate: number;
  readonly channels: number;
  /** of a sample */
  readonly bits: 8 | 16 | 24 | 32 | 64;
  readonly kind: "integer" | "float";
  /** samples of each channel that the head promises; what is there may be less */
  readonly length: number;
  /** the first byte of the samples */
  readonly at: number;
}

/** A sound with one channel. */
export interface Sound {
  /** samples a second */
  readonly rate: number;
  /** from −1 to 1 */
  readonly samples: Float32Array;
}

/** A WAV file that is not read, or is damaged: the message is the end of a sentence, "it …". */
export class WavError extends RangeError {
  override readonly name = "WavError";
}

/** Codes of formats (RFC 2361): PCM, floats, and that the code stands further behind. */
const INTEGER = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/** Whoever writes a stream says one of these as the size of what he does not know the end of. */
const UNKNOWN_SIZES = [0, 0xffffffff, 0x7fffffff];

/** Rates beyond are of no sound: 768 kHz is the highest that is sold. */
const HIGHEST_RATE = 768_000;
const MOST_CHANNELS = 64;

/**
 * Reads the head of a WAV file: whole numbers of 8, 16, 24 and 32 bits and floating ones of 32 and 64, WAVE_FORMAT_EXTENSIBLE among them.
 *
 * @param start the file's beginning, until the samples begin, and more
 * @param size of the whole file
 * @throws WavError that says what is wrong with it
 * @example
 * const file = encodeWav(Float32Array.of(0, 0.5), 8000);
 * const { rate, length } = wavHead(file, file.length);
 * [rate, length]; // [8000, 2]
 */
export function wavHead(start: Uint8Array, size: number): WavHead {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const word = (at: number): string => String.fromCharCode(...start.subarray(at, at + 4));
  if (start.length < 12 || word(0) !== "RIFF" || word(8) !== "WAVE") {
    throw new WavError("it is no WAV file, which begins with RIFF and WAVE");
  }
  let format: Omit<WavHead, "length" | "at"> | undefined;
  for (let at = 12; at + 8 <= start.length; ) {
    const [name, bytes] = [word(at), view.getUint32(at + 4, true)];
    const inside = at + 8;
    if (name === "fmt ") {
      if (inside + Math.min(bytes, 40) > start.length) break;
      format = formatOf(new DataView(start.buffer, start.byteOffset + inside, bytes > 40 ? 40 : bytes));
    }
    if (name === "data") {
      if (!format) throw new WavError("its samples stand before what says how they are written (no 'fmt ')");
      const isUnknown = UNKNOWN_SIZES.includes(bytes);
      const taken = isUnknown ? Math.max(0, size - inside) : bytes;
      return { ...format, length: Math.floor(taken / ((format.bits / 8) * format.channels)), at: inside };
    }
    // chunks begin at even places
    at = inside + bytes + (bytes % 2);
  }
  throw new WavError(
    start.length < size
      ? "its samples do not begin in the first 64 kB"
      : `it ends before its samples begin, after ${size} bytes: it is cut off`,
  );
}

/** What the chunk of the format says. @throws WavError where it is none of those that are read */
function formatOf(chunk: DataView): Omit<WavHead, "length" | "at"> {
  if (chunk.byteLength < 16)
    throw new WavError(`what says how its samples are written has ${chunk.byteLength} bytes: expected 16`);
  const [code, channels, rate] = [chunk.getUint16(0, true), chunk.getUint16(2, true), chunk.getUint32(4, true)];
  const [block, bits] = [chunk.getUint16(12, true), chunk.getUint16(14, true)];
  const own = code === EXTENSIBLE && chunk.byteLength >= 26 ? chunk.getUint16(24, true) : code;
  if (own !== INTEGER && own !== FLOAT) {
    const name = PACKED[own] ?? `the code ${own}`;
    throw new WavError(
      `its samples are packed by ${name}, which is not read: expected PCM, whole numbers or floating ones`,
    );
  }
  const expected = own === INTEGER ? [8, 16, 24, 32] : [32, 64];
  const known = ([8, 16, 24, 32, 64] as const).find((each) => each === bits && expected.includes(each));
  if (known === undefined) {
    throw new WavError(
      `its samples have ${bits} bits: expected ${expected.slice(0, -1).join(", ")} or ${expected.at(-1)}`,
    );
  }
  if (channels < 1 || channels > MOST_CHANNELS) {
    throw new WavError(`it has ${channels} channels: expected 1 to ${MOST_CHANNELS}`);
  }
  if (rate < 1 || rate > HIGHEST_RATE)
    throw new WavError(`it has ${rate} samples a second: expected 1 to ${HIGHEST_RATE}`);
  if (block !== (channels * bits) / 8) {
    throw new WavError(`it says that ${channels} samples of ${bits} bits take ${block} bytes`);
  }
  return { rate, channels, bits: known, kind: own === INTEGER ? "integer" : "float" };
}

/** What is known by name of what is not read. */
const PACKED: Readonly<Record<number, string>> = {
  2: "Microsoft's ADPCM",
  6: "A-law",
  7: "µ-law",
  17: "IMA's ADPCM",
  49: "GSM",
  80: "MPEG",
  85: "MP3",
};

/** What is added up of a sample of each kind. */
type Reader = (view: DataView, at: number) => number;

/** From −1 to 1: bytes have no sign, 0 is 128. */
const READERS: Readonly<Record<string, Reader>> = {
  "integer 8": (view, at) => (view.getUint8(at) - 128) / 128,
  "integer 16": (view, at) => view.getInt16(at, true) / 32768,
  "integer 24": (view, at) => (view.getUint16(at, true) + 65536 * view.getInt8(at + 2)) / 8388608,
  "integer 32": (view, at) => view.getInt32(at, true) / 2147483648,
  "float 32": (view, at) => view.getFloat32(at, true),
  "float 64": (view, at) => view.getFloat64(at, true),
};

/**
 * The sound in a WAV file, the mean of its channels.
 *
 * @throws WavError that says what is wrong with it: it is none, is cut off, or has samples that are no numbers
 * @example
 * readWav(encodeWav(Float32Array.of(0, 0.5), 8000)).samples; // equals Float32Array.of(0, 0.5)
 */
export function readWav(file: Uint8Array): Sound {
  const { rate, channels, bits, kind, length, at } = wavHead(file, file.length);
  const size = (bits / 8) * channels;
  const there = Math.floor((file.length - at) / size);
  if (there < length) {
    const [promised, left] = [length, there].map((count) => (count / rate).toFixed(2));
    throw new WavError(`it is cut off: of ${promised} seconds ${left} are there`);
  }
  if (length === 0) throw new WavError("it has no samples");
  const read = READERS[`${kind} ${bits}`];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const samples = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += read(view, at + i * size + (c * bits) / 8);
    samples[i] = sum / channels;
  }
  const wrong = samples.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new WavError(`sample ${wrong + 1} of it is ${samples[wrong]}: expected a number`);
  return { rate, samples };
}

/**
 * A sound as a WAV file of 16 bits; what is beyond ±1 is cut off.
 *
 * @param rate samples a second
 * @example
 * encodeWav(new Float32Array(8000), 8000).length; // 16044
 */
export function encodeWav(samples: Float32Array, rate: number): Uint8Array {
  const file = new Uint8Array(44 + 2 * samples.length);
  const view = new DataView(file.buffer);
  const word = (at: number, text: string): void => file.set(new TextEncoder().encode(text), at);
  word(0, "RIFF");
  view.setUint32(4, file.length - 8, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, INTEGER, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => {
    view.setInt16(44 + 2 * i, sixteenBits(value), true);
  });
  return file;
}
