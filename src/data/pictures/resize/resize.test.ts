import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RESAMPLINGS } from "../../../values/preprocessing.js";
import { resizeImage } from "./resize.js";

// real Pillow, TensorFlow, OpenCV, Octave and torch: see make-resize.py
interface Case {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly to: readonly [number, number];
  readonly image: string;
  readonly results: Readonly<Record<string, string>>;
}
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(readFileSync("test/fixtures/resize.json", "utf8"));
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
const rules = RESAMPLINGS.filter((rule) => rule !== "lanczos3");

describe.each(rules)("%s is equal to a 255th to what is computed by", (rule) => {
  const names = [...new Set(cases.flatMap(({ results }) => Object.keys(results)))].filter(
    (name) => name.split(" ")[0] === rule,
  );
  test.each(names.length > 0 ? names : [`${rule}: nothing`])("%s", (name) => {
    for (const { height, width, channels, to, image, results } of cases) {
      if (results[name] === undefined) continue;
      const got = resizeImage({ height, width, channels, data: bytes(image) }, { height: to[0], width: to[1] }, rule);
      const expected = bytes(results[name]);
      let most = 0;
      for (const [i, byte] of got.data.entries()) {
        most = Math.max(most, Math.abs(byte - expected[i]));
      }
      expect(most).toBeLessThanOrEqual(1);
    }
  });
});
