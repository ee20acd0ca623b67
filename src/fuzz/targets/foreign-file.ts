/** Models of other toolboxes: the files that their tools wrote, with changed bytes; and files that are made to fill the memory. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, deflateSync } from "node:zlib";
import { bytesInMemory, bytesRead, utf8 } from "../../formats/bytes.js";
import { type Hdf5Object, isHdf5, openHdf5 } from "../../formats/hdf5/hdf5.js";
import { formatOf, readForeign } from "../../formats/read-foreign.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { expectElements } from "../../graph/tensor.js";
import type { Stream } from "../../random/stream.js";
import { mutated, oneOf, type Target } from "../target.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");

let files: readonly (readonly [string, Uint8Array])[] | undefined;

/** The fixtures, which are few and small. */
function fixtures(): readonly (readonly [string, Uint8Array])[] {
  files ??= readdirSync(FIXTURES)
    .filter((name) => !/\.(py|json|md)$/.test(name))
    .map((name) => [name, new Uint8Array(readFileSync(join(FIXTURES, name)))]);
  return files;
}

/** Models of other toolboxes. */
export const foreign: Target = {
  about: "models of other toolboxes, with changed bytes, or made to fill the memory: read",
  seconds: 20,
  async run(random) {
    if (random.uniform() < 0.1) return readPair(random);
    const bytes = random.uniform() < 0.1 ? oneOf(random, BOMBS)() : changed(random);
    const file = bytesRead(bytes.length, (offset, into) => into.set(bytes.subarray(offset, offset + into.length)));
    try {
      formatOf(bytes);
      if (isHdf5(bytesInMemory(bytes)) && formatOf(bytes) === undefined) await readAll(openHdf5(file), 0);
      else await readModel(random.uniform() < 0.5 ? bytes : file);
    } catch (error) {
      throw expected(error);
    }
  },
};

/** The error, where it is the one that is documented; else a text that tells it, which is a fault. */
const expected = (error: unknown): unknown =>
  error instanceof Error && !(error instanceof ModelFormatError) ? `${error.name}: ${error.stack}` : error;

/** Text and weights of Caffe's, of which one is changed. */
async function readPair(random: Stream): Promise<void> {
  const caffe = fixtures().filter(([name]) => /^caffe-(net|mean)/.test(name));
  const which = random.integer(0, caffe.length - 1);
  const files = caffe.map(([name, bytes], i) => [name, i === which ? mutated(random, bytes) : bytes] as const);
  await readModel(new Map(files)).catch((error: unknown) => {
    throw expected(error);
  });
}

async function readModel(input: Parameters<typeof readForeign>[0]): Promise<void> {
  const { tensors, parameters } = await readForeign(input, { image: { channels: 3, height: 9, width: 8 } });
  for (const [name, tensor] of [...(tensors ?? []), ...(parameters ?? [])]) expectElements(name, tensor);
}

/** A file with some bytes changed, in text, in the numbers of heads, or anywhere. */
function changed(random: Stream): Uint8Array {
  const [name, bytes] = oneOf(random, fixtures());
  if (!/compressed|dag\.mat/.test(name) || random.uniform() < 0.3) return mutated(random, bytes);
  // Changed bytes of what is deflated would be refused by its checksum.
  const inner = oneOf(
    random,
    fixtures().filter(([other]) => /simple|old|practical/.test(other)),
  )[1];
  return compressed(mutated(random, inner.subarray(128)));
}

/** A MAT file whose only variable is deflated. */
function compressed(content: Uint8Array): Uint8Array {
  const packed = deflateSync(content);
  const head = new Uint8Array(136);
  const view = new DataView(head.buffer);
  head.set(utf8("MATLAB 5.0 MAT-file"));
  view.setUint16(124, 0x0100, true);
  head.set(utf8("IM"), 126);
  view.setUint32(128, 15, true);
  view.setUint32(132, packed.length, true);
  return Uint8Array.from([...head, ...packed]);
}

/** Everything in an HDF5 file. */
async function readAll(object: Hdf5Object, depth: number): Promise<void> {
  for (const name of object.attributes) object.attribute(name);
  if (object.isDataset) await object.read();
  else if (depth < 4) {
    for (const name of object.names) {
      const child = object.get(name);
      if (child) await readAll(child, depth + 1);
    }
  }
}

const words = (...numbers: readonly number[]): number[] =>
  numbers.flatMap((n) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24]);

/** An archive of one deflated file that says that it is of some size. */
function archive(name: string, content: Uint8Array, size: number): Uint8Array {
  const packed = deflateRawSync(content);
  const fields = [...words(0, packed.length, size), name.length, 0, 0, 0];
  const local = [0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0, ...fields, ...utf8(name), ...packed];
  const entry = [
    0x50,
    0x4b,
    1,
    2,
    20,
    0,
    20,
    0,
    0,
    0,
    8,
    0,
    0,
    0,
    0,
    0,
    ...fields,
    0,
    0,
    0,
    0,
    0,
    0,
    ...words(0, 0),
    ...utf8(name),
  ];
  const end = [0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, ...words(entry.length, local.length), 0, 0];
  return Uint8Array.from([...local, ...entry, ...end]);
}

const zeros = (size: number): Uint8Array => new Uint8Array(size);
const pickle = (text: string): Uint8Array =>
  archive(
    "a/data.pkl",
    Uint8Array.from(text, (c) => c.charCodeAt(0)),
    text.length,
  );

/** Small files that say that they are large, or whose parts lead to each other. */
const BOMBS: readonly (() => Uint8Array)[] = [
  // inflated, as much as is said, more, and less
  () => archive("a/data.pkl", zeros(2 ** 24), 2 ** 24),
  () => archive("a/data.pkl", zeros(2 ** 24), 100),
  () => archive("a/data.pkl", zeros(100), 2 ** 31),
  () => compressed(zeros(2 ** 24)),
  () =>
    compressed(
      Uint8Array.from([
        ...words(14, 0xfffffff0),
        ...words(6, 8, 1, 0),
        ...words(5, 8, 2 ** 14, 2 ** 14),
        ...words(1, 0),
      ]),
    ),
  // a list in itself; lists of lists of lists, 2 to the power of 40
  () => pickle("\x80\x02]q\x00h\x00a."),
  () => pickle(`\x80\x02]q\x00${"]h\x00ah\x00aq\x00".repeat(40)}.`),
  () => pickle(`\x80\x02${"(".repeat(10_000)}${"l".repeat(10_000)}.`),
  // a tensor of 2⁴⁰ numbers of a storage of one
  () =>
    pickle(
      "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQK\x00(\x8a\x06\x00\x00\x00\x00\x00\x01t(K\x00t\x89}tR.",
    ),
  () => utf8(`layer { ${"a { ".repeat(100_000)}`),
  () => utf8(`name: "x" input_dim: [${"1, ".repeat(100_000)}]`),
];
