/** Pictures that go through a network together. */

import type { Image } from "../data/pictures/image.js";
import type { Samples } from "../data/samples.js";
import { float32 } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { shapeText } from "../values/image-shape.js";

/**
 * Images of one size as what a network takes: N×C×H×W, from 0 to 255.
 *
 * @throws RangeError when they are none, or of several sizes
 * @example
 * batchOf([{ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) }]).shape; // [1, 1, 1, 2]
 */
export function batchOf(images: readonly Image[]): Tensor<"float32"> {
  const [first] = images;
  if (!first) throw new RangeError("Expected at least one image.");
  const size = first.data.length;
  const data = new Float32Array(images.length * size);
  for (const [i, image] of images.entries()) {
    if (shapeText(image) !== shapeText(first)) {
      throw new RangeError(`Expected images of one size, got ${shapeText(first)} and ${shapeText(image)}.`);
    }
    data.set(image.data, i * size);
  }
  return float32(data, [images.length, first.channels, first.height, first.width]);
}

/**
 * Samples as what a network takes: N×C×H×W, from 0 to 255; as in validation, without what changes from epoch to epoch.
 *
 * @param indices which of them, at least one
 * @example
 * (await samplesBatch(letters.validation, [0, 1])).shape; // [2, 1, 32, 32]
 */
export async function samplesBatch(samples: Samples, indices: readonly number[]): Promise<Tensor<"float32">> {
  await samples.prepare?.(indices, 0);
  const { channels, height, width } = samples.shape;
  const size = channels * height * width;
  const bytes = new Uint8Array(indices.length * size);
  for (const [i, index] of indices.entries()) samples.read(index, 0, bytes, i * size);
  return float32(Float32Array.from(bytes), [indices.length, channels, height, width]);
}

/** The first so many items. */
export function firstOf(value: Tensor, count: number): Tensor<"float32"> {
  const [all, ...sizes] = value.shape;
  const size = value.data.length / all;
  if (!(value.data instanceof Float32Array)) throw new TypeError(`Expected numbers of float32, got ${value.type}.`);
  return float32(value.data.subarray(0, count * size), [count, ...sizes]);
}

/**
 * Runs pictures in parts of a few sizes (1, 2, 4, … pictures), so that few programs are made; the last part is filled up with its first picture.
 *
 * @param inputs tensors whose first dimension is N, or 1 for what is the same of all
 * @throws RangeError for some of M and some of N
 */
export async function inParts(
  { together }: { readonly together: number },
  inputs: Readonly<Record<string, Tensor<"float32">>>,
  run: (part: Record<string, Tensor<"float32">>, count: number) => Promise<Record<string, Tensor<"float32">>>,
): Promise<Record<string, Tensor<"float32">>> {
  const counts = Object.values(inputs).map(({ shape }) => shape[0]);
  const count = Math.max(...counts);
  const other = counts.find((one) => one !== count && one !== 1);
  if (other !== undefined) throw new RangeError(`Expected as many of each, or one for all: got ${other} and ${count}.`);
  const size = Math.min(together, 2 ** Math.ceil(Math.log2(count)));
  const parts: Record<string, Tensor<"float32">>[] = [];
  for (const { from, to } of partsOf(count, size)) {
    const part = Object.entries(inputs).map(([name, value]) => [name, partOf(value, from, to - from, size)] as const);
    parts.push(await run(Object.fromEntries(part), to - from));
  }
  return Object.fromEntries(Object.keys(parts[0] ?? {}).map((name) => [name, joined(parts.map((part) => part[name]))]));
}

function partOf(value: Tensor<"float32">, from: number, count: number, size: number): Tensor<"float32"> {
  const [all, ...sizes] = value.shape;
  if (all === 1) return size === 1 ? value : repeated(value, size);
  const one = value.data.length / all;
  const part = value.data.subarray(from * one, (from + count) * one);
  if (count === size) return float32(part, [size, ...sizes]);
  const data = new Float32Array(size * one);
  data.set(part);
  for (let i = count; i < size; i++) data.set(part.subarray(0, one), i * one);
  return float32(data, [size, ...sizes]);
}

/** One item so many times. */
export function repeated({ shape, data }: Tensor<"float32">, count: number): Tensor<"float32"> {
  const all = new Float32Array(count * data.length);
  for (let i = 0; i < count; i++) all.set(data, i * data.length);
  return float32(all, [count, ...shape.slice(1)]);
}

/** Items one after the other. */
export function joined(parts: readonly Tensor<"float32">[]): Tensor<"float32"> {
  if (parts.length === 1) return parts[0];
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return float32(data, [parts.reduce((sum, { shape }) => sum + shape[0], 0), ...parts[0].shape.slice(1)]);
}

/** So many items in parts of at most so many: from one to before another. */
export const partsOf = (count: number, together: number): { readonly from: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(count / together) }, (_, i) => ({
    from: i * together,
    to: Math.min(count, (i + 1) * together),
  }));
