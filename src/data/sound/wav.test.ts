import { expect, test } from "vitest";
import { encodeWav, readWav, WavError, wavHead } from "./wav.js";

/** A WAV file by hand, from what its format chunk and its samples are. */
function wav(format: readonly number[], data: readonly number[], promised = data.length): Uint8Array {
  const text = (word: string): number[] => [...new TextEncoder().encode(word)];
  const long = (value: number): number[] => [
    value & 255,
    (value >> 8) & 255,
    (value >> 16) & 255,
    (value >>> 24) & 255,
  ];
  const chunks = [...text("fmt "), ...long(format.length), ...format, ...text("data"), ...long(promised), ...data];
  return Uint8Array.from([...text("RIFF"), ...long(4 + chunks.length), ...text("WAVE"), ...chunks]);
}

/** The chunk of a format at 8000 samples a second. */
const format = (code: number, channels: number, bits: number): number[] => {
  const block = (channels * bits) / 8;
  const bytes = 8000 * block;
  return [
    code & 255,
    code >> 8,
    channels,
    0,
    0x40,
    0x1f,
    0,
    0,
    bytes & 255,
    (bytes >> 8) & 255,
    bytes >> 16,
    0,
    block,
    0,
    bits,
    0,
  ];
};
/** What WAVE_FORMAT_EXTENSIBLE has behind it: valid bits, a mask of speakers, and the code within an identifier. */
const extension = (code: number, bits: number): number[] => [
  22,
  0,
  bits,
  0,
  0,
  0,
  0,
  0,
  code,
  0,
  ...new Array<number>(14).fill(0),
];

test.each([
  ["8 bits, without a sign", format(1, 1, 8), [0, 128, 255], [-1, 0, 127 / 128]],
  ["16 bits", format(1, 1, 16), [0, 0x80, 0, 0x40, 1, 0], [-1, 0.5, 1 / 32768]],
  ["24 bits", format(1, 1, 24), [0, 0, 0x80, 0, 0, 0x40, 0xff, 0xff, 0xff], [-1, 0.5, -1 / 8388608]],
  ["32 bits", format(1, 1, 32), [0, 0, 0, 0x80, 0, 0, 0, 0x40], [-1, 0.5]],
  ["float 32", format(3, 1, 32), [0, 0, 0x80, 0xbf, 0, 0, 0x80, 0x3e], [-1, 0.25]],
  ["float 64", format(3, 1, 64), [0, 0, 0, 0, 0, 0, 0xf0, 0xbf], [-1]],
  ["two channels, their mean", format(1, 2, 16), [0, 0x40, 0, 0, 0, 0x80, 0, 0x40], [0.25, -0.25]],
  ["extensible, 16 bits", [...format(0xfffe, 1, 16), ...extension(1, 16)], [0, 0x40], [0.5]],
  ["extensible, float", [...format(0xfffe, 1, 32), ...extension(3, 32)], [0, 0, 0x80, 0x3e], [0.25]],
  ["a stream that does not know its end", format(1, 1, 16), [0, 0x40, 0, 0x80], [0.5, -1], 0xffffffff],
])("reads %s", (_, chunk, data, expected, promised?: number) => {
  const sound = readWav(wav(chunk, data, promised));
  expect(sound.rate).toBe(8000);
  expect([...sound.samples]).toEqual(expected.map(Math.fround));
});

test("what it encodes is as it was, and what is beyond is cut off", () => {
  const sound = readWav(encodeWav(Float32Array.of(0, 0.5, -1, 7), 22_050));
  expect(sound).toEqual({ rate: 22_050, samples: Float32Array.of(0, 0.5, -1, 32767 / 32768) });
});

test("chunks before the samples are passed over, of odd sizes too", () => {
  const file = wav(format(1, 1, 8), [0, 255]);
  const list = Uint8Array.from([...new TextEncoder().encode("LIST"), 3, 0, 0, 0, 1, 2, 3, 0]);
  const longer = Uint8Array.from([...file.subarray(0, 12), ...list, ...file.subarray(12)]);
  expect(wavHead(longer, longer.length)).toMatchObject({ length: 2, at: 56 });
  expect(readWav(longer).samples).toHaveLength(2);
});

test.each([
  [
    "another file",
    new TextEncoder().encode("ID3 and so on, an MP3"),
    "it is no WAV file, which begins with RIFF and WAVE",
  ],
  [
    "a file that is cut off",
    encodeWav(new Float32Array(8000), 8000).subarray(0, 8044),
    "it is cut off: of 1.00 seconds 0.50 are there",
  ],
  [
    "a head that is cut off",
    encodeWav(new Float32Array(8), 8000).subarray(0, 30),
    "it ends before its samples begin, after 30 bytes: it is cut off",
  ],
  ["no samples", encodeWav(new Float32Array(0), 8000), "it has no samples"],
  [
    "packed samples",
    wav(format(2, 1, 16), [0, 0]),
    "its samples are packed by Microsoft's ADPCM, which is not read: expected PCM, whole numbers or floating ones",
  ],
  ["12 bits", wav(format(1, 1, 12), [0, 0]), "its samples have 12 bits: expected 8, 16, 24 or 32"],
  ["no channel", wav(format(1, 0, 16), [0, 0]), "it has 0 channels: expected 1 to 64"],
  [
    "no rate",
    wav(
      format(1, 1, 16).map((byte, i) => (i >= 4 && i < 8 ? 0 : byte)),
      [0, 0],
    ),
    "it has 0 samples a second: expected 1 to 768000",
  ],
  [
    "sizes that do not fit",
    wav(
      format(1, 1, 16).map((byte, i) => (i === 12 ? 6 : byte)),
      [0, 0],
    ),
    "it says that 1 samples of 16 bits take 6 bytes",
  ],
  ["a short format", wav([1, 0, 1, 0], [0, 0]), "what says how its samples are written has 4 bytes: expected 16"],
  ["what is no number", wav(format(3, 1, 32), [0, 0, 0xc0, 0x7f]), "sample 1 of it is NaN: expected a number"],
])("refuses %s with a sentence", (_, file, message) => {
  expect(() => readWav(file)).toThrow(new WavError(message));
});
