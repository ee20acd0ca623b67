/** What the frozen front of a network makes of pictures, computed once. */

import { createHash } from "node:crypto";
import { setImmediate as breathe } from "node:timers/promises";
import type { TellPass } from "../../data/pictures/passes.js";
import { gigabyteText } from "../../data/pictures/store-file.js";
import type { SampleArray, Samples } from "../../data/samples.js";
import type { Engine } from "../../engine/engine.js";
import { descriptionOf } from "../../network/description.js";
import { rebuildNetwork, wireLayer } from "../../network/edit/wired-layers.js";
import { layersUpTo, type Network, type Variable } from "../../network/network.js";
import { featureGraph, featureOutput } from "../../training/features.js";
import { batches } from "../../training/step/batches.js";
import { batchFeeder } from "../../training/step/feeder.js";
import type { Parameters } from "../../training/step/initialize.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { Normalization } from "../../values/normalization.js";
import { digestOf } from "../run/contents-file.js";
import { type FeatureStore, featureStore } from "./feature-store-file.js";

/** The front of a network, and what it computes with. */
export interface Front {
  /** the network that it belongs to */
  readonly network: Network;
  /** the names of its layers */
  readonly layers: ReadonlySet<string>;
  /** the names of the values that the rest reads */
  readonly values: readonly string[];
  readonly parameters: Parameters;
  readonly normalization: Normalization;
  /** says which file the parameters are of */
  readonly digest: string;
}

/** How features are computed. */
export interface FeatureOptions {
  readonly engine: Engine;
  /** the folder of the file that keeps them */
  readonly folder: string;
  readonly onProgress?: TellPass | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The features of some pictures. */
export interface Features {
  /** the values as further arrays of each of the samples that were given */
  readonly arrays: readonly Readonly<Record<string, SampleArray>>[];
  /** how many pictures were computed, and not found in the file */
  readonly computed: number;
  /** where they are kept; why they are not */
  readonly path: string;
  readonly trouble?: string | undefined;
}

/** So many pictures go through the front together, always: their features do not depend on what else is computed. */
const BATCH = 16;

/** So many bytes are held in memory. */
const MOST = 2 ** 30;

/** The values that a front gives, of which the rest of the network is made. */
const variablesOf = ({ network, values }: Front): Variable[] =>
  network.layers.flatMap(({ output }) => (values.includes(output.name) ? [output] : []));

const sizeOf = ({ shape: { channels, height, width } }: Variable): number => channels * height * width;

/** Why the features of so many pictures are not kept; undefined where they are. */
export function tooLarge(front: Front, count: number): string | undefined {
  const bytes = 4 * count * variablesOf(front).reduce((sum, each) => sum + sizeOf(each), 0);
  return bytes > MOST ? `those of ${count} pictures take ${gigabyteText(bytes)}` : undefined;
}

/**
 * Computes what the front of a network makes of samples, or finds it in a file: there it is kept by the checksum of a picture's bytes, whatever data set it is of.
 *
 * @throws the signal's reason
 */
export async function computeFeatures(
  front: Front,
  parts: readonly Samples[],
  { engine, folder, onProgress, signal }: FeatureOptions,
): Promise<Features> {
  const variables = variablesOf(front);
  const size = variables.reduce((sum, each) => sum + sizeOf(each), 0);
  const network = frontOf(front);
  const store = featureStore(folder, digestOfFront(front, network, engine), size);
  const keys: string[][] = [];
  for (const samples of parts) keys.push(await pixelKeys(samples, signal));
  const rows = new Map<string, number>();
  for (const key of keys.flat()) if (!rows.has(key)) rows.set(key, rows.size);
  const table = new Float32Array(rows.size * size);
  const known = new Set<string>();
  await store.load((key, numbers) => {
    const row = rows.get(key);
    if (row === undefined) return;
    known.add(key);
    table.set(numbers, row * size);
  });
  const keep = (key: string, numbers: Float32Array): void => table.set(numbers, (rows.get(key) ?? 0) * size);
  const missing = missingAmong(parts, keys, known);
  const trouble = await computeMissing(
    { ...front, network },
    variables,
    missing,
    { engine, store, onProgress, signal },
    keep,
  );
  return {
    arrays: keys.map((own) =>
      arraysOf(
        variables,
        table,
        size,
        own.map((key) => rows.get(key) ?? 0),
      ),
    ),
    computed: missing.reduce((sum, { keys: own }) => sum + own.length, 0),
    path: store.path,
    trouble,
  };
}

/** The layers that compute the values, as a network. */
function frontOf({ network, values }: Front): Network {
  const needed = new Set(values.flatMap((value) => layersUpTo(network, value).layers.map(({ name }) => name)));
  const layers = network.layers.filter(({ name }) => needed.has(name)).map(wireLayer);
  return rebuildNetwork(network, layers, [network.inputs[0]]);
}

/** What features depend on beside the picture: the weights, the layers, the normalisation, and what computes. */
const digestOfFront = ({ digest, values, normalization }: Front, network: Network, { device }: Engine): string =>
  digestOf(digest, JSON.stringify([descriptionOf(network), values, normalization, device]));

/** The first 64 bits of the SHA-256 of each picture's bytes, in hexadecimal. */
async function pixelKeys({ count, shape, read, prepare }: Samples, signal: AbortSignal | undefined): Promise<string[]> {
  const pixels = new Uint8Array(shape.channels * shape.height * shape.width);
  const keys: string[] = [];
  for (let i = 0; i < count; i++) {
    if (i % 64 === 0) {
      signal?.throwIfAborted();
      await breathe();
      await prepare?.(
        Array.from({ length: Math.min(64, count - i) }, (_, k) => i + k),
        0,
      );
    }
    read(i, 0, pixels, 0);
    keys.push(createHash("sha256").update(pixels).digest("hex").slice(0, 16));
  }
  return keys;
}

/** Samples whose features are not known, with their keys. */
interface Missing {
  readonly samples: Samples;
  /** which of the samples, and the keys of these */
  readonly indices: readonly number[];
  readonly keys: readonly string[];
}

/** What is not known, each picture once. */
function missingAmong(
  parts: readonly Samples[],
  keys: readonly (readonly string[])[],
  known: ReadonlySet<string>,
): Missing[] {
  const seen = new Set(known);
  return parts.map((samples, p) => {
    const indices = keys[p].flatMap((key, i) => (seen.size === seen.add(key).size ? [] : [i]));
    return { samples, indices, keys: indices.map((i) => keys[p][i]) };
  });
}

/** Computes what is missing, batch by batch. @returns why the file does not take it; undefined where it does */
async function computeMissing(
  { network, parameters, normalization }: Front,
  variables: readonly Variable[],
  missing: readonly Missing[],
  { engine, store, onProgress, signal }: Omit<FeatureOptions, "folder"> & { readonly store: FeatureStore },
  keep: (key: string, numbers: Float32Array) => void,
): Promise<string | undefined> {
  const total = missing.reduce((sum, { keys }) => sum + keys.length, 0);
  if (total === 0) return undefined;
  const program = await engine.load(featureGraph(network, variables, parameters, normalization, BATCH));
  let trouble: string | undefined;
  let done = 0;
  try {
    for (const { samples, indices, keys } of missing) {
      if (indices.length === 0) continue;
      const feeder = batchFeeder(program, only(samples, indices), BATCH);
      for (const batch of batches(indices.length, BATCH, 0, 0, false)) {
        signal?.throwIfAborted();
        const { inputs } = await feeder.take(batch, 0);
        const outputs = await program.run(inputs);
        const entries = keys.slice(batch.indices[0], batch.indices[0] + BATCH).map((key, i) => {
          const numbers = rowOf(variables, (v) => outputs[featureOutput(v)].data, i);
          keep(key, numbers);
          return [key, numbers] as const;
        });
        if (trouble === undefined) trouble = await store.keep(entries);
        done += entries.length;
        onProgress?.(done, total, "computed the features of");
      }
    }
  } finally {
    await program.close();
  }
  return trouble;
}

/** What the batch has for one picture: all values one behind the other. */
function rowOf(
  variables: readonly Variable[],
  dataOf: (variable: number) => ArrayLike<number | bigint | string>,
  place: number,
): Float32Array {
  const row = new Float32Array(variables.reduce((sum, each) => sum + sizeOf(each), 0));
  let at = 0;
  variables.forEach((variable, v) => {
    const [data, size] = [dataOf(v), sizeOf(variable)];
    for (let i = 0; i < size; i++) row[at++] = Number(data[place * size + i]);
  });
  return row;
}

/** Some of the samples. */
const only = ({ read, prepare, ...samples }: Samples, indices: readonly number[]): Samples => ({
  ...{ shape: samples.shape, target: samples.target, count: indices.length },
  read: (index, epoch, into, offset) => read(indices[index], epoch, into, offset),
  ...(prepare
    ? {
        prepare: (wanted, epoch) =>
          prepare(
            Array.from(wanted, (index) => indices[index]),
            epoch,
          ),
      }
    : {}),
});

/** The values of samples as arrays. */
function arraysOf(
  variables: readonly Variable[],
  table: Float32Array,
  size: number,
  rows: readonly number[],
): Record<string, SampleArray> {
  let at = 0;
  return Object.fromEntries(
    variables.map((variable): [string, SampleArray] => {
      const [from, count] = [at, sizeOf(variable)];
      at += count;
      return [
        variable.name,
        {
          type: "float32",
          shape: sidesOf(variable.shape),
          read(index, _, into, offset) {
            const start = rows[index] * size + from;
            into.set(table.subarray(start, start + count), offset);
          },
        },
      ];
    }),
  );
}

const sidesOf = ({ channels, height, width }: ImageShape): [number, number, number] => [channels, height, width];
