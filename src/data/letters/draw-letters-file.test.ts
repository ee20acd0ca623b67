import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drawLetters } from "./draw-letters-file.js";
import { LETTERS } from "./letters.js";
import { loadLetters, readLetters } from "./letters-file.js";

const LATO = "node_modules/@fontsource/lato/files/";
const AREA = 32 * 32;

let folder: string;
let fonts: string;
let set: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "draw-"));
  fonts = join(folder, "fonts");
  set = join(folder, "set");
  await mkdir(join(fonts, "deep"), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

/** Pearson's correlation of two pictures. */
function correlation(a: Uint8Array, b: Uint8Array): number {
  const mean = (v: Uint8Array): number => v.reduce((sum, x) => sum + x, 0) / v.length;
  const [p, q] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - p) * (b[i] - q);
    aa += (a[i] - p) ** 2;
    bb += (b[i] - q) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

/** A TrueType file from a WOFF file; `change` may edit its tables. */
function unpackWoff(woff: Buffer, change: (tag: string, table: Buffer) => Buffer): Buffer {
  const count = woff.readUInt16BE(12);
  const header = Buffer.alloc(12 + 16 * count);
  woff.copy(header, 0, 4, 8);
  header.writeUInt16BE(count, 4);
  const tables: Buffer[] = [];
  let offset = header.length;
  for (let i = 0; i < count; i++) {
    const at = 44 + 20 * i;
    const [start, packed, length] = [4, 8, 12].map((o) => woff.readUInt32BE(at + o));
    const content = woff.subarray(start, start + packed);
    const tag = woff.toString("latin1", at, at + 4);
    const table = change(tag, packed < length ? inflateSync(content) : Buffer.from(content));
    header.write(tag, 12 + 16 * i, "latin1");
    header.writeUInt32BE(offset, 12 + 16 * i + 8);
    header.writeUInt32BE(table.length, 12 + 16 * i + 12);
    tables.push(table, Buffer.alloc(-table.length & 3));
    offset += table.length + (-table.length & 3);
  }
  return Buffer.concat([header, ...tables]);
}

describe("drawLetters", () => {
  it("draws Lato Regular nearly as the packaged set has Lato Medium", async () => {
    await copyFile(`${LATO}lato-latin-400-normal.woff2`, join(fonts, "lato.woff2"));
    await drawLetters(fonts, set);
    const { pixels } = await readLetters(set);
    const { heldOut } = await loadLetters();
    const packaged = new Uint8Array(AREA);
    // The baseline stands on a whole row, and Regular's rounds to the row below Medium's: the alphabet is moved as one.
    const moved = (rows: number) =>
      LETTERS.map((_, i) => {
        heldOut.read(i, 0, packaged, 0);
        const letter = pixels.subarray(i * AREA, (i + 1) * AREA);
        const up = new Uint8Array(AREA).fill(255);
        up.set(letter.subarray(32 * rows));
        return correlation(up, packaged);
      });
    const best = [0, 1].map(moved).toSorted((a, b) => Math.min(...b) - Math.min(...a))[0];
    expect(best.reduce((sum, c) => sum + c, 0) / 26).toBeGreaterThan(0.97);
    expect(Math.min(...best)).toBeGreaterThan(0.93);
  });

  it("draws the signs of a font beside its letters", async () => {
    await copyFile(`${LATO}lato-latin-400-normal.woff2`, join(fonts, "lato.woff2"));
    await drawLetters(fonts, set);
    const { signs = new Uint8Array(0), pixels } = await readLetters(set);
    // 10 digits, the capitals but I, and marks, all of which Lato has
    expect(signs.length % AREA).toBe(0);
    expect(signs.length / AREA).toBeGreaterThan(60);
    // of the 4 the stem stands on the letters' baseline
    const last = (bytes: Uint8Array): number => bytes.findLastIndex((v) => v < 128) >> 5;
    const four = signs.subarray(4 * AREA, 5 * AREA);
    const l = pixels.subarray(LETTERS.indexOf("l") * AREA, (LETTERS.indexOf("l") + 1) * AREA);
    expect(Math.abs(last(four) - last(l))).toBeLessThanOrEqual(1);
  });

  it("draws ligatures of a font, cut between their letters", async () => {
    await copyFile(`${LATO}lato-latin-400-normal.woff2`, join(fonts, "lato.woff2"));
    await drawLetters(fonts, set);
    const { ligatures = { list: [], pixels: new Uint8Array(0) } } = await readLetters(set);
    expect(ligatures.list.map(({ letters }) => letters)).toEqual(["fi", "fl", "ff", "ffi", "ffl", "ft", "tt", "fj"]);
    // of fl, whose stems stand apart but for the bar, there is less ink at the cut than in the middle of either letter
    const [, { cuts }] = ligatures.list;
    const ink = (x: number): number => {
      const column = ligatures.pixels.subarray(AREA, 2 * AREA).filter((_, at) => at % 32 === x);
      return column.reduce((sum, level) => sum + 255 - level, 0);
    };
    const within = (from: number, to: number): number =>
      Math.max(...Array.from({ length: to - from }, (_, i) => ink(from + i)));
    expect(ink(cuts[1])).toBeLessThan(0.5 * within(cuts[0], cuts[1]));
    expect(ink(cuts[1])).toBeLessThan(0.5 * within(cuts[1], cuts[2]));
  });

  it("fits 28 pixels, centred from side to side, on one baseline", async () => {
    await copyFile(`${LATO}lato-latin-700-normal.woff`, join(fonts, "lato.woff"));
    await drawLetters(fonts, set);
    const { pixels } = await readLetters(set);
    const boxes = LETTERS.map((_, i) => {
      const ink = [...pixels.subarray(i * AREA, (i + 1) * AREA).entries()].filter(([, v]) => v < 128).map(([at]) => at);
      const [xs, ys] = [ink.map((at) => at % 32), ink.map((at) => at >> 5)];
      return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    });
    const top = Math.min(...boxes.map((b) => b.top));
    const bottom = Math.max(...boxes.map((b) => b.bottom));
    // measures are whole pixels at 100, and faint edges do not count as ink
    expect(bottom - top + 1).toBeGreaterThanOrEqual(26);
    expect(bottom - top + 1).toBeLessThanOrEqual(28);
    for (const { left, right } of boxes) expect(Math.abs(left + right - 31)).toBeLessThanOrEqual(1);
    const flat = [..."hiklmnr"].map((letter) => boxes[LETTERS.indexOf(letter)].bottom);
    expect(new Set(flat).size).toBe(1);
  });

  it("sorts by name, looks into folders and lists what it leaves out", async () => {
    const woff = await readFile(`${LATO}lato-latin-400-normal.woff`);
    await writeFile(
      join(fonts, "deep", "regular.ttf"),
      unpackWoff(woff, (_, table) => table),
    );
    await copyFile(`${LATO}lato-latin-900-italic.woff2`, join(fonts, "a.woff2"));
    await copyFile(`${LATO}lato-latin-700-normal.woff`, join(fonts, "B.WOFF"));
    await copyFile(`${LATO}lato-latin-700-normal.woff2`, join(fonts, "same.woff2"));
    await copyFile(`${LATO}lato-latin-ext-400-normal.woff`, join(fonts, "extended.woff"));
    await writeFile(join(fonts, "text.otf"), "dear diary");
    await writeFile(join(fonts, "cut.woff"), woff.subarray(0, 3000));
    // all glyphs at the same place: each without an outline
    await writeFile(
      join(fonts, "blank.ttf"),
      unpackWoff(woff, (tag, t) => (tag === "loca" ? Buffer.alloc(t.length) : t)),
    );
    // every "L" of the names, a byte 0 before it, becomes an "X"
    const rename = (t: Buffer): Buffer =>
      Buffer.from(t.map((v, i) => (v === 0x4c && t[i - 1] === 0 && t[i + 1] === 0 ? 0x58 : v)));
    const renamed = unpackWoff(woff, (tag, table) => (tag === "name" ? rename(table) : table));
    await writeFile(join(fonts, "renamed.ttf"), renamed);
    await writeFile(join(fonts, "readme.txt"), "not a font");
    const steps: string[] = [];
    const { typefaces, skipped } = await drawLetters(fonts, set, {
      progress: (done, of) => steps.push(`${done}/${of}`),
    });
    expect(typefaces.map(({ family, style, source }) => `${family} ${style}: ${source}`)).toEqual([
      "Lato Bold: B.WOFF",
      "Lato Regular: deep/regular.ttf",
      "Lato Black Italic: a.woff2",
    ]);
    expect(skipped.map(({ file, reason }) => `${file}: ${reason.replaceAll(folder, "…")}`)).toEqual([
      "blank.ttf: …/fonts/blank.ttf: its letters a–z have no extent.",
      "cut.woff: Cannot read the font …/fonts/cut.woff: the font is cut off.",
      `extended.woff: it has no glyphs for ${LETTERS.join(" ")}`,
      "renamed.ttf: it draws the same letters as deep/regular.ttf",
      "same.woff2: it has the same family and style as B.WOFF",
      'text.otf: Cannot read the font …/fonts/text.otf: expected a TrueType, OpenType, WOFF or WOFF2 font, got a file that begins with "dear".',
    ]);
    expect(steps).toEqual(["1/9", "2/9", "3/9", "4/9", "5/9", "6/9", "7/9", "8/9", "9/9"]);
    expect((await readLetters(set)).typefaces).toEqual(typefaces);
    expect((await readdir(folder)).sort()).toEqual(["fonts", "set"]);
  });

  it("says when there is nothing to draw, and makes no set", async () => {
    await expect(drawLetters(join(folder, "none"), set)).rejects.toThrow(
      /Cannot read the fonts' folder .*none: there is no such file or folder/,
    );
    await expect(drawLetters(fonts, set)).rejects.toThrow(
      /has no fonts: expected files that end in .ttf, .otf, .woff, .woff2/,
    );
    await writeFile(join(fonts, "text.ttf"), "dear diary");
    await expect(drawLetters(fonts, set)).rejects.toThrow(/None of the 1 fonts in .* can be used. text.ttf: .*dear/);
    expect(await readdir(folder)).toEqual(["fonts"]);
  });

  it("does not touch a folder that holds something", async () => {
    await copyFile(`${LATO}lato-latin-400-normal.woff`, join(fonts, "lato.woff"));
    await expect(drawLetters(fonts, folder)).rejects.toThrow(/expected a new or empty folder, but it holds fonts/);
  });

  it("fills an empty folder", async () => {
    await copyFile(`${LATO}lato-latin-400-normal.woff`, join(fonts, "lato.woff"));
    await mkdir(set);
    await drawLetters(fonts, set);
    expect((await readLetters(set)).typefaces).toHaveLength(1);
  });
});
