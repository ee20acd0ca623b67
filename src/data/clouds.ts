/** Points of the plane as samples: the smallest data on which a network can be understood. */

import { type Stream, stream } from "../random/stream.js";
import { expectWhole } from "../values/range.js";
import type { Samples } from "./samples.js";
import { type ClassTarget, classTarget } from "./target.js";

/** One unit of the plane in bytes, and the byte of 0. */
const [UNIT, ORIGIN] = [32, 128];

/** What makes the bytes of a point its coordinates: x = (byte − 128) / 32, from −4 to 4. */
export const POINT_NORMALIZATION = { mean: [ORIGIN, ORIGIN], scale: 1 / UNIT } as const;

/** Where a class has its points. */
type Place = (random: Stream) => readonly [number, number];

/** Samples of 2×1×1, the classes in turn; each point has random numbers of its own. */
function pointsAt(places: readonly Place[], what: string, count: number, seed: number): Samples<ClassTarget> {
  expectWhole("count", [count], 1);
  const labels = Int32Array.from({ length: count }, (_, i) => i % places.length);
  const bytes = new Uint8Array(2 * count);
  labels.forEach((label, i) => {
    const point = places[label](stream(seed, what, i));
    point.forEach((x, axis) => {
      bytes[2 * i + axis] = Math.min(255, Math.max(0, Math.round(ORIGIN + UNIT * x)));
    });
  });
  return {
    count,
    shape: { channels: 2, height: 1, width: 1 },
    target: classTarget(
      places.map((_, i) => `${i}`),
      labels,
    ),
    read: (index, _, into, offset) => into.set(bytes.subarray(2 * index, 2 * index + 2), offset),
  };
}

/**
 * Clouds of points around places that lie evenly on a circle: x = 1.5·(cos α, sin α) + 0.8·N(0, 1). Lines can separate
 * them but for a few points. A point is an image of one pixel, its coordinates are the channels; see {@link POINT_NORMALIZATION}.
 *
 * @param count how many points in all, the classes in turn
 * @param options.classes how many clouds; 2
 * @param options.seed 1
 * @throws RangeError when a count is not a whole number in its range
 * @example
 * const { target } = clouds(6, { classes: 3 });
 * target.labels; // [0, 1, 2, 0, 1, 2]
 */
export function clouds(
  count: number,
  { classes = 2, seed = 1 }: { readonly classes?: number; readonly seed?: number } = {},
): Samples<ClassTarget> {
  expectWhole("classes", [classes], 2);
  const places = Array.from({ length: classes }, (_, k): Place => {
    const angle = Math.PI * (0.25 + (2 * k) / classes);
    return (random) => [1.5 * Math.cos(angle) + 0.8 * random.normal(), 1.5 * Math.sin(angle) + 0.8 * random.normal()];
  });
  return pointsAt(places, "clouds", count, seed);
}

/**
 * A disk of points, class 0, in a ring of others, class 1: radii 0.8 + 0.3·N(0, 1) and 2.6 + 0.3·N(0, 1). No line separates them.
 *
 * @param count how many points in all, the classes in turn
 * @param options.seed 1
 * @throws RangeError when the count is not a whole number of at least 1
 * @example
 * rings(200).shape; // {"channels": 2, "height": 1, "width": 1}
 */
export function rings(count: number, { seed = 1 }: { readonly seed?: number } = {}): Samples<ClassTarget> {
  const places = [0.8, 2.6].map((middle): Place => {
    return (random) => {
      const radius = middle + 0.3 * random.normal();
      const angle = 2 * Math.PI * random.uniform();
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    };
  });
  return pointsAt(places, "rings", count, seed);
}
