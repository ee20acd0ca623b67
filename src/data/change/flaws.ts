/** Blur, noise and erasing: what a lens, a sensor and things in between do to a picture. */

import type { Stream } from "../../random/stream.js";
import type { ImageShape } from "../../values/image-shape.js";
import { randomBits } from "./elastic.js";
import { drawBetween, drawFactor } from "./geometry.js";
import type { JitterRanges } from "./jitter-description.js";

/** A rectangle of pixels. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What was drawn for the flaws of one picture. */
export interface DrawnFlaws {
  /** the Gaussian's deviation in pixels */
  readonly blur: number;
  /** the deviation of the noise, as a share of 255 */
  readonly noise: number;
  /** the rectangle's share of the area, its width by its height, and where it is of all places that it can be at, 0 … 1 */
  readonly erase: { readonly share: number; readonly aspect: number; readonly place: readonly [number, number] };
  /** of the noise and of the bytes in the rectangle */
  readonly seed: number;
}

/** Draws a picture's flaws; see {@link drawGeometry}. */
export function drawFlaws(random: Stream, ranges: JitterRanges): DrawnFlaws {
  const [blur, noise, share] = [
    drawBetween(random, ranges.blur),
    drawBetween(random, ranges.noise),
    drawBetween(random, ranges.erase),
  ];
  const aspect = drawFactor(random, [1 / 3, 3]);
  const place = [random.uniform(), random.uniform()] as const;
  return { blur, noise, erase: { share, aspect, place }, seed: Math.floor(2 ** 32 * random.uniform()) };
}

/** Gives pictures of one shape their flaws, in their place: blur, then noise, then the erased rectangle. */
export function flawAdder(shape: ImageShape): (bytes: Uint8Array, offset: number, drawn: DrawnFlaws) => void {
  const size = shape.channels * shape.height * shape.width;
  const blur = blurrer(shape);
  return (bytes, offset, drawn) => {
    if (drawn.blur > 0) blur(bytes, offset, drawn.blur);
    const bits = randomBits(drawn.seed);
    if (drawn.noise > 0) addNoise(bytes, offset, size, drawn.noise, bits);
    if (drawn.erase.share > 0) eraseRectangle(bytes, offset, shape, rectangleOf(shape, drawn.erase), bits);
  };
}

/** Convolution with a Gaussian, columns then rows, with weights in 65536ths; beyond the border are the outermost pixels. */
function blurrer({
  channels,
  height,
  width,
}: ImageShape): (bytes: Uint8Array, offset: number, deviation: number) => void {
  const area = height * width;
  // a plane with so many more rows, and a row with so many more pixels, at both ends
  let tall = new Uint8Array(0);
  let wide = new Uint8Array(0);
  return (bytes, offset, deviation) => {
    const kernel = gaussianKernel(deviation);
    const radius = (kernel.length - 1) / 2;
    if (tall.length < (height + 2 * radius) * width) tall = new Uint8Array((height + 2 * radius) * width);
    if (wide.length < width + 2 * radius) wide = new Uint8Array(width + 2 * radius);
    for (let plane = offset; plane < offset + channels * area; plane += area) {
      for (let y = -radius; y < height + radius; y++) {
        const from = plane + Math.min(Math.max(y, 0), height - 1) * width;
        const to = (y + radius) * width;
        for (let x = 0; x < width; x++) tall[to + x] = bytes[from + x];
      }
      for (let y = 0; y < height; y++) {
        const row = (y + radius) * width;
        for (let x = 0; x < width; x++) wide[radius + x] = weighNeighbours(tall, row + x, width, kernel, radius);
        wide.fill(wide[radius], 0, radius);
        wide.fill(wide[radius + width - 1], radius + width, width + 2 * radius);
        const out = plane + y * width;
        for (let x = 0; x < width; x++) bytes[out + x] = weighNeighbours(wide, radius + x, 1, kernel, radius);
      }
    }
  };
}

/** The weighed mean of a byte and its neighbours at both sides, `step` apart. */
function weighNeighbours(bytes: Uint8Array, at: number, step: number, kernel: Int32Array, radius: number): number {
  let sum = 32768 + kernel[radius] * bytes[at];
  for (let k = 1, d = step; k <= radius; k++, d += step) sum += kernel[radius + k] * (bytes[at - d] + bytes[at + d]);
  return sum >> 16;
}

/** The weights of a Gaussian in 65536ths, which are their sum; as far as 3 deviations. */
export function gaussianKernel(deviation: number): Int32Array {
  const radius = Math.ceil(3 * deviation);
  const values = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / deviation) ** 2));
  const sum = values.reduce((a, b) => a + b, 0);
  const kernel = Int32Array.from(values, (value) => Math.round((65536 * value) / sum));
  kernel[radius] += 65536 - kernel.reduce((a, b) => a + b, 0);
  return kernel;
}

/** The sum of four random bytes has variance 4·(256² − 1)/12, and is as good as normal: its kurtosis is 2.7 in the place of 3. */
const NOISE_DEVIATION = Math.sqrt((256 ** 2 - 1) / 3);

function addNoise(bytes: Uint8Array, offset: number, size: number, deviation: number, bits: () => number): void {
  const scale = Math.round((65536 * 255 * deviation) / NOISE_DEVIATION);
  for (let i = offset; i < offset + size; i++) {
    const b = bits();
    const sum = (b & 255) + ((b >>> 8) & 255) + ((b >>> 16) & 255) + (b >>> 24) - 510;
    const value = bytes[i] + ((sum * scale + 32768) >> 16);
    bytes[i] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

/** A rectangle of an area and an aspect, as far as it fits, in whole pixels. */
export function rectangleOf(
  { height, width }: Pick<ImageShape, "height" | "width">,
  { share, aspect, place }: DrawnFlaws["erase"],
): Rectangle {
  const area = share * height * width;
  const w = Math.min(width, Math.round(Math.sqrt(area * aspect)));
  const h = Math.min(height, Math.round(Math.sqrt(area / aspect)));
  const [x, y] = [Math.floor(place[0] * (width - w + 1)), Math.floor(place[1] * (height - h + 1))];
  return { x, y, width: w, height: h };
}

function eraseRectangle(
  bytes: Uint8Array,
  offset: number,
  shape: ImageShape,
  hole: Rectangle,
  bits: () => number,
): void {
  for (let c = 0; c < shape.channels; c++) {
    for (let y = hole.y; y < hole.y + hole.height; y++) {
      const row = offset + (c * shape.height + y) * shape.width;
      for (let i = row + hole.x; i < row + hole.x + hole.width; i++) bytes[i] = bits();
    }
  }
}
