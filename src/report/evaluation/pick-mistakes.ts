import type { Samples } from "../../data/samples.js";
import type { Target } from "../../data/target.js";
import { type SampleImage, sampleImage } from "../../drawing/montage.js";
import { worstMistakes } from "../../evaluation/metrics/metrics.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";

/** Samples of which the report may say where they come from, such as letters of typefaces. */
export interface SourcedSamples<T extends Target = Target> extends Samples<T> {
  readonly typefaces?: readonly { readonly family: string; readonly style: string }[];
  /** what each sample is called, such as its file */
  readonly names?: readonly string[];
  /** the typeface of a sample */
  typeface?(index: number): { readonly family: string; readonly style: string };
}

/** A mistake with its picture. */
export interface PicturedMistake {
  readonly image: SampleImage;
  /** the class that it is of, and the one that it was taken for */
  readonly truth: string;
  readonly guess: string;
  /** how sure the network was, 0 … 1 */
  readonly confidence: number;
  /** where the picture comes from, such as its file */
  readonly source: string;
}

/**
 * The mistakes that a network was surest of, with their pictures. Of those that look the same, as in typefaces that share a letter, only the
 * first is taken.
 *
 * @param samples sample i is row i of the table
 * @param limit how many at most
 * @returns none where the samples have neither one channel nor three
 */
export function pickMistakes(table: ClassTable, samples: SourcedSamples, limit = WORST): PicturedMistake[] {
  const picked = new Map<string, PicturedMistake>();
  for (const { sample, truth, predicted, confidence } of worstMistakes(table)) {
    if (picked.size === limit) break;
    const image = sampleImage(samples, sample);
    if (!image) return [];
    const key = `${truth} ${predicted} ${Buffer.from(image.data).toString("latin1")}`;
    if (picked.has(key)) continue;
    const [is, guess] = [table.classes[truth], table.classes[predicted]];
    picked.set(key, { image, truth: is, guess, confidence, source: sourceOf(samples, sample) });
  }
  return [...picked.values()];
}

const WORST = 18;

/** The typeface of a sample, its file, or its number. */
function sourceOf(samples: SourcedSamples, index: number): string {
  const typeface = samples.typeface?.(index);
  if (!typeface) return samples.names?.[index] ?? `sample ${index}`;
  return typeface.style === "Regular" ? typeface.family : `${typeface.family} ${typeface.style}`;
}
