import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Image } from "../pictures/image.js";
import { readImage } from "../pictures/image-file.js";
import { drawLine } from "./draw-line-file.js";
import { type Font, openFont } from "./font-file.js";

const LATO = "node_modules/@fontsource/lato/files/lato-latin-400-normal.woff2";
const SENTENCE = "the rat the cat the dog chased killed ate the malt";

let font: Font;
beforeAll(async () => {
  font = await openFont(LATO);
});
afterAll(() => font.close());

/** The rows and columns where a grey picture has ink. */
function ink({ width, data }: Image): { left: number; right: number; top: number; bottom: number } {
  const at = [...data.entries()].filter(([, v]) => v < 128).map(([i]) => i);
  const [xs, ys] = [at.map((i) => i % width), at.map((i) => Math.floor(i / width))];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

describe("drawLine", () => {
  it("drew the packaged sentence", async () => {
    const packaged = await readImage(fileURLToPath(new URL("../../../assets/sentence-lato.png", import.meta.url)), {
      channels: 1,
    });
    const drawn = await drawLine(SENTENCE, LATO);
    expect([drawn.width, drawn.height]).toEqual([packaged.width, packaged.height]);
    // another version of the rasteriser may smooth differently
    const difference = drawn.data.reduce((sum, v, i) => sum + Math.abs(v - packaged.data[i]), 0) / drawn.data.length;
    expect(difference).toBeLessThan(2);
  });

  it("draws the letters as large as those that are trained on", async () => {
    // the deepest descent of a–z is g's and the highest ascent f's, in Lato 148 + 37 hundredths of two ems: 28 pixels
    const { top, bottom } = ink(await drawLine("bdfghjklpqy", font));
    expect(bottom - top + 1).toBeGreaterThanOrEqual(26);
    expect(bottom - top + 1).toBeLessThanOrEqual(28);
    expect(Math.abs(top + bottom - 31)).toBeLessThanOrEqual(2);
  });

  it("leaves the margin at both ends", async () => {
    const image = await drawLine("dll", font, { margin: 20 });
    const { left, right } = ink(image);
    expect(Math.abs(left - 20)).toBeLessThanOrEqual(1);
    expect(Math.abs(image.width - 1 - right - 20)).toBeLessThanOrEqual(2);
  });

  it("scales with the extent", async () => {
    const small = await drawLine("dog", font, { extent: 14 });
    const large = await drawLine("dog", font, { extent: 56 });
    expect([small.height, large.height]).toEqual([16, 64]);
    const [a, b] = [ink(small), ink(large)];
    expect((b.right - b.left + 1) / (a.right - a.left + 1)).toBeCloseTo(4, 0);
  });

  it("draws in any colours", async () => {
    const { data, width, height } = await drawLine("m", font, { color: "#ffcc00", background: "navy", channels: 3 });
    const area = width * height;
    expect([data[0], data[area], data[2 * area]]).toEqual([0, 0, 128]);
    expect([0, 1, 2].map((c) => Math.max(...data.subarray(c * area, (c + 1) * area)))).toEqual([255, 204, 128]);
  });

  it("takes a width that is given, unless the text is wider", async () => {
    expect((await drawLine("the", font, { width: 300 })).width).toBe(300);
    await expect(drawLine(SENTENCE, font, { width: 576 })).rejects.toThrow(/pixels wide, expected at most 576/);
  });

  it("says which characters or fonts are missing", async () => {
    await expect(drawLine("łódź", font)).rejects.toThrow(/has no glyphs for "ł" "ź"/);
    await expect(drawLine("a", "none.ttf")).rejects.toThrow(/Cannot read the font none.ttf: there is no such file/);
    await expect(drawLine("a", font, { extent: 0 })).rejects.toThrow(/line's extent: expected more than 0, got 0/);
  });
});
