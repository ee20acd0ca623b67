import { type Dataset, keyOf, type Part } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import { permutation, stream } from "../../random/stream.js";

/** Which pictures say in which ranges the numbers of a network lie, and which are measured: indices into the data set, rising. */
export interface DividedPictures {
  readonly calibration: readonly number[];
  readonly measured: readonly number[];
  /** where those for the ranges come from, in words */
  readonly from: string;
}

/**
 * Draws the pictures for the ranges: from the training part where there is one, else from all; never from those that are measured.
 *
 * @param broken the names of pictures that cannot be decoded
 * @throws RangeError when no picture is left for the ranges, or the part that was asked for has none
 */
export function divideForCalibration(
  { items }: Pick<Dataset, "items">,
  broken: ReadonlySet<string>,
  asked: {
    readonly calibration: number;
    readonly seed: number;
    readonly part?: Part | undefined;
    readonly split: Split | undefined;
  },
): DividedPictures {
  const whole = (indices: readonly number[]): number[] => indices.filter((i) => !broken.has(keyOf(items[i])));
  const partOf = (part: Part): number[] =>
    whole(asked.split ? asked.split[part] : items.flatMap((item, i) => (item.split === part ? i : [])));
  const training = partOf("training");
  const hasParts = training.length > 0 && (asked.split !== undefined || items.some(({ split }) => split !== undefined));
  const all = whole(items.map((_, i) => i));
  const pool = hasParts ? training : all;
  const others = all.filter((i) => !hasParts || !training.includes(i));
  const part = asked.part ?? (asked.split ? "validation" : undefined);
  const wanted = part === undefined ? (hasParts && others.length > 0 ? others : all) : partOf(part);
  if (asked.part !== undefined && wanted.length === 0) {
    throw new RangeError(`There is no picture to measure in the ${asked.part} part.`);
  }
  // Where both are of the same pictures, at least half of them are left to be measured.
  const shared = new Set(wanted);
  const most = pool.some((i) => shared.has(i)) ? Math.max(1, Math.floor(pool.length / 2)) : pool.length;
  const order = permutation(pool.length, stream(asked.seed, "calibration"));
  const calibration = Array.from(order.subarray(0, Math.min(asked.calibration, most)), (i) => pool[i]).sort(
    (a, b) => a - b,
  );
  if (calibration.length === 0) throw new RangeError("There is no picture to find ranges on.");
  const taken = new Set(calibration);
  return {
    calibration,
    measured: wanted.filter((i) => !taken.has(i)),
    from: hasParts ? "of the training part" : pool.length === 1 ? "the only one" : `of all ${pool.length}`,
  };
}
