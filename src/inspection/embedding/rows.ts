import type { Tensor } from "../../graph/types.js";

/** Numbers in rows, each a point. */
export interface Rows {
  readonly data: Float32Array;
  readonly count: number;
  /** how many numbers a row has */
  readonly width: number;
}

/**
 * A tensor as rows: the first dimension counts them, all others are one.
 *
 * @throws RangeError when there are fewer rows than `least`, they have no numbers, or a number is not finite
 */
export function rowsOf({ shape, data }: Tensor<"float32">, least: number): Rows {
  const count = shape[0] ?? 0;
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  if (count < least || width < 1 || data.length !== count * width) {
    const got = data.length === count * width ? shape.join("×") : `${data.length} numbers as ${shape.join("×")}`;
    throw new RangeError(`Expected at least ${least} rows of numbers, got ${got || "one number"}.`);
  }
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new RangeError(`Expected finite numbers, got ${data[wrong]} in row ${Math.floor(wrong / width)}.`);
  }
  return { data, count, width };
}

/** Lets others have a turn: signals arrive, pages are drawn. */
export const turn = (): Promise<void> => new Promise((go) => setTimeout(go, 0));
