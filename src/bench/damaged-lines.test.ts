import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { nodeEngine } from "../engine/node.js";
import { fromOnnx } from "../network/model/model.js";
import { characterErrorRate } from "../reading/character-error.js";
import { lineReader } from "../reading/read-line.js";
import { DAMAGES, damagedLines } from "./damaged-lines.js";

// Faces that were neither trained on nor looked at while reading was improved: that was done with Poppins, PT Sans, Roboto Slab, Source Serif
// and Vollkorn, and with other sentences.
const FACES = [
  "playfair-display-latin-400-normal",
  "roboto-latin-400-normal",
  "source-sans-3-latin-400-italic",
  "tinos-latin-400-normal",
  "ubuntu-latin-500-normal",
  "lato-latin-400-normal",
  "playfair-display-latin-400-italic",
  "tinos-latin-700-normal",
  "roboto-latin-300-italic",
].map((name) => `node_modules/@fontsource/${name.slice(0, name.indexOf("-latin"))}/files/${name}.woff2`);
const TEXTS = [
  "seven grey geese flew over the marsh",
  "the quick brown fox jumps over a lazy dog",
  "five wax candles burned in the chapel",
  "my uncle keeps bees behind his barn",
  "a jazz band played until midnight",
  "the committee will vote again in june",
  "her kite was caught by a strong wind",
];

// Each with a ligature in most of its words.
const WITH_LIGATURES = [
  "officers fled the fierce fire",
  "flat reefs affirm the gulf",
  "selfish bluffs fizzle and fail",
  "he sniffed the truffle field",
  "drafty rifles fill the loft",
];

describe("reading with the packaged model", () => {
  it("misreads at most 2 % of the characters of damaged lines", async () => {
    const reader = await lineReader(nodeEngine({ threads: 1 }), fromOnnx(await readFile("assets/ocr.onnx")));
    const pairs: [expected: string, read: string][] = [];
    for await (const { text, image } of damagedLines(FACES, TEXTS, 1, 1)) {
      pairs.push([text, (await reader.readAll(image)).text]);
    }
    await reader.close();
    const wrong = pairs.flatMap(([text, read], i) =>
      text === read ? [] : `${Object.keys(DAMAGES)[i]}: ${text} | ${read}`,
    );
    expect(pairs.length).toBeGreaterThanOrEqual(14);
    expect(characterErrorRate(pairs), wrong.join("\n")).toBeLessThanOrEqual(0.02);
  }, 300_000);

  it("reads ligatures", async () => {
    const reader = await lineReader(nodeEngine({ threads: 1 }), fromOnnx(await readFile("assets/ocr.onnx")));
    const sizes = Object.fromEntries([16, 32, 60].map((extent) => [`${extent} pixels`, { extent }]));
    const pairs: [expected: string, read: string][] = [];
    for await (const { text, image } of damagedLines(FACES.slice(0, 6), WITH_LIGATURES, 2, 2, sizes)) {
      pairs.push([text, (await reader.readAll(image)).text]);
    }
    await reader.close();
    expect(characterErrorRate(pairs), pairs.join("\n")).toBeLessThanOrEqual(0.03);
  }, 300_000);
});
