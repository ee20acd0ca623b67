/** How well lines of text are read. */

import { createRequire } from "node:module";
import { drawLine } from "../data/letters/draw-line-file.js";
import type { Engine } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import type { TrainedModel } from "../network/model/model.js";
import { characterErrorRate } from "../reading/character-error.js";
import { lineReader } from "../reading/read-line.js";
import { SENTENCES } from "./sentences.js";

/** Ten typefaces for text, all in the validation part of the packaged letters; each is a package of `@fontsource`. */
export const TYPEFACES: readonly string[] = [
  "playfair-display",
  "poppins",
  "pt-sans",
  "roboto",
  "roboto-slab",
  "source-sans-3",
  "source-serif-4",
  "tinos",
  "ubuntu",
  "vollkorn",
];

/** How well a model reads. */
export interface ReadingMeasure {
  /** over all sentences and typefaces, spaces included */
  readonly characterErrorRate: number;
  readonly byTypeface: Readonly<Record<string, number>>;
}

/**
 * The character error rate on {@link SENTENCES} in ten typefaces that were not trained on.
 *
 * @param extent how large the letters are drawn, in pixels from the highest ascent to the deepest descent; 28, as in training,
 *   makes pictures 32 pixels high
 * @throws Error when the typefaces' packages are not installed
 */
export async function measureReading(
  model: TrainedModel,
  { extent = 28, engine = nodeEngine() }: { readonly extent?: number; readonly engine?: Engine } = {},
): Promise<ReadingMeasure> {
  const { resolve } = createRequire(import.meta.url);
  const reader = await lineReader(engine, model);
  try {
    const all: (readonly [string, string])[] = [];
    const byTypeface: Record<string, number> = {};
    for (const typeface of TYPEFACES) {
      const font = resolve(`@fontsource/${typeface}/files/${typeface}-latin-400-normal.woff2`);
      const pairs: (readonly [string, string])[] = [];
      for (const sentence of SENTENCES) {
        const { text } = await reader.read(await drawLine(sentence, font, { extent }));
        pairs.push([sentence, text]);
      }
      byTypeface[typeface] = characterErrorRate(pairs);
      all.push(...pairs);
    }
    return { characterErrorRate: characterErrorRate(all), byTypeface };
  } finally {
    await reader.close();
  }
}
