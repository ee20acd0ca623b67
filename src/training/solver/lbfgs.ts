/** The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno: the optimum of a smooth function from its slopes. */

import { expectInRange, expectWhole } from "../../values/range.js";

/** A function at a point. */
export interface Sloped {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** The options of {@link lbfgs}. */
export interface LbfgsOptions {
  /** the largest slope at which the search ends, as a share of the largest slope at the start, or as it is where that is below 1; 1e-6 */
  readonly tolerance?: number;
  /** the steps after which the search ends in any case; 1000 */
  readonly maximumSteps?: number;
  /** how many steps back the curvature is remembered; 10 */
  readonly memory?: number;
}

/** Where a search has ended. */
export interface Found {
  readonly point: Float64Array;
  readonly value: number;
  /** the largest of the slopes there, by size */
  readonly slope: number;
  readonly steps: number;
  /** whether the slope came below the tolerance; else the steps ran out, the function has a bend there, or its rounding hid the way down */
  readonly converged: boolean;
}

/** The defaults of {@link LbfgsOptions}. */
export const LBFGS_DEFAULTS = { tolerance: 1e-6, maximumSteps: 1000, memory: 10 } as const;

/** The options with their defaults. @throws RangeError for one that is out of range */
export function searchOptions({
  tolerance = LBFGS_DEFAULTS.tolerance,
  maximumSteps = LBFGS_DEFAULTS.maximumSteps,
  memory = LBFGS_DEFAULTS.memory,
}: LbfgsOptions): Required<LbfgsOptions> {
  expectInRange("tolerance", tolerance, { least: 0 });
  expectWhole("maximumSteps", [maximumSteps], 0);
  expectWhole("memory", [memory], 1);
  return { tolerance, maximumSteps, memory };
}

/** How many steps the search goes on without a lower value or a flatter slope: near a bend, or where rounding hides the way down. */
const PATIENCE = 20;

/** The share of a value that may be rounding: the functions are sums of single-precision numbers. */
const ROUNDING = 1e-7;

/** A step s and what it changed of the slope, y. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  /** 1 / sᵀy */
  readonly rho: number;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** a + t·b */
function plus(a: Float64Array, t: number, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i] + t * b[i];
  return result;
}

/** The largest number, by size. */
const size = (a: Float64Array): number => a.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/**
 * Goes down a smooth function to a point where it is level: the optimum, where the function is convex.
 *
 * Each step goes along p = −H g, where g is the slope and H an estimate of the inverse of the second derivatives, made from the last
 * steps s and the changes y of the slope that they brought (Liu and Nocedal 1989, the recursion of two loops). It is as long as
 * Wolfe's conditions want it: the function falls by a share of what the slope promises, and the slope by a share of itself.
 *
 * @param objective value and slopes at a point
 * @param start where the search begins; it is left as it is
 * @throws RangeError when an option is out of range, or the function is not finite at the start
 * @example
 * const bowl = (x: Float64Array) => Promise.resolve({ value: (x[0] - 3) ** 2, gradient: Float64Array.of(2 * (x[0] - 3)) });
 * const { point } = await lbfgs(bowl, Float64Array.of(0));
 * point; // [3]
 */
export async function lbfgs(
  objective: (point: Float64Array) => Promise<Sloped>,
  start: Float64Array,
  options: LbfgsOptions = {},
): Promise<Found> {
  const { tolerance, maximumSteps, memory } = searchOptions(options);
  let point: Float64Array = start.slice();
  let here = await objective(point);
  if (!Number.isFinite(here.value)) throw new RangeError(`The objective is ${here.value} where the search begins.`);
  const enough = tolerance * Math.max(1, size(here.gradient));
  const pairs: Pair[] = [];
  let steps = 0;
  let best = { step: 0, value: here.value, slope: size(here.gradient) };
  const found = (converged: boolean): Found => ({
    point,
    value: here.value,
    slope: size(here.gradient),
    steps,
    converged,
  });
  while (size(here.gradient) > enough) {
    if (steps >= maximumSteps || steps - best.step >= PATIENCE) return found(false);
    const first = pairs.length === 0;
    const direction = downhill(here.gradient, pairs);
    const next = await alongWolfe(objective, point, here, direction, first ? 1 / Math.max(1, size(here.gradient)) : 1);
    if (!next && first) return found(false);
    // Where an estimate of the curvature leads nowhere, the next step goes straight down.
    if (!next) pairs.length = 0;
    else {
      const [s, y] = [plus(next.point, -1, point), plus(next.gradient, -1, here.gradient)];
      const curvature = dot(s, y);
      if (curvature > 0) pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > memory) pairs.shift();
      ({ point } = next);
      here = next;
      steps++;
      const slope = size(here.gradient);
      const better = here.value < best.value - ROUNDING * Math.abs(best.value) || slope < 0.9 * best.slope;
      if (better) best = { step: steps, value: Math.min(here.value, best.value), slope: Math.min(slope, best.slope) };
    }
  }
  return found(true);
}

/** −H g by the recursion of two loops, H beginning as (sᵀy / yᵀy)·I of the newest step. */
function downhill(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  let q: Float64Array = gradient.map((v) => -v);
  const shares = new Map<Pair, number>();
  for (const pair of [...pairs].reverse()) {
    const share = pair.rho * dot(pair.s, q);
    shares.set(pair, share);
    q = plus(q, -share, pair.y);
  }
  const newest = pairs.at(-1);
  const scale = newest ? 1 / (newest.rho * dot(newest.y, newest.y)) : 1;
  q = q.map((v) => scale * v);
  for (const pair of pairs) q = plus(q, (shares.get(pair) ?? 0) - pair.rho * dot(pair.y, q), pair.s);
  return q;
}

/** Armijo's share c₁ of the promised fall, Wolfe's share c₂ of the slope that may be left, and how much rounding may raise a value. */
const WOLFE = { fall: 1e-4, slope: 0.9, rounding: 1e-6 } as const;

/**
 * A point t·p ahead with f(t) ≤ f(0) + c₁·t·f′(0) and f′(t) ≥ c₂·f′(0), found by doubling and halving. Near the optimum a fall drowns in
 * the rounding of f, while slopes are still exact: there f′(t) ≤ (2c₁ − 1)·f′(0) stands for the first condition, which says
 * the same of a parabola (Hager and Zhang 2005).
 *
 * @returns undefined where there is none
 */
async function alongWolfe(
  objective: (point: Float64Array) => Promise<Sloped>,
  point: Float64Array,
  { value, gradient }: Sloped,
  direction: Float64Array,
  first: number,
): Promise<(Sloped & { readonly point: Float64Array }) | undefined> {
  const slope = dot(gradient, direction);
  if (!(slope < 0)) return undefined;
  let [low, high, t] = [0, Number.POSITIVE_INFINITY, first];
  for (let trial = 0; trial < 40; trial++) {
    const at = plus(point, t, direction);
    const there = await objective(at);
    const rise = dot(there.gradient, direction);
    const falls = there.value <= value + WOLFE.fall * t * slope;
    const level = there.value <= value + WOLFE.rounding * Math.abs(value) && rise <= (2 * WOLFE.fall - 1) * slope;
    if (!(falls || level)) high = t;
    else if (rise < WOLFE.slope * slope) low = t;
    else return { ...there, point: at };
    t = high < Number.POSITIVE_INFINITY ? (low + high) / 2 : 2 * t;
  }
  return undefined;
}
