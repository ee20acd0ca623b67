/** What might have stood where pixels are taken away. */

import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { Stream } from "../../random/stream.js";

/** The neighbours of a pixel and how much each counts: those beside it twice as much as those at its corners. */
const NEIGHBOURS = [-1, 0, 1].flatMap((down) =>
  [-1, 0, 1]
    .filter((across) => down !== 0 || across !== 0)
    .map((across) => ({ down, across, weight: down === 0 || across === 0 ? 1 / 6 : 1 / 12 })),
);

const WEIGHTS = Float64Array.from(NEIGHBOURS, ({ weight }) => weight);

/** Equations are solved until the rest is this small a share of what it was. */
const REST = 1e-5;

/** How {@link imputed} fills in. */
export interface ImputationOptions {
  /** deviation of the noise, in bytes; none unless given */
  readonly noise?: number;
  /** needed for noise */
  readonly random?: Stream;
}

/**
 * Noisy linear imputation (Rong et al. 2022): each pixel that is taken away is the mean of its eight neighbours,
 *
 *   x = Σ w · neighbour / Σ w,   w = 1/6 beside it, 1/12 at its corners, within the picture
 *
 * all such pixels at once (by conjugate gradients), and some noise. So the shape of what is taken away is hardly seen, which a grey patch would show.
 *
 * @param picture 1×C×H×W
 * @param isGone for each pixel, 1 where it is taken away
 * @returns 1×C×H×W; where nothing is left, the mean of each channel
 * @example
 * imputed(float32([8, 0, 6], [1, 1, 1, 3]), Uint8Array.of(0, 1, 0)).data; // [8, 7, 6]
 */
export function imputed(
  picture: Tensor<"float32">,
  isGone: Uint8Array,
  { noise = 0, random }: ImputationOptions = {},
): Tensor<"float32"> {
  const [, channels, height, width] = picture.shape;
  const area = height * width;
  const data = Float32Array.from(picture.data);
  const gone = [...isGone.keys()].filter((i) => isGone[i] === 1);
  const equations = gone.length < area ? equationsOf(isGone, gone, { height, width }) : undefined;
  for (let c = 0; c < channels; c++) {
    const own = data.subarray(c * area, (c + 1) * area);
    const mean = own.reduce((sum, value) => sum + value / area, 0);
    const found = equations ? solved(equations, own, gone) : gone.map(() => mean);
    gone.forEach((i, k) => {
      own[i] = found[k] + (random && noise > 0 ? noise * random.normal() : 0);
    });
  }
  return float32(data, picture.shape);
}

/** For each pixel that is taken away, the sum of its neighbours' weights, and which of them are known, which unknown. */
interface Equations {
  readonly sums: Float64Array;
  /** eight pixels for each equation; the count of all stands for none: what is not known, or beyond the picture */
  readonly known: Int32Array;
  /** eight equations for each; the count of all stands for none */
  readonly unknown: Int32Array;
}

function equationsOf(
  isGone: Uint8Array,
  gone: readonly number[],
  { height, width }: { readonly height: number; readonly width: number },
): Equations {
  const numbers = new Int32Array(isGone.length);
  gone.forEach((i, k) => {
    numbers[i] = k;
  });
  const sums = new Float64Array(gone.length);
  const known = new Int32Array(8 * gone.length).fill(isGone.length);
  const unknown = new Int32Array(8 * gone.length).fill(gone.length);
  gone.forEach((i, k) => {
    const [y, x] = [Math.floor(i / width), i % width];
    NEIGHBOURS.forEach(({ down, across, weight }, j) => {
      const [row, column] = [y + down, x + across];
      if (row < 0 || row >= height || column < 0 || column >= width) return;
      const other = row * width + column;
      sums[k] += weight;
      if (isGone[other] === 1) unknown[8 * k + j] = numbers[other];
      else known[8 * k + j] = other;
    });
  });
  return { sums, known, unknown };
}

/** The weighted sum of eight values for each equation; the last value is 0. */
function gathered(values: Float64Array, places: Int32Array): Float64Array {
  const result = new Float64Array(places.length / 8 + 1);
  for (let k = 0, at = 0; at < places.length; k++) {
    let sum = 0;
    for (let j = 0; j < 8; j++) sum += WEIGHTS[j] * values[places[at++]];
    result[k] = sum;
  }
  return result;
}

/** Conjugate gradients, from the mean of what is known: the equations are symmetric and positive. Arrays have a 0 behind their numbers. */
function solved({ sums, known, unknown }: Equations, values: Float32Array, gone: readonly number[]): Float64Array {
  const count = gone.length;
  const applied = (x: Float64Array): Float64Array => {
    const result = gathered(x, unknown);
    for (let k = 0; k < count; k++) result[k] = sums[k] * x[k] - result[k];
    return result;
  };
  const right = gathered(withZero(values), known);
  const weights = gathered(withZero(new Float32Array(values.length).fill(1)), known);
  const x = new Float64Array(count + 1).fill(total(right) / total(weights));
  x[count] = 0;
  const rest = applied(x);
  for (let k = 0; k < count; k++) rest[k] = right[k] - rest[k];
  const direction = Float64Array.from(rest);
  let size = product(rest, rest);
  const enough = size * REST * REST;
  for (let step = 0; step < count && size > enough; step++) {
    const image = applied(direction);
    const far = size / product(image, direction);
    for (let k = 0; k < count; k++) {
      x[k] += far * direction[k];
      rest[k] -= far * image[k];
    }
    const next = product(rest, rest);
    for (let k = 0; k < count; k++) direction[k] = rest[k] + (next / size) * direction[k];
    size = next;
  }
  return x;
}

function withZero(values: Float32Array): Float64Array {
  const result = new Float64Array(values.length + 1);
  result.set(values);
  return result;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
