/** Convolution in the blocked layout by windows that move by one pixel, and its gradients. */

import { float32 } from "../../graph/tensor.js";
import { NCHWC } from "../../graph/types.js";
import type { Blocks, Extent } from "./blocks.js";
import type { Tiles } from "./filters.js";

/** A window that moves by one pixel; its taps are neighbours. */
export interface Slide {
  readonly support: readonly [number, number];
  /** top, bottom, left, right; a negative one leaves pixels out */
  readonly pad: readonly [number, number, number, number];
  /** one for each channel, or 1 */
  readonly groups: number;
}

/** Y = X ⋆ F + b + s, by packed filters. */
export function conv(
  b: Blocks,
  x: string,
  packed: string,
  slide: Slide,
  more: { readonly biases?: string | undefined; readonly sum?: string | undefined } = {},
): string {
  const { biases, sum } = more;
  return convolve(b, x, packed, slide, [...(biases || sum ? [biases ?? ""] : []), ...(sum ? [sum] : [])]);
}

/** dX of {@link conv}: a convolution of dY by the filters turned round, and packed. */
export function dataGradient(
  b: Blocks,
  dy: string,
  turned: string,
  slide: Slide,
  image: Pick<Extent, "height" | "width">,
  biases?: string,
): string {
  const { support, pad, groups } = slide;
  const { height, width } = b.extent(dy);
  const [top, left] = [support[0] - 1 - pad[0], support[1] - 1 - pad[2]];
  const around = [
    top,
    image.height - height - top + support[0] - 1,
    left,
    image.width - width - left + support[1] - 1,
  ] as const;
  return convolve(b, dy, turned, { support, pad: around, groups }, biases ? [biases] : []);
}

/** A convolution by packed filters. */
function convolve(
  b: Blocks,
  x: string,
  packed: string,
  { support, pad, groups }: Slide,
  further: readonly string[],
): string {
  const image = crop(b, x, pad);
  const { batch, height, width } = b.extent(image);
  const [top, bottom, left, right] = pad.map((p) => Math.max(p, 0));
  const lanes = b.lanes(batch);
  const y = b.conv([image, packed, ...further], {
    kernel_shape: support,
    dilations: [1, lanes],
    pads: [top, left * lanes, bottom, right * lanes],
    group: groups,
  });
  return b.declare(y, {
    batch,
    channels: b.g.shape(packed)[0],
    height: height + top + bottom - support[0] + 1,
    width: width + left + right - support[1] + 1,
  });
}

/** The image without what negative pads leave out. */
function crop(b: Blocks, x: string, pad: Slide["pad"]): string {
  if (pad.every((p) => p >= 0)) return x;
  const { batch, channels, height, width } = b.extent(x);
  const [top, bottom, left, right] = pad.map((p) => Math.max(-p, 0));
  const cut = b.op("Slice", [
    b.asPixels(x),
    b.g.ints(top, left),
    b.g.ints(height - bottom, width - right),
    b.g.ints(1, 2),
  ]);
  return b.fromPixels(cut, { batch, channels });
}

/** dF of {@link conv}. */
export function filterGradient(b: Blocks, x: string, dy: string, slide: Slide): Tiles {
  return slide.groups > 1 ? depthwiseFilterGradient(b, x, dy, slide) : denseFilterGradient(b, x, dy, slide);
}

/** Every channel of every group of images is a group of its own, and dY its filter, as large as the image. */
function depthwiseFilterGradient(b: Blocks, x: string, dy: string, { support, pad }: Slide): Tiles {
  const image = crop(b, x, pad);
  const { batch, channels, height, width } = b.extent(image);
  const { height: rows, width: columns } = b.extent(dy);
  const lanes = b.lanes(batch);
  const images = batch / lanes;
  const [top, bottom, left, right] = pad.map((p) => Math.max(p, 0));
  const sums = b.conv(
    [
      b.reshape(image, [1, images * channels, height, width * lanes]),
      b.reshape(dy, [images * channels, 1, rows, columns * lanes]),
    ],
    {
      kernel_shape: [rows, columns * lanes],
      strides: [1, lanes],
      pads: [top, left * lanes, bottom, right * lanes],
      group: images * channels,
    },
  );
  const taps = support[0] * support[1];
  const blocks = channels / b.block;
  const parts = b.reshape(sums, [images, blocks, taps, b.block]);
  const whole = images === 1 ? parts : b.op("ReduceSum", [parts, b.g.ints(0)], { keepdims: 0 });
  return { value: whole, place: (block, _, i, j) => block * taps + i * support[1] + j };
}

/**
 * b neighbours of a row, images and pixels, act as b channels of an image whose rows are channels, and dY *is* a filter in memory that is as large as
 * the image. Where the neighbours are images alone, the taps of a row are places of the convolution; elsewhere dY is copied once for each of them, shifted.
 * The rows of dY are taken in bands that stay in the cache: the runtime reads them once for every row of taps and every block of channels.
 */
function denseFilterGradient(b: Blocks, x: string, dy: string, slide: Slide): Tiles {
  const { height } = b.extent(dy);
  const rows = bandRows(b, dy, slide.support);
  if (rows >= height) return bandFilterGradient(b, x, dy, slide);
  const [u] = slide.support;
  const [above, , left, right] = slide.pad;
  const { height: imageRows } = b.extent(x);
  let sum: Tiles | undefined;
  for (let row = 0; row < height; row += rows) {
    const end = Math.min(row + rows, height);
    const [from, to] = [row - above, end - 1 + u - above];
    const [first, last] = [Math.max(from, 0), Math.min(to, imageRows)];
    if (last <= first) continue;
    const pad = [first - from, to - last, left, right] as const;
    sum = bandFilterGradient(b, rowsOf(b, x, first, last), rowsOf(b, dy, row, end), { ...slide, pad }, sum?.value);
  }
  return sum ?? bandFilterGradient(b, x, dy, slide);
}

/** Some rows of an image. */
function rowsOf(b: Blocks, form: string, from: number, to: number): string {
  const [maps, height, width, run] = b.g.shape(b.asPixels(form));
  const rows = b.reshape(form, [maps, height, width * run]);
  const taken = b.op("Slice", [rows, b.g.ints(from), b.g.ints(to), b.g.ints(1)]);
  return b.declare(taken, { ...b.extent(form), height: to - from });
}

/** Bytes of dY that are read again for every row of taps: from so many on they have left all caches of a core, and a band of them stays in the second. */
const [OUT_OF_CACHE, BAND] = [2 ** 23, 2 ** 19];

/** How many rows of dY a band has; all of them where they are read once, or stay near. */
function bandRows(b: Blocks, dy: string, [u]: Slide["support"]): number {
  const { batch, width, channels, height } = b.extent(dy);
  const row = 4 * b.lanes(batch) * width * Math.min(channels, 4 * b.block);
  return u === 1 || height * row < OUT_OF_CACHE ? height : Math.max(u, Math.floor(BAND / row));
}

function bandFilterGradient(b: Blocks, x: string, dy: string, { support, pad }: Slide, sum?: string): Tiles {
  const { block } = b;
  const image = crop(b, x, pad);
  const { batch, channels, height } = b.extent(image);
  const { channels: count, height: rows } = b.extent(dy);
  const lanes = b.lanes(batch);
  const images = batch / lanes;
  const [top, bottom, left, right] = pad.map((p) => Math.max(p, 0));
  const [u, v] = support;
  const thin = channels < block;
  const [depth, side] = [thin ? 1 : channels / block, thin ? channels : block];
  const inPlace = lanes === block;
  const xs = inPlace ? padColumns(b, image, left, right) : padColumns(b, image, 0, missing(b, image, lanes));
  const dys = inPlace ? [dy] : Array.from({ length: v }, (_, j) => shiftColumns(b, dy, b.extent(xs).width, j - left));
  const groups = (b.extent(xs).width * lanes) / block;
  const places = groups - (b.extent(dys[0]).width * lanes) / block + 1;
  const seen = b.reshape(columnsAsChannels(b, xs), [depth, images * block, height, groups * side]);
  const filters = dys.map((shifted) => blocksFirst(b, shifted));
  const kernel = [rows, (b.extent(dys[0]).width * lanes) / block] as const;
  const joined = filters.length === 1 ? filters[0] : b.op("Concat", filters, { axis: 0 });
  const sums = b.conv(
    [seen, b.reshape(joined, [dys.length * count, images * block, ...kernel]), ...(sum ? ["", sum] : [])],
    {
      kernel_shape: kernel,
      dilations: [1, side],
      pads: [top, 0, bottom, 0],
      group: 1,
    },
  );
  // [depth][copies][K/b][u][places][side][b]
  const [copies, blocks] = [dys.length, count / block];
  return {
    value: sums,
    place: (k, c, i, j) => {
      const [copy, place] = inPlace ? [0, j] : [j, 0];
      const tile = ((((thin ? 0 : c) * copies + copy) * blocks + k) * u + i) * places + place;
      return thin ? tile * side + c : tile;
    },
  };
}

/** How many columns of zeros it takes until rows are whole blocks of neighbours. */
function missing(b: Blocks, form: string, lanes: number): number {
  const columns = b.block / lanes;
  return (columns - (b.extent(form).width % columns)) % columns;
}

/** Columns of zeros on both sides: a depthwise convolution by ones, which has threads; Pad has none. */
function padColumns(b: Blocks, form: string, left: number, right: number): string {
  if (left + right === 0) return form;
  const extent = b.extent(form);
  const lanes = b.lanes(extent.batch);
  const width = extent.width + left + right;
  if (extent.channels < b.block) {
    const padded = b.op("Pad", [form, b.g.ints(0, 0, 0, left * lanes, 0, 0, 0, right * lanes)]);
    return b.declare(padded, { ...extent, width });
  }
  const ones = b.g.constant(float32(Array<number>(extent.channels).fill(1), [extent.channels, 1, 1, 1]));
  const padded = b.conv([form, ones], {
    kernel_shape: [1, 1],
    pads: [0, left * lanes, 0, right * lanes],
    group: extent.channels,
  });
  return b.declare(padded, { ...extent, width });
}

/** dY in rows of another width, moved to the right. */
function shiftColumns(b: Blocks, dy: string, width: number, by: number): string {
  const extent = b.extent(dy);
  const run = b.lanes(extent.batch) * b.block;
  const behind = width - extent.width - by;
  if (by === 0 && behind === 0) return dy;
  const rows = b.reshape(dy, [-1, extent.width * run]);
  const moved = b.op("Pad", [rows, b.g.ints(0, by * run, 0, behind * run)]);
  return b.declare(moved, { ...extent, width });
}

/** [C/b][N/n][H][W·n/b][b of C][b neighbours]; planes: [N/n][H][W·n/b][C][b neighbours]. */
function columnsAsChannels(b: Blocks, form: string): string {
  const { block } = b;
  const { batch, channels, height, width } = b.extent(form);
  const lanes = b.lanes(batch);
  const groups = (height * width * lanes) / block;
  if (channels < block) return b.transpose(form, [batch / lanes, channels, groups, block], [0, 2, 1, 3]);
  const tiles = b.reshape(form, [(batch * channels * height * width) / block ** 2, block, 1, block]);
  const turned = b.op("ReorderOutput", [tiles], { channels: block }, NCHWC);
  return b.blocksOutermost(turned, batch / lanes, channels / block);
}

/** [K/b][N/n][H][W][n][b]. */
function blocksFirst(b: Blocks, form: string): string {
  const { batch, channels } = b.extent(form);
  return b.blocksOutermost(form, batch / b.lanes(batch), channels / b.block);
}
