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

/** Equations are solved until the rest is this small a share of what it was. */
const REST = 1e-6;

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

/** For each pixel that is taken away, the sum of its neighbours' weights; and which neighbours are known, which unknown. */
interface Equations {
  readonly sums: Float64Array;
  /** equation, pixel, weight */
  readonly known: readonly (readonly [number, number, number])[];
  /** equation, equation, weight */
  readonly unknown: readonly (readonly [number, number, number])[];
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
  const [known, unknown]: [number, number, number][][] = [[], []];
  gone.forEach((i, k) => {
    const [y, x] = [Math.floor(i / width), i % width];
    for (const { down, across, weight } of NEIGHBOURS) {
      const [row, column] = [y + down, x + across];
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const other = row * width + column;
      sums[k] += weight;
      if (isGone[other] === 1) unknown.push([k, numbers[other], weight]);
      else known.push([k, other, weight]);
    }
  });
  return { sums, known, unknown };
}

/** Conjugate gradients, from the mean of what is known: the equations are symmetric and positive. */
function solved({ sums, known, unknown }: Equations, values: Float32Array, gone: readonly number[]): Float64Array {
  const right = new Float64Array(gone.length);
  let [total, weights] = [0, 0];
  for (const [k, pixel, weight] of known) {
    right[k] += weight * values[pixel];
    total += weight * values[pixel];
    weights += weight;
  }
  const applied = (x: Float64Array): Float64Array => {
    const result = x.map((value, k) => sums[k] * value);
    for (const [k, other, weight] of unknown) result[k] -= weight * x[other];
    return result;
  };
  const x = new Float64Array(gone.length).fill(total / weights);
  const rest = applied(x).map((value, k) => right[k] - value);
  const direction = Float64Array.from(rest);
  let size = squared(rest);
  const enough = size * REST * REST;
  for (let step = 0; step < gone.length && size > enough; step++) {
    const image = applied(direction);
    const far = size / image.reduce((sum, value, k) => sum + value * direction[k], 0);
    for (let k = 0; k < x.length; k++) {
      x[k] += far * direction[k];
      rest[k] -= far * image[k];
    }
    const next = squared(rest);
    for (let k = 0; k < x.length; k++) direction[k] = rest[k] + (next / size) * direction[k];
    size = next;
  }
  return x;
}

const squared = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
