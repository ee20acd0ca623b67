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
import { type Extremes, withDeepPicture } from "./deep-file.js";
import { lookAtNumbers } from "./look-file.js";

/** How a data set's numbers are read. */
export interface DataRanges {
  readonly ranges: Ranges;
  /** what the user should know: which numbers are black and white, and of which pictures only a part is read */
  readonly notes: readonly string[];
}

/** Whole numbers above this need all 16 bits. */
const FOURTEEN_BITS = 2 ** 14 - 1;

/**
 * Looks at those pictures of a data set whose files may have other numbers than bytes, or several pages, and finds the range of each kind of
 * numbers, over all of its pictures (see {@link rangeFor}). Pictures that cannot be read are left to whoever decodes them.
 *
 * @param known the ranges that a model has; only for 16 bits one is found where it has none
 * @throws the signal's reason
 */
export async function findRanges(dataset: Dataset, known?: Ranges, signal?: AbortSignal): Promise<DataRanges> {
  const found = new Map<NumberKind, { readonly extremes: Extremes; readonly count: number }>();
  const paged: string[] = [];
  const paths = [...new Set(dataset.packed ? [] : dataset.items.map(({ path }) => path))];
  await atOnce(paths, 16, async (path) => {
    signal?.throwIfAborted();
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
      const { kind } = look;
      // a model that knows no 16 bits takes them as any data set's are taken
      if (kind === undefined || (known && (known.uint16 || kind !== "uint16"))) return;
      // once all bits are needed, no other picture can change that
      const needsAll = kind === "uint16" && (found.get(kind)?.extremes[1] ?? 0) > FOURTEEN_BITS;
      const own = needsAll
        ? found.get(kind)?.extremes
        : await withDeepPicture(file, look, undefined, (p) => p.extremes());
      const before = found.get(kind) ?? { extremes: own ?? [0, 0], count: 0 };
      const [least, largest] = own ?? before.extremes;
      found.set(kind, {
        extremes: [Math.min(before.extremes[0], least), Math.max(before.extremes[1], largest)],
        count: before.count + 1,
      });
    } catch {
      // whoever decodes it tells why it cannot be
    }
  });
  const ranges = Object.fromEntries([...found].map(([kind, { extremes }]) => [kind, rangeFor(kind, ...extremes)]));
  const notes = [...found].flatMap(([kind, { extremes, count }]) => {
    const range = rangeFor(kind, ...extremes);
    return kind === "uint16" && range[1] === 65535 ? [] : [rangeNote(kind, extremes, range, count)];
  });
  if (paged.length > 0) {
    const have = paged.length === 1 ? "1 picture has" : `${paged.length} pictures have`;
    notes.push(`${have} several pages or frames: only the first is read (${fewOf(paged.sort())}).`);
  }
  return { ranges: { ...known, ...ranges }, notes };
}

const rangeNote = (kind: NumberKind, [least, largest]: Extremes, [black, white]: NumberRange, count: number): string =>
  `${count === 1 ? "1 picture has" : `${count} pictures have`} ${NUMBER_KINDS[kind]}, from ${shortText(least)} to ${shortText(largest)}: ${shortText(black)} becomes black and ${shortText(white)} white, in all of them.`;

const shortText = (value: number): string => `${Number(value.toPrecision(6))}`;

/** What is said of pictures with numbers beyond the range that a model has. */
export function cutNote(count: number): string {
  const have = count === 1 ? "1 picture has" : `${count} pictures have`;
  return `${have} numbers beyond the range of those that the model was trained on: they count as black or white.`;
}
