/** Convolution and its gradients in the blocked layout, for windows that move by any number of pixels. */

import type { Node } from "../../graph/types.js";
import { groupsOf, type Window, windowOf } from "../../graph/window.js";
import * as winograd from "../batch-last/winograd.js";
import type { Blocks, Extent } from "./blocks.js";
import * as filters from "./filters.js";
import type { Slide } from "./slide.js";
import * as slides from "./slide.js";

/**
 * The pixels, and the taps, whose places leave the same rest when they are divided by the stride. A convolution that moves by s pixels is a sum of s²
 * convolutions that move by one, of such a part of the image by such a part of the filters.
 */
interface Phase {
  /** first row and column of the image */
  readonly pixel: readonly [number, number];
  /** first row and column of the filters */
  readonly tap: readonly [number, number];
  readonly slide: Slide;
}

/** The phases of a window that have taps; with one group, or one for each channel. */
function phasesOf(
  window: Window,
  groups: number,
  { channels, height, width }: Pick<Extent, "channels" | "height" | "width">,
): Phase[] {
  const { support, stride, pad } = window;
  const [image, out] = [[height, width], outOf(window, height, width)];
  const along = (axis: 0 | 1): { pixel: number; tap: number; taps: number; before: number; after: number }[] =>
    Array.from({ length: stride[axis] }, (_, pixel) => {
      const tap = (pixel + pad[2 * axis]) % stride[axis];
      const taps = Math.ceil((support[axis] - tap) / stride[axis]);
      const before = (pixel + pad[2 * axis] - tap) / stride[axis];
      return { pixel, tap, taps, before, after: out[axis] + taps - 1 - before - image[axis] / stride[axis] };
    }).filter(({ taps }) => taps > 0);
  return along(0).flatMap((down) =>
    along(1).map((across) => ({
      pixel: [down.pixel, across.pixel],
      tap: [down.tap, across.tap],
      slide: {
        support: [down.taps, across.taps],
        pad: [down.before, down.after, across.before, across.after],
        groups: groups > 1 ? channels : 1,
      },
    })),
  );
}

/** The pixels of a phase: rows and columns of the image, a stride apart. */
function pixelsOf(b: Blocks, x: string, { stride }: Window, { pixel }: Phase): string {
  if (stride[0] === 1 && stride[1] === 1) return x;
  const { batch, channels, height, width } = b.extent(x);
  const [parts, , , run] = b.g.shape(b.asPixels(x));
  const [rows, columns] = [height / stride[0], width / stride[1]];
  const split = b.reshape(x, [parts * rows, stride[0], columns, stride[1], run]);
  const ends = pixel.map((p) => p + 1);
  const taken = b.op("Slice", [split, b.g.ints(...pixel), b.g.ints(...ends), b.g.ints(1, 3)]);
  return b.declare(taken, { batch, channels, height: rows, width: columns });
}

/** The taps of a phase. */
const tapsOf = ({ stride }: Window, { tap }: Phase): filters.Taps => ({ first: tap, stride });

/** Whether half of the multiplications is worth its transforms, which are for blocks of channels. */
function isWinogradFaster(
  b: Blocks,
  window: Window,
  groups: number,
  count: number,
  { batch, channels, height, width }: Extent,
): boolean {
  if (channels < b.block) return false;
  const [, columns] = outOf(window, height, width);
  return winograd.isFaster(window, groups, channels, count, height, columns * batch);
}

/** The convolutions that {@link winograd} is made of, of so many images. */
const flat = (b: Blocks, batch: number, channels: number, count: number): winograd.Inner<filters.Tiles> => ({
  conv: (_g, { support, pad }, [x, packed, biases]) =>
    b.asPixels(slides.conv(b, b.fromPixels(x, { batch, channels }), packed, { support, pad, groups: 1 }, { biases })),
  dataGradient: (_g, { support, pad }, [dy, turned], [height, width]) =>
    b.asPixels(
      slides.dataGradient(
        b,
        b.fromPixels(dy, { batch, channels: count }),
        turned,
        { support, pad, groups: 1 },
        { height, width },
      ),
    ),
  filterGradient: (_g, { support, pad }, [x, dy]) =>
    slides.filterGradient(b, b.fromPixels(x, { batch, channels }), b.fromPixels(dy, { batch, channels: count }), {
      support,
      pad,
      groups: 1,
    }),
  // of each tile the rows of taps lie side by side
  split: (g, packed) => {
    const [filterCount, depth, u, v] = g.shape(packed);
    const tiles = b.reshape(packed, [(filterCount * depth) / b.block ** 2, u, v * b.block ** 2]);
    return winograd.transformTaps(g, tiles).map((part) => b.reshape(part, [filterCount, depth, 1, v]));
  },
  join: (g, parts, [, v]) => {
    const rows = filters.collect(b, parts, [count, channels, parts.length, v], (i, j) => [i, 0, j]);
    const tiles = b.reshape(rows, [(count * channels) / b.block ** 2, parts.length, v * b.block ** 2]);
    return b.reshape(winograd.restoreTaps(g, tiles), [count, channels, 3, v]);
  },
});

/** Y = X ⋆ F + b */
export const conv = (b: Blocks, node: Node, [x, ...others]: readonly string[]): string =>
  b.each([x], ([part]) => convPart(b, node, [part, ...others]));

function convPart(b: Blocks, node: Node, [x, weights, biases]: readonly string[]): string {
  const [count, , ...support] = b.g.shape(weights);
  const { batch, channels } = b.extent(x);
  const [window, groups] = [windowOf(node, support), groupsOf(node)];
  if (isWinogradFaster(b, window, groups, count, b.extent(x))) {
    const inputs = [b.asPixels(x), filters.pack(b, weights), ...(biases ? [biases] : [])];
    const y = winograd.conv(b.g, window, inputs, flat(b, batch, channels, count));
    return b.fromPixels(y, { batch, channels: count });
  }
  let sum: string | undefined;
  for (const phase of phasesOf(window, groups, b.extent(x))) {
    const more = { sum, biases: sum === undefined ? biases : undefined };
    const packed = filters.pack(b, weights, tapsOf(window, phase));
    sum = slides.conv(b, pixelsOf(b, x, window, phase), packed, phase.slide, more);
  }
  return sum ?? x;
}

/** dX of an image's size, and biases where there are any: each phase of it on its own. */
export const dataGradient = (
  b: Blocks,
  node: Node,
  [dy, ...others]: readonly string[],
  size: readonly [number, number],
): string => b.each([dy], ([part]) => dataGradientPart(b, node, [part, ...others], size));

function dataGradientPart(
  b: Blocks,
  node: Node,
  [dy, weights, biases]: readonly string[],
  [height, width]: readonly [number, number],
): string {
  const [count, depth, ...support] = b.g.shape(weights);
  const { batch } = b.extent(dy);
  const [window, groups] = [windowOf(node, support), groupsOf(node)];
  const image = { batch, channels: groups > 1 ? count : depth, height, width };
  if (!biases && isWinogradFaster(b, window, groups, count, image)) {
    const inner = flat(b, batch, depth, count);
    // the transform takes the rows as they are
    const turned = filters.packTurned(b, weights, 1, undefined, false);
    const dx = winograd.dataGradient(b.g, window, [b.asPixels(dy), turned], [height, width], inner);
    return b.fromPixels(dx, { batch, channels: depth });
  }
  const { stride } = window;
  const part = { height: height / stride[0], width: width / stride[1] };
  const made = phasesOf(window, groups, image).map((phase) => ({
    pixel: phase.pixel,
    dx: slides.dataGradient(
      b,
      dy,
      filters.packTurned(b, weights, groups, tapsOf(window, phase)),
      phase.slide,
      part,
      biases,
    ),
  }));
  return stride[0] * stride[1] === 1 ? made[0].dx : joinPixels(b, made, image, stride);
}

/** The phases of an image put together; those that no window sees are zero. */
function joinPixels(
  b: Blocks,
  phases: readonly { readonly pixel: readonly [number, number]; readonly dx: string }[],
  image: Extent,
  [down, across]: readonly [number, number],
): string {
  const { batch, channels, height, width } = image;
  const lanes = b.lanes(batch);
  const run = lanes * b.block;
  const [rows, columns] = [(batch * channels * (height / down)) / run, width / across];
  const line = (row: number): string => {
    const parts = Array.from({ length: across }, (_, column) => {
      const found = phases.find(({ pixel }) => pixel[0] === row && pixel[1] === column);
      return found ? b.reshape(found.dx, [rows, columns, 1, run]) : undefined;
    });
    if (parts.every((part) => part === undefined)) return zeros(b, [rows, 1, columns * across * run]);
    const joined = parts.map((part) => part ?? zeros(b, [rows, columns, 1, run]));
    const whole = across === 1 ? joined[0] : b.op("Concat", joined, { axis: 2 });
    return b.reshape(whole, [rows, 1, columns * across * run]);
  };
  const lines = Array.from({ length: down }, (_, row) => line(row));
  return b.declare(down === 1 ? lines[0] : b.op("Concat", lines, { axis: 1 }), image);
}

const zeros = (b: Blocks, shape: readonly number[]): string => b.op("Expand", [b.g.scalar(0), b.g.ints(...shape)]);

/** dF: each phase of the taps on its own. */
export function filterGradient(b: Blocks, node: Node, [x, dy]: readonly string[]): string {
  const dys = b.parts(dy);
  return filters.unpack(b, b.sum(b.parts(x).map((part, i) => filterGradientPart(b, node, [part, dys[i]]))));
}

function filterGradientPart(b: Blocks, node: Node, [x, dy]: readonly string[]): string {
  const [{ batch, channels }, { channels: count }] = [b.extent(x), b.extent(dy)];
  const [window, groups] = [windowOf(node), groupsOf(node)];
  if (isWinogradFaster(b, window, groups, count, b.extent(x))) {
    const inner = flat(b, batch, channels, count);
    return winograd.filterGradient(b.g, window, [b.asPixels(x), b.asPixels(dy)], inner);
  }
  const { support, stride } = window;
  const phases = phasesOf(window, groups, b.extent(x));
  const parts = phases.map((phase) => slides.filterGradient(b, pixelsOf(b, x, window, phase), dy, phase.slide));
  const phaseOf = (i: number, j: number): number =>
    phases.findIndex(({ tap }) => tap[0] === i % stride[0] && tap[1] === j % stride[1]);
  const [u, v] = support;
  return filters.collect(b, parts, [count, groups > 1 ? 1 : channels, u, v], (i, j) => [
    phaseOf(i, j),
    Math.floor(i / stride[0]),
    Math.floor(j / stride[1]),
  ]);
}

const outOf = ({ support, stride, pad }: Window, height: number, width: number): [number, number] => [
  Math.floor((height + pad[0] + pad[1] - support[0]) / stride[0]) + 1,
  Math.floor((width + pad[2] + pad[3] - support[1]) / stride[1]) + 1,
];

/**
 * Whether the blocked layout has a way of computing a convolution and its gradients: neighbouring taps, one group or one for each channel, whole blocks of
 * channels (the first layer may have fewer than one block), an image that the stride divides, and no padding that the window does not see.
 */
export function fits(
  b: Blocks,
  window: Window,
  groups: number,
  [count, channels]: readonly [number, number],
  [height, width]: readonly [number, number],
): boolean {
  const { support, stride, pad, dilation } = window;
  const [rows, columns] = outOf(window, height, width);
  const seesPixels = ({ slide }: Phase): boolean =>
    [0, 1].every((axis) => {
      const [before, after] = [slide.pad[2 * axis], slide.pad[2 * axis + 1]];
      return [height, width][axis] / stride[axis] + Math.min(before, 0) + Math.min(after, 0) > 0;
    });
  return (
    dilation.every((d) => d === 1) &&
    (groups === 1 || (groups === channels && count === channels && b.takes(count))) &&
    b.takes(count) &&
    (channels < b.block || b.takes(channels)) &&
    height % stride[0] === 0 &&
    width % stride[1] === 0 &&
    rows * columns > 1 &&
    pad.every((p, side) => p < support[side >> 1]) &&
    phasesOf(window, groups, { channels, height, width }).every(seesPixels)
  );
}
