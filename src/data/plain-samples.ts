/** Samples as plain data, such as can be sent to another thread. */

import { type ImageShape, shapeText } from "../values/image-shape.js";
import type { SampleArray, Samples } from "./samples.js";
import type {
  AttributeTarget,
  BoxTarget,
  ClassTarget,
  LabelledBox,
  LabelMapTarget,
  Target,
  TextTarget,
  ValueTarget,
} from "./target.js";

/** What each sample should be recognised as: a target without functions. */
export type PlainTarget =
  | ClassTarget
  | AttributeTarget
  | ValueTarget
  | (Pick<BoxTarget, "kind" | "names"> & {
      /** those of each sample */ readonly boxes: readonly (readonly LabelledBox[])[];
    })
  | (Omit<TextTarget, "labelsOf"> & { /** sample × length */ readonly labels: ArrayLike<number> })
  | (Omit<LabelMapTarget, "labelsOf"> & { /** sample × H·W classes */ readonly labels: ArrayLike<number> });

/** A further array: the numbers of all samples, one after the other. */
export type PlainArray =
  | { readonly type: "float32"; readonly shape: SampleArray["shape"]; readonly data: Float32Array }
  | { readonly type: "int64"; readonly shape: SampleArray["shape"]; readonly data: BigInt64Array };

/** Samples whose pictures lie in memory, one after the other. */
export interface PlainSamples {
  readonly shape: ImageShape;
  /** sample × C×H×W bytes; in a SharedArrayBuffer they need not be copied to be sent */
  readonly pixels: Uint8Array;
  readonly target: PlainTarget;
  readonly order?: Samples["order"];
  readonly rate?: Samples["rate"];
  readonly arrays?: Readonly<Record<string, PlainArray>>;
}

/** The number of plain samples. */
export const countOf = ({ shape: { channels, height, width }, pixels }: PlainSamples): number =>
  pixels.length / (channels * height * width);

/**
 * Samples that read plain data.
 *
 * @throws RangeError when the pixels are no whole number of pictures, or boxes, maps or numbers are not as many as pictures
 * @example
 * const shape = { channels: 1, height: 2, width: 1 };
 * const samples = samplesFrom({ shape, pixels: Uint8Array.of(0, 9, 8, 255), target: classTarget(["up", "down"], [0, 1]) });
 * samples.count; // 2
 */
export function samplesFrom(plain: PlainSamples): Samples {
  const { shape, pixels, target, order, rate, arrays } = plain;
  const size = shape.channels * shape.height * shape.width;
  const count = countOf(plain);
  if (!Number.isInteger(count)) {
    throw new RangeError(
      `pixels: expected pictures of ${shapeText(shape)}, ${size} bytes each, got ${pixels.length} bytes.`,
    );
  }
  return {
    count,
    shape,
    target: targetFrom(target, count),
    order,
    rate,
    read: (index, _, into, offset) => into.set(pixels.subarray(index * size, (index + 1) * size), offset),
    ...(arrays
      ? {
          arrays: Object.fromEntries(
            Object.entries(arrays).map(([name, each]) => [name, arrayFrom(name, each, count)]),
          ),
        }
      : {}),
  };
}

function targetFrom(target: PlainTarget, count: number): Target {
  if (target.kind === "boxes") {
    const { boxes, ...rest } = target;
    expectCount("target.boxes", boxes.length, count);
    return { ...rest, boxesOf: (index) => boxes[index] };
  }
  if (target.kind === "labelMap" || target.kind === "text") {
    const { labels } = target;
    const size = numbersOf(target);
    expectCount("target.labels", labels.length, count * size);
    const labelsOf = (index: number): number[] => Array.from({ length: size }, (_, i) => labels[index * size + i]);
    const { labels: _, ...rest } = target;
    return { ...rest, labelsOf };
  }
  return target;
}

/** How many labels a sample has. */
const numbersOf = (
  target: Pick<LabelMapTarget, "kind" | "height" | "width"> | Pick<TextTarget, "kind" | "length">,
): number => (target.kind === "text" ? target.length : target.height * target.width);

function arrayFrom(name: string, { type, shape, data }: PlainArray, count: number): SampleArray {
  const size = shape[0] * shape[1] * shape[2];
  expectCount(`arrays.${name}.data`, data.length, count * size);
  return type === "float32"
    ? { type, shape, read: (index, _, into, at) => into.set(data.subarray(index * size, (index + 1) * size), at) }
    : { type, shape, read: (index, _, into, at) => into.set(data.subarray(index * size, (index + 1) * size), at) };
}

function expectCount(what: string, got: number, expected: number): void {
  if (got !== expected) throw new RangeError(`${what}: expected ${expected}, got ${got}.`);
}

/** So many milliseconds it copies at a time: a page can do other things in between. */
const SLICE = 8;

/**
 * Samples as plain data: each is read once, as it is in epoch 0, and what is random in them is the same from then on. So they are given without
 * jitter, which is added where they are used.
 *
 * They are copied a few milliseconds at a time, so that a page stays awake; where memory can be shared, into memory that need not be copied to be sent.
 *
 * @throws Error that names the picture, where one cannot be had
 * @example
 * const plain = await plainSamples(letters.validation);
 * samplesFrom(plain).count === letters.validation.count; // true
 */
export async function plainSamples(samples: Samples): Promise<PlainSamples> {
  const { count, shape, target, order, rate, arrays = {} } = samples;
  const size = shape.channels * shape.height * shape.width;
  const pixels = new Uint8Array(buffer(count * size));
  const labels =
    target.kind === "labelMap" || target.kind === "text"
      ? new Int32Array(buffer(4 * count * numbersOf(target)))
      : undefined;
  const boxes: (readonly LabelledBox[])[] = [];
  const plain = Object.fromEntries(
    Object.entries(arrays).map(([name, { type, shape: each }]): [string, PlainArray] => {
      const length = count * each[0] * each[1] * each[2];
      return type === "float32"
        ? [name, { type, shape: each, data: new Float32Array(buffer(4 * length)) }]
        : [name, { type, shape: each, data: new BigInt64Array(buffer(8 * length)) }];
    }),
  );
  let begun = performance.now();
  for (let i = 0; i < count; i++) {
    await samples.prepare?.([i], 0);
    samples.read(i, 0, pixels, i * size);
    if (target.kind === "labelMap" || target.kind === "text") labels?.set(target.labelsOf(i, 0), i * numbersOf(target));
    if (target.kind === "boxes") boxes.push(target.boxesOf(i, 0));
    for (const [name, { data }] of Object.entries(plain)) {
      const array = arrays[name];
      const at = (i * data.length) / count;
      if (array.type === "float32" && data instanceof Float32Array) array.read(i, 0, data, at);
      if (array.type === "int64" && data instanceof BigInt64Array) array.read(i, 0, data, at);
    }
    if (performance.now() - begun < SLICE) continue;
    await new Promise<void>((resolve) => setTimeout(resolve));
    begun = performance.now();
  }
  return {
    shape,
    pixels,
    target: plainTarget(target, boxes, labels),
    ...(order ? { order } : {}),
    ...(rate === undefined ? {} : { rate }),
    ...(samples.arrays ? { arrays: plain } : {}),
  };
}

function plainTarget(
  target: Target,
  boxes: readonly (readonly LabelledBox[])[],
  labels: Int32Array | undefined,
): PlainTarget {
  const { names } = target;
  if (target.kind === "boxes") return { kind: target.kind, names, boxes };
  if (target.kind === "labelMap" && labels) {
    return { kind: target.kind, names, height: target.height, width: target.width, labels };
  }
  if (target.kind === "text" && labels) return { kind: target.kind, names, length: target.length, labels };
  return target as Exclude<Target, BoxTarget | LabelMapTarget | TextTarget>;
}

/** Memory that can be shared with other threads, where the platform allows it. */
const buffer = (bytes: number): ArrayBufferLike =>
  typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
