import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { stream } from "../../../random/stream.js";
import { pictureDecoder } from "./picture-decoder-file.js";
import { openPlainPng, planesOfPlainPng } from "./plain-png-file.js";
import { sharpDecoder } from "./sharp-file.js";

const random = stream(1, "plain png");
/** Random pixels, smooth enough for every filter to be of use. */
const pixels = (width: number, height: number, channels: number): Uint8Array =>
  Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 7 + Math.floor(40 * random.uniform())) % 256);

function png(width: number, height: number, channels: 1 | 3): Sharp {
  const made = sharp(pixels(width, height, channels), { raw: { width, height, channels } });
  return channels === 1 ? made.toColourspace("b-w") : made;
}

test.each([
  [16, 16, 3],
  [28, 28, 1],
  [1, 1, 3],
  [37, 5, 1],
  [64, 48, 3],
] as const)("%i×%i, %i channels: the same bytes as libvips'", async (width, height, channels) => {
  for (const adaptiveFiltering of [false, true]) {
    const bytes = await png(width, height, channels).png({ adaptiveFiltering }).toBuffer();
    const plain = await openPlainPng(bytes);
    expect(plain).toMatchObject({ width, height, channels });
    expect(await pictureDecoder.metadata(bytes)).toEqual(await sharpDecoder.metadata(bytes));
    for (const wanted of [1, 3] as const) {
      const size = { width, height, fit: "pad" } as const;
      expect(await pictureDecoder.decode(bytes, { channels: wanted, size })).toEqual(
        await sharpDecoder.decode(bytes, { channels: wanted, size }),
      );
    }
  }
});

test("each filter is undone", async () => {
  // the filters of four lines of two grey pixels, and what they make of 10, 20; 15, 22; 30, 40; 31, 45 (PNG, 9.2)
  const { deflateSync } = await import("node:zlib");
  const lines = [1, 10, 10, 2, 5, 2, 3, 23, 14, 4, 1, 5];
  const planes = planesOfPlainPng({ width: 2, height: 4, channels: 1, packed: deflateSync(Uint8Array.from(lines)) });
  expect([...(planes ?? [])]).toEqual([10, 20, 15, 22, 30, 40, 31, 45]);
});

test("what is not plain, or broken, is left to libvips", async () => {
  const bytes = await png(16, 16, 3).png().toBuffer();
  const cut = bytes.subarray(0, bytes.length - 20);
  const damaged = Buffer.from(bytes);
  damaged[60] ^= 1;
  const others = await Promise.all([
    png(16, 16, 3).png({ palette: true }).toBuffer(),
    png(16, 16, 3).ensureAlpha(0.5).png().toBuffer(),
    png(16, 16, 3).toColourspace("rgb16").png().toBuffer(),
    png(16, 16, 3).withMetadata({ orientation: 6 }).png().toBuffer(),
    png(16, 16, 3).png({ progressive: true }).toBuffer(),
    png(16, 16, 3).jpeg().toBuffer(),
  ]);
  for (const other of [cut, damaged, ...others]) expect(await openPlainPng(other)).toBeUndefined();
  await expect(pictureDecoder.decode(cut, { channels: 3 })).rejects.toThrow();
  await expect(pictureDecoder.decode(damaged, { channels: 3 })).rejects.toThrow();
});
