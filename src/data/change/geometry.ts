/** The geometry of jitter: one affine map and, where asked for, an elastic displacement. */

import { type Stream, stream } from "../../random/stream.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { Box } from "../sources/dataset.js";
import { type Displacement, displacementAt, elasticDisplacement } from "./elastic.js";
import type { JitterRange, JitterRanges } from "./jitter-description.js";

/** An affine map of shares of the width and the height: (u, v) → (a·u + b·v + c, d·u + e·v + f). */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** What was drawn for one picture. */
export interface DrawnGeometry {
  /** to the right and down, as shares of the width and the height */
  readonly shift: readonly [right: number, down: number];
  /** degrees counter-clockwise, quarter turns included */
  readonly rotate: number;
  readonly scale: number;
  readonly aspect: number;
  /** degrees */
  readonly shear: number;
  readonly mirror: { readonly horizontal: boolean; readonly vertical: boolean };
  /** the root mean square of the displacement, as a share */
  readonly elastic: number;
  readonly elasticSeed: number;
}

/** Where a picture's points go, and where each pixel of the result comes from. */
export interface Mapping {
  /** from a point of the picture to one of the result, without the elastic displacement */
  readonly forward: Affine;
  /** from a point of the result to one of the picture, without the elastic displacement */
  readonly backward: Affine;
  readonly displacement?: Displacement;
}

/** Uniform in an interval. */
export const drawBetween = (random: Stream, [low, high]: JitterRange): number => low + (high - low) * random.uniform();

/** A factor, uniform in its logarithm. */
export const drawFactor = (random: Stream, [low, high]: JitterRange): number => low * (high / low) ** random.uniform();

/** The random numbers of a picture's geometry: those of a seed, an epoch and an index, whatever else is jittered. */
export const geometryStream = (seed: number, epoch: number, index: number): Stream =>
  stream(seed, "jitter geometry", epoch, index);

/** Draws what happens to a picture. Each option takes its numbers whether it is used or not, so that none changes the others. */
export function drawGeometry(random: Stream, ranges: JitterRanges): DrawnGeometry {
  const { mirror } = ranges;
  const shift = [drawBetween(random, ranges.translate), drawBetween(random, ranges.translate)] as const;
  const turn = Math.floor(4 * random.uniform());
  const rotate = drawBetween(random, ranges.rotate) + (ranges.quarterTurns ? 90 * turn : 0);
  const scale = drawFactor(random, ranges.scale);
  const aspect = drawFactor(random, ranges.aspect);
  const shear = drawBetween(random, ranges.shear);
  const [horizontal, vertical] = [random.uniform() < 0.5, random.uniform() < 0.5];
  return {
    shift,
    rotate,
    scale,
    aspect,
    shear,
    mirror: {
      horizontal: horizontal && (mirror === "horizontal" || mirror === "both"),
      vertical: vertical && (mirror === "vertical" || mirror === "both"),
    },
    elastic: drawBetween(random, ranges.elastic),
    elasticSeed: Math.floor(2 ** 32 * random.uniform()),
  };
}

/**
 * The map of what was drawn. With p a point in pixels, m the picture's middle, and y downwards:
 *
 *     p' = m + shift + R(rotate) · L(shear) · diag(±scale·√aspect, ±scale/√aspect) · (p − m)
 *     R(θ) = (cos θ, sin θ; −sin θ, cos θ), L(φ) = (1, −tan φ; 0, 1)
 *
 * The elastic displacement d belongs to the result: the pixel at q shows what is at backward(q) + d(q).
 */
export function mappingOf(
  drawn: DrawnGeometry,
  { height, width }: Pick<ImageShape, "height" | "width">,
  smoothness: number,
): Mapping {
  const { shift, rotate, scale, aspect, shear, mirror, elastic, elasticSeed } = drawn;
  const [cos, sin, tan] = [cosineOfDegrees(rotate), cosineOfDegrees(rotate - 90), Math.tan((Math.PI / 180) * shear)];
  const across = (mirror.horizontal ? -scale : scale) * Math.sqrt(aspect);
  const down = (mirror.vertical ? -scale : scale) / Math.sqrt(aspect);
  // in pixels (p, q; r, s), then in shares
  const [p, q] = [cos * across, (sin - cos * tan) * down];
  const [r, s] = [-sin * across, (cos + sin * tan) * down];
  const [a, b, d, e] = [p, (q * height) / width, (r * width) / height, s];
  const [c, f] = [0.5 + shift[0] - 0.5 * (a + b), 0.5 + shift[1] - 0.5 * (d + e)];
  const determinant = a * e - b * d;
  const [A, B, D, E] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  return {
    forward: [a, b, c, d, e, f],
    backward: [A, B, -(A * c + B * f), D, E, -(D * c + E * f)],
    ...(elastic > 0 ? { displacement: elasticDisplacement(elastic, smoothness, elasticSeed) } : {}),
  };
}

/** The cosine of degrees, exact for multiples of 90. */
function cosineOfDegrees(degrees: number): number {
  const quarters = degrees / 90;
  return Number.isInteger(quarters) ? [1, 0, -1, 0][((quarters % 4) + 4) % 4] : Math.cos((Math.PI / 180) * degrees);
}

/** Where a point of the picture comes to, in shares. */
export function movePoint({ forward, displacement }: Mapping, u: number, v: number): readonly [number, number] {
  let [x, y] = applyAffine(forward, u, v);
  if (displacement === undefined) return [x, y];
  // q = forward(p − d(q)) by repetition: it converges as long as the displacement does not fold the picture
  for (let i = 0; i < 20; i++) {
    const [du, dv] = displacementAt(displacement, x, y);
    [x, y] = applyAffine(forward, u - du, v - dv);
  }
  return [x, y];
}

/** The smallest rectangle around the corners of a box where they come to, as far as it is inside of the picture; boxes are in pixels. */
export function moveBox(
  mapping: Mapping,
  { height, width }: Pick<ImageShape, "height" | "width">,
  { x, y, width: w, height: h }: Box,
): Box | undefined {
  const corners = [x, x + w].flatMap((right) =>
    [y, y + h].map((down) => movePoint(mapping, right / width, down / height)),
  );
  const [xs, ys] = [corners.map(([u]) => u * width), corners.map(([, v]) => v * height)];
  const [left, top] = [Math.max(0, Math.min(...xs)), Math.max(0, Math.min(...ys))];
  const [right, bottom] = [Math.min(width, Math.max(...xs)), Math.min(height, Math.max(...ys))];
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : undefined;
}

const applyAffine = ([a, b, c, d, e, f]: Affine, u: number, v: number): readonly [number, number] => [
  a * u + b * v + c,
  d * u + e * v + f,
];
