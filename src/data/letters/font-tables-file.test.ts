import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parseFont } from "./font-tables-file.js";

const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((v) => [(v >> 8) & 255, v & 255]));
const u32 = (...values: number[]): Buffer => Buffer.concat(values.map((v) => u16(v >>> 16, v & 0xffff)));

/** An sfnt file of the given tables. */
function sfnt(tables: Readonly<Record<string, Buffer>>): Buffer {
  let offset = 12 + 16 * Object.keys(tables).length;
  const directory = Object.entries(tables).map(([tag, table]) => {
    const entry = Buffer.concat([Buffer.from(tag), u32(0, offset, table.length)]);
    offset += table.length;
    return entry;
  });
  const header = Buffer.concat([u32(0x10000), u16(Object.keys(tables).length, 0, 0, 0)]);
  return Buffer.concat([header, ...directory, ...Object.values(tables)]);
}

/** A name table of records: platform, language, number, text as it is stored. */
function names(...records: [number, number, number, Buffer][]): Buffer {
  let offset = 0;
  const entries = records.map(([platform, language, name, text]) => {
    const entry = u16(platform, 1, language, name, text.length, offset);
    offset += text.length;
    return entry;
  });
  return Buffer.concat([u16(0, records.length, 6 + 12 * records.length), ...entries, ...records.map((r) => r[3])]);
}

const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
const cmap = (platform: number, encoding: number, subtable: Buffer): Buffer =>
  Buffer.concat([u16(0, 1, platform, encoding), u32(12), subtable]);

// a–c (97–99) to glyphs 1–3 by difference; e–f (101–102) through a list, in which e has none
const FORMAT4 = Buffer.concat([
  u16(4, 44, 0, 6, 0, 0, 0),
  u16(99, 102, 0xffff, 0),
  u16(97, 101, 0xffff),
  u16(65536 - 96, 0, 1),
  u16(0, 4, 0),
  u16(0, 7),
]);
// a–b to 1–2 and U+1F600 to 9
const FORMAT12 = Buffer.concat([u16(12, 0), u32(40, 0, 2), u32(97, 98, 1), u32(0x1f600, 0x1f600, 9)]);
const NAMES = names([3, 0x409, 1, utf16("Plain")], [3, 0x409, 2, utf16("Bold")]);

const has = (font: Buffer, characters: string): string => {
  const { has: knows } = parseFont(font);
  return [...characters].filter((c) => knows(c)).join("");
};

describe("parseFont", () => {
  it("finds characters through cmap format 4", () => {
    expect(has(sfnt({ name: NAMES, cmap: cmap(3, 1, FORMAT4) }), "`abcdefgé😀")).toBe("abcf");
  });

  it("finds characters through cmap format 12", () => {
    expect(has(sfnt({ name: NAMES, cmap: cmap(3, 10, FORMAT12) }), "`abcdefgé😀")).toBe("ab😀");
  });

  it("prefers the typographic English name and makes it one line", () => {
    const name = names(
      [1, 0, 1, Buffer.from("Mac")],
      [3, 0x407, 16, utf16("Deutsch")],
      [3, 0x409, 16, utf16("My\tFont\u007f ")],
      [1, 0, 2, Buffer.from("Regular")],
    );
    const { family, style } = parseFont(sfnt({ name, cmap: cmap(0, 3, FORMAT4) }));
    expect({ family, style }).toEqual({ family: "My Font", style: "Regular" });
  });

  it.each(["woff", "woff2"])("reads Lato as %s", async (format) => {
    const bytes = await readFile(`node_modules/@fontsource/lato/files/lato-latin-700-italic.${format}`);
    const { family, style, has: knows } = parseFont(bytes);
    expect({ family, style }).toEqual({ family: "Lato", style: "Bold Italic" });
    // the Latin subset has é but neither ł nor Cyrillic
    expect([..."azAZ09éłж"].filter((c) => knows(c)).join("")).toBe("azAZ09é");
  });

  it.each<[string, () => Buffer | Promise<Buffer>, RegExp]>([
    ["text", () => Buffer.from("dear diary"), /expected a TrueType, OpenType, WOFF or WOFF2 font, got .* "dear"/],
    ["nothing", () => Buffer.alloc(0), /begins with ""/],
    ["a collection", () => Buffer.from("ttcf\0\x01\0\0"), /collection/],
    ["a font without names", () => sfnt({ cmap: cmap(3, 1, FORMAT4) }), /no table "name"/],
    ["a symbol font", () => sfnt({ name: NAMES, cmap: cmap(3, 0, FORMAT4) }), /no map from Unicode/],
    ["a cut font", () => sfnt({ name: NAMES, cmap: cmap(3, 1, FORMAT4) }).subarray(0, 50), /cut off/],
  ])("rejects %s", async (_, font, message) => {
    const bytes = await font();
    expect(() => parseFont(bytes)).toThrow(message);
  });

  it.each(["woff", "woff2"])("rejects a %s that is cut off", async (format) => {
    const bytes = await readFile(`node_modules/@fontsource/lato/files/lato-latin-400-normal.${format}`);
    expect(() => parseFont(bytes.subarray(0, 2000))).toThrow("cut off");
  });
});
