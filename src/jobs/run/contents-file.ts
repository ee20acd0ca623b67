/** What a run is made from, by its contents: layers, code and samples, and not the names of the files that have them. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setImmediate as breathe } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import { descriptionOf } from "../../network/description.js";
import { ownDigests } from "../../network/model/own-digests.js";
import { type Network, parametersOf } from "../../network/network.js";
import { trainingMode } from "../../training/step/graphs.js";

/** The first 64 bits of SHA-256 in hexadecimal. */
export const digestOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
};

/** The checksum of a network: its layers, its inputs and its own name, wherever it was read from. */
export const layersDigest = (network: Network): string => digestOf(JSON.stringify(descriptionOf(network)));

/** The checksum of modules, one after the other; undefined for none. */
export async function modulesDigest(paths: readonly string[]): Promise<string | undefined> {
  if (paths.length === 0) return undefined;
  return digestOf(...(await Promise.all(paths.map((path) => readFile(path)))));
}

/**
 * The checksum of what a network's blocks and losses of one's own compute, in training and in use, and of how their parameters begin: it also
 * sees what their module imports and reads. Undefined where there are none.
 */
export function definitionsDigest(network: Network): string | undefined {
  const inUse = ownDigests(network);
  if (Object.keys(inUse).length === 0) return undefined;
  return digestOf(JSON.stringify([inUse, ownDigests(network, trainingMode), parametersOf(network)]));
}

/** So many bytes are summed up before others have a turn. */
const TURN = 2 ** 26;

/** The checksum (CRC-32) of the pixels of each sample. It takes a seventh of the time that their mean takes. */
export async function pixelSums({ count, shape, read }: Samples): Promise<Uint32Array> {
  const sums = new Uint32Array(count);
  const pixels = new Uint8Array(shape.channels * shape.height * shape.width);
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    read(i, 1, pixels, 0);
    sums[i] = crc32(pixels);
    bytes += pixels.length;
    if (bytes < TURN) continue;
    bytes = 0;
    await breathe();
  }
  return sums;
}

/**
 * "400 samples 0123456789abcdef": the checksum of samples, their labels and pixels.
 *
 * @param name says what else tells a sample from others, such as its path
 * @param sums those of the pixels, where they are known
 */
export async function samplesDigest(
  samples: Samples<ClassTarget>,
  name: (index: number) => string = () => "",
  sums?: Uint32Array,
): Promise<string> {
  const { count, shape, target } = samples;
  const known = sums ?? (await pixelSums(samples));
  const said = Array.from(known, (sum, i) => `${target.names[target.labels[i]]}\n${name(i)}\n${sum}`).join("\n");
  return `${count} samples ${digestOf(JSON.stringify([shape, target.names]), said)}`;
}
