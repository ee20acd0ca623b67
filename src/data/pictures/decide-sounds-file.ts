/** How the sounds of a data set become samples of one length. */

import { join } from "node:path";
import { atOnce } from "../../files/at-once.js";
import { PREPROCESSING, type Preprocessing } from "../../values/preprocessing.js";
import { UsageError } from "../../values/usage-error.js";
import { type Dataset, fewOf } from "../sources/dataset.js";
import { decoderOf } from "./formats/formats-file.js";
import { explainUnreadable } from "./image-file.js";
import type { TellPass } from "./passes.js";

/** What is asked of sounds, and what of pictures, which sounds do not have. */
interface SoundOptions {
  readonly rate?: number;
  readonly seconds?: number;
  readonly size?: unknown;
  readonly fit?: unknown;
  readonly channels?: unknown;
  readonly onProgress?: TellPass;
  readonly signal?: AbortSignal;
}

/** Nothing of speech that tells words apart is above 8000 Hz. */
const HIGHEST_RATE = 16_000;
/** Sounds are made so many seconds long at most, unless more is asked for, and this share of them fits in. */
const LONGEST = 5;
const SHARE = 0.95;

/**
 * The rate and the length that sounds are brought to: as asked for, or their most frequent rate, at most 16000, and what 95 of 100 fit in, at most 5 seconds.
 *
 * @param breaks is told the number and the reason of each that cannot be opened
 * @throws UsageError when something was asked for that pictures alone have; Error when none can be opened
 */
export async function decideSounds(
  { items, root }: Dataset,
  { rate, seconds, size, fit, channels, signal, onProgress }: SoundOptions,
  breaks: (i: number, reason: string) => void,
): Promise<{ readonly preprocessing: Preprocessing; readonly notes: readonly string[] }> {
  const [wrong] = Object.entries({ size, fit, channels }).filter(([, value]) => value !== undefined);
  if (wrong)
    throw new UsageError(`${wrong[0]} is of pictures, and ${root} holds sounds, which have a rate and seconds.`);
  const found: { readonly rate: number; readonly seconds: number }[] = [];
  let done = 0;
  let first: string | undefined;
  await atOnce(items, 16, async ({ path }, i) => {
    signal?.throwIfAborted();
    onProgress?.(++done, items.length, "opened");
    try {
      const { width, rate: own = 1 } = await decoderOf(path).metadata(join(root, path));
      if (width > 0) found.push({ rate: own, seconds: width / own });
    } catch (error) {
      const reason = await explainUnreadable(join(root, path), error);
      first ??= `${path}: ${reason}`;
      breaks(i, reason);
    }
  });
  if (found.length === 0) {
    const few = fewOf(items.map(({ path }) => path));
    throw new Error(
      `None of the ${items.length} sounds in ${root} can be opened: ${few}. ${first ?? "They are empty"}.`,
    );
  }
  const usual = mostFrequent(found.map((sound) => sound.rate));
  const own = rate ?? Math.min(HIGHEST_RATE, usual);
  const lengths = found.map((sound) => sound.seconds).sort((a, b) => a - b);
  const fitting = lengths[Math.ceil(SHARE * lengths.length) - 1];
  const length = seconds ?? Math.min(LONGEST, Math.ceil(20 * fitting) / 20);
  const preprocessing = PREPROCESSING.make({
    ...{ width: Math.max(1, Math.round(length * own)), height: 2, channels: 1, fit: "crop", rate: own },
  });
  return { preprocessing, notes: [noteOf(lengths, length, own, found.filter((sound) => sound.rate !== own).length)] };
}

function noteOf(lengths: readonly number[], length: number, rate: number, resampled: number): string {
  const longer = lengths.filter((seconds) => seconds > length + 0.5 / rate).length;
  const others = resampled === 0 ? "" : `; ${resampled} with another rate ${resampled === 1 ? "is" : "are"} resampled`;
  const cut = longer === 0 ? "" : `Of ${longer} longer ones the middle is taken; `;
  return `Sounds are brought to ${Number(length.toFixed(3))} seconds of ${rate} samples${others}. ${cut}${cut === "" ? "S" : "s"}horter ones lie in the middle of silence.`;
}

/** Of equally frequent ones the largest. */
function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || b - a)[0][0];
}
