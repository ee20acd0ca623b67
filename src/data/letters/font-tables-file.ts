/** What an OpenType font says about itself: its names, and which characters it has. Microsoft's OpenType 1.9, W3C's WOFF 1 and 2. */

import { brotliDecompressSync, inflateSync } from "node:zlib";

/** A font's description. */
export interface FontTables {
  /** the typographic family ("Lato"), "" when the font has no name */
  readonly family: string;
  /** the style within the family ("Regular", "Medium Italic"), "" when the font names none */
  readonly style: string;
  /** whether the font itself has a glyph for a character */
  has(character: string): boolean;
}

/**
 * Parses a font file: TrueType, OpenType, WOFF or WOFF2.
 *
 * @throws Error that says what was found instead, for anything else or a damaged file
 */
export function parseFont(bytes: Uint8Array): FontTables {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const tables = tablesOf(file);
    const names = namesOf(required(tables, "name"));
    const glyph = characterMap(required(tables, "cmap"));
    return {
      family: names.get(16) ?? names.get(1) ?? "",
      style: names.get(17) ?? names.get(2) ?? "",
      has: (character) => glyph(character.codePointAt(0) ?? 0) !== 0,
    };
  } catch (error) {
    // Buffer's reads throw RangeError beyond the end
    if (error instanceof RangeError) throw new Error("the font is cut off", { cause: error });
    throw error;
  }
}

type Tables = ReadonlyMap<string, Buffer>;

function required(tables: Tables, tag: string): Buffer {
  const table = tables.get(tag);
  if (table === undefined) throw new Error(`the font has no table "${tag}"`);
  return table;
}

function tablesOf(file: Buffer): Tables {
  const signature = file.length < 4 ? "" : file.toString("latin1", 0, 4);
  switch (signature) {
    case "\0\x01\0\0":
    case "OTTO":
    case "true":
      return sfntTables(file);
    case "wOFF":
      return woffTables(file);
    case "wOF2":
      return woff2Tables(file);
    case "ttcf":
      throw new Error("it is a collection of fonts; expected a single one");
    default:
      throw new Error(`expected a TrueType, OpenType, WOFF or WOFF2 font, got a file that begins with ${shown(file)}`);
  }
}

const shown = (file: Buffer): string => JSON.stringify(file.toString("latin1", 0, 4));

function slice(file: Buffer, offset: number, length: number): Buffer {
  if (offset + length > file.length) throw new RangeError("beyond the end");
  return file.subarray(offset, offset + length);
}

function sfntTables(file: Buffer): Tables {
  const tables = new Map<string, Buffer>();
  for (let i = 0; i < file.readUInt16BE(4); i++) {
    const at = 12 + 16 * i;
    const tag = file.toString("latin1", at, at + 4);
    if (WANTED.includes(tag)) tables.set(tag, slice(file, file.readUInt32BE(at + 8), file.readUInt32BE(at + 12)));
  }
  return tables;
}

const WANTED = ["name", "cmap"];

function woffTables(file: Buffer): Tables {
  const tables = new Map<string, Buffer>();
  for (let i = 0; i < file.readUInt16BE(12); i++) {
    const at = 44 + 20 * i;
    const tag = file.toString("latin1", at, at + 4);
    if (!WANTED.includes(tag)) continue;
    const [offset, packed, length] = [4, 8, 12].map((o) => file.readUInt32BE(at + o));
    const content = slice(file, offset, packed);
    tables.set(tag, packed < length ? inflateSync(content, { maxOutputLength: length }) : content);
  }
  return tables;
}

// Tags have numbers in WOFF2; these are the ones that matter here.
const WOFF2_TAGS: Readonly<Record<number, string>> = { 0: "cmap", 5: "name", 10: "glyf", 11: "loca" };

function woff2Tables(file: Buffer): Tables {
  let at = 48;
  // an unsigned number in groups of 7 bits, the most significant first
  const base128 = (): number => {
    let value = 0;
    for (let i = 0; i < 5; i++) {
      const byte = file.readUInt8(at++);
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
    throw new RangeError("a number of more than 5 bytes");
  };
  const entries: { tag: string; length: number }[] = [];
  for (let i = 0; i < file.readUInt16BE(12); i++) {
    const flags = file.readUInt8(at++);
    let tag = WOFF2_TAGS[flags & 63] ?? "";
    if ((flags & 63) === 63) {
      tag = file.toString("latin1", at, at + 4);
      at += 4;
    }
    const original = base128();
    // version 3 means "as it is" for outlines, version 0 for everything else
    const transformed = flags >> 6 !== (tag === "glyf" || tag === "loca" ? 3 : 0);
    entries.push({ tag, length: transformed ? base128() : original });
  }
  const total = entries.reduce((sum, { length }) => sum + length, 0);
  const content = brotliDecompressSync(slice(file, at, file.readUInt32BE(20)), { maxOutputLength: total });
  const tables = new Map<string, Buffer>();
  let offset = 0;
  for (const { tag, length } of entries) {
    tables.set(tag, slice(content, offset, length));
    offset += length;
  }
  return tables;
}

/** The names of a font by their number, in English where there is a choice. */
function namesOf(table: Buffer): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const ranks = new Map<number, number>();
  const strings = table.readUInt16BE(4);
  for (let i = 0; i < table.readUInt16BE(2); i++) {
    const at = 6 + 12 * i;
    const [platform, , language, name, length, offset] = [0, 2, 4, 6, 8, 10].map((o) => table.readUInt16BE(at + o));
    const rank = platform === 3 ? (language === 0x409 ? 3 : 1) : 2;
    const text = Buffer.from(slice(table, strings + offset, length));
    const value = platform === 1 ? text.toString("latin1") : utf16(text);
    // control characters would break a line of fonts.tsv
    const clean = value.replace(/[\p{Cc}\s]+/gu, " ").trim();
    if (clean !== "" && rank > (ranks.get(name) ?? 0)) {
      names.set(name, clean);
      ranks.set(name, rank);
    }
  }
  return names;
}

const utf16 = (bigEndian: Buffer): string =>
  bigEndian
    .subarray(0, bigEndian.length & ~1)
    .swap16()
    .toString("utf16le");

type CharacterMap = (code: number) => number;

/** The best Unicode map of a font: from a code point to a glyph's number, 0 for none. */
function characterMap(table: Buffer): CharacterMap {
  const maps: { rank: number; map: CharacterMap }[] = [];
  for (let i = 0; i < table.readUInt16BE(2); i++) {
    const [platform, encoding] = [table.readUInt16BE(4 + 8 * i), table.readUInt16BE(6 + 8 * i)];
    const isUnicode = platform === 0 || (platform === 3 && (encoding === 1 || encoding === 10));
    if (!isUnicode) continue;
    const subtable = table.subarray(table.readUInt32BE(8 + 8 * i));
    const format = subtable.readUInt16BE(0);
    if (format === 12) maps.push({ rank: 2, map: segmentedCoverage(subtable) });
    if (format === 4) maps.push({ rank: 1, map: segmentMapping(subtable) });
  }
  if (maps.length === 0) throw new Error("the font has no map from Unicode to its glyphs");
  return maps.reduce((best, next) => (next.rank > best.rank ? next : best)).map;
}

/** cmap format 4 */
function segmentMapping(table: Buffer): CharacterMap {
  const twice = table.readUInt16BE(6);
  return (code) => {
    for (let s = 0; s < twice; s += 2) {
      if (code > table.readUInt16BE(14 + s)) continue;
      const first = table.readUInt16BE(16 + twice + s);
      if (code < first) return 0;
      const delta = table.readUInt16BE(16 + 2 * twice + s);
      const at = 16 + 3 * twice + s;
      const range = table.readUInt16BE(at);
      if (range === 0) return (code + delta) & 0xffff;
      const glyph = table.readUInt16BE(at + range + 2 * (code - first));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}

/** cmap format 12 */
function segmentedCoverage(table: Buffer): CharacterMap {
  const groups = table.readUInt32BE(12);
  return (code) => {
    for (let i = 0; i < groups; i++) {
      const at = 16 + 12 * i;
      const first = table.readUInt32BE(at);
      if (code >= first && code <= table.readUInt32BE(at + 4)) return table.readUInt32BE(at + 8) + code - first;
    }
    return 0;
  };
}
