/** What a data set's pictures have beside bytes, and how they become bytes. */

import { join } from "node:path";
import { atOnce } from "../../../files/at-once.js";
import {
  NUMBER_KINDS,
  type NumberKind,
  type NumberRange,
  type Ranges,
  rangeFor,
} from "../../../values/number-ranges.js";
import { type Dataset, fewOf } from "../../sources/dataset.js";
import { decoderOf, formatByEnding, PICTURE_FORMATS } from "../formats/formats-file.js";
import type { TellPass } from "../passes.js";
import { type Extremes, withDeepPicture } from "./deep-file.js";
import { lookAtNumbers } from "./look-file.js";

/** How a data set's numbers are read. */
export interface DataRanges {
  readonly ranges: Ranges;
  /** what the user should know: which numbers are black and white, and of which pictures only a part is read */
  readonly notes: readonly string[];
}

/** The options of {@link findRanges}. */
export interface RangeOptions {
  /** the ranges that a model has; only for 16 bits one is found where it has none */
  readonly known?: Ranges;
  /** the only files that may have other numbers than bytes, or several pages, where that is known */
  readonly suspects?: ReadonlySet<string> | undefined;
  /** is told how many of how many files were looked at */
  readonly onProgress?: TellPass | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whole numbers above this need all 16 bits. */
const FOURTEEN_BITS = 2 ** 14 - 1;

/**
 * Looks at those pictures of a data set whose files may have other numbers than bytes, or several pages, and finds the range of each kind of
 * numbers, over all of its pictures (see {@link rangeFor}). Pictures that cannot be read are left to whoever decodes them.
 *
 * @throws the signal's reason
 */
export async function findRanges(
  dataset: Pick<Dataset, "root" | "items" | "packed">,
  { known, suspects, onProgress, signal }: RangeOptions = {},
): Promise<DataRanges> {
  const found: { readonly kind: NumberKind; readonly extremes: Extremes }[] = [];
  const [paged, extra]: [string[], string[]] = [[], []];
  const paths = dataset.packed ? [] : [...(suspects ?? new Set(dataset.items.map(({ path }) => path)))];
  let done = 0;
  await atOnce(paths, 16, async (path) => {
    signal?.throwIfAborted();
    onProgress?.(++done, paths.length, "looked for the range of");
    const facts = formatByEnding(path);
    if (facts === PICTURE_FORMATS.jpeg) return;
    try {
      const file = join(dataset.root, path);
      if (facts === PICTURE_FORMATS.gif || facts === PICTURE_FORMATS.webp) {
        if ((await decoderOf(file).metadata(file)).pages > 1) paged.push(path);
        return;
      }
      const look = await lookAtNumbers(file);
      if (look.otherPages > 0) paged.push(path);
      if (look.hasExtra) extra.push(path);
      const { kind } = look;
      // a model that knows no 16 bits takes them as any data set's are taken
      if (kind === undefined || (known && (known.uint16 || kind !== "uint16"))) return;
      // once all bits are needed, no other picture can change that
      const full =
        kind === "uint16" ? found.find((one) => one.kind === kind && one.extremes[1] > FOURTEEN_BITS) : undefined;
      found.push(
        full ?? {
          kind,
          extremes: await withDeepPicture(file, look, { bare: look.hasExtra ?? false }, (p) => p.extremes()),
        },
      );
    } catch {
      // whoever decodes it tells why it cannot be
    }
  });
  const { ranges, notes } = rangesFor(found, "picture");
  return { ranges: { ...known, ...ranges }, notes: [...notes, ...extraNotes(extra), ...pageNotes(paged)] };
}

function extraNotes(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const have = paths.length === 1 ? "1 picture has" : `${paths.length} pictures have`;
  return [
    `${have} a number more for each pixel than the colours need, and it is no opacity (tag 338 of the TIFF says so), such as near infrared: it is left out (${fewOf([...paths].sort())}).`,
  ];
}

function pageNotes(paged: readonly string[]): string[] {
  if (paged.length === 0) return [];
  const have = paged.length === 1 ? "1 picture has" : `${paged.length} pictures have`;
  return [`${have} several pages or frames: only the first is read (${fewOf([...paged].sort())}).`];
}

/**
 * One range for each kind of numbers, and what is said of it.
 *
 * @param what is read: "picture"
 */
export function rangesFor(
  found: readonly { readonly kind: NumberKind; readonly extremes: Extremes }[],
  what: string,
): DataRanges {
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  const ranges = new Map<NumberKind, NumberRange>();
  const notes: string[] = [];
  for (const kind of kinds) {
    const own = found.flatMap((one) => (one.kind === kind ? [one.extremes] : []));
    const least = own.reduce((low, [value]) => Math.min(low, value), Number.POSITIVE_INFINITY);
    const largest = own.reduce((high, [, value]) => Math.max(high, value), Number.NEGATIVE_INFINITY);
    const range = rangeFor(kind, least, largest);
    ranges.set(kind, range);
    const have = own.length === 1 ? `1 ${what} has` : `${own.length} ${what}s have`;
    const [from, to, black, white] = [least, largest, ...range].map(shortText);
    notes.push(
      `${have} ${NUMBER_KINDS[kind]}, from ${from} to ${to}: ${black} becomes black and ${white} white, in all of them.`,
    );
  }
  return { ranges: Object.fromEntries(ranges), notes };
}

/** A whole number as it is, another by six digits, three of them behind the point at least. */
const shortText = (value: number): string => {
  if (Number.isInteger(value)) return `${value}`;
  const before = Math.floor(Math.log10(Math.abs(value))) + 1;
  return `${Number(value.toPrecision(Math.max(6, before + 3)))}`;
};

/** What is said of pictures with numbers beyond the range that a model has. */
export function cutNote(count: number): string {
  const have = count === 1 ? "1 picture has" : `${count} pictures have`;
  return `${have} numbers beyond the range of those that the model was trained on: they count as black or white.`;
}
