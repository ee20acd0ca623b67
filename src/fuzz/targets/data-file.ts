/** Pictures, lists and packed files with changed bytes. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { readLabels } from "../../data/labels/labels-file.js";
import { readPicture } from "../../data/pictures/read-picture-file.js";
import { encodeWav } from "../../data/sound/wav.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import type { Stream } from "../../random/stream.js";
import { mutated, oneOf, type Target } from "../target.js";

const FORMATS = ["png", "jpeg", "tiff", "webp", "gif"] as const;

/** A picture of random pixels, as a file's bytes. */
async function pictureBytes(random: Stream, format: (typeof FORMATS)[number]): Promise<Uint8Array> {
  const [width, height, channels] = [random.integer(1, 24), random.integer(1, 24), oneOf(random, [1, 3, 4] as const)];
  const pixels = Uint8Array.from({ length: width * height * channels }, () => random.integer(0, 255));
  return sharp(pixels, { raw: { width, height, channels } }).toFormat(format).toBuffer();
}

const SMALL = { channels: 3, size: { width: 8, height: 8, fit: "pad" } } as const;

/** Pictures. */
export const pictures: Target = {
  about: "pictures with changed bytes, under their own and other endings: decoded, and read as labels",
  seconds: 20,
  async run(random, folder) {
    const format = oneOf(random, FORMATS);
    const name = `picture.${random.uniform() < 0.8 ? format : oneOf(random, FORMATS)}`;
    const path = join(folder, name);
    await writeFile(path, mutated(random, await pictureBytes(random, format)));
    if (random.uniform() < 0.5) await readPicture({ root: folder }, { path: name, label: 0 }, SMALL);
    else await readLabels(path);
  },
};

/** Sounds. */
export const sounds: Target = {
  about: "WAV files with changed bytes: opened, decoded to samples and to spectrograms",
  seconds: 20,
  async run(random, folder) {
    const samples = Float32Array.from({ length: random.integer(0, 400) }, () => 2 * random.uniform() - 1);
    const path = join(folder, "sound.wav");
    await writeFile(path, mutated(random, encodeWav(samples, oneOf(random, [8000, 16_000, 44_100]))));
    const rows = { channels: 1, rate: 8000, size: { width: 300, height: 2, fit: "crop" } } as const;
    await readPicture({ root: folder }, { path: "sound.wav", label: 0 }, random.uniform() < 0.5 ? rows : SMALL);
  },
};

const LISTS: readonly (readonly [string, string])[] = [
  [
    "list.csv",
    'path,class,group,split\na.png,cat,1,train\nb.png,dog,2,train\nc.png,cat,3,test\nd.png,"dog, big",4,test\n',
  ],
  ["list.jsonl", '{"path":"a.png","class":"cat"}\n{"path":"b.png","class":"dog","split":"train"}\n'],
  ["list.csv", "path;class\na.png;0\nb.png;0.0\nc.png;nan\n"],
  ["list.tsv", "path\tclass\na.png\tü\nb.png\tu\u0308\n"],
];

/** Lists. */
export const lists: Target = {
  about: "lists of pictures with changed bytes: opened",
  seconds: 20,
  async run(random, folder) {
    const [name, text] = oneOf(random, LISTS);
    for (const letter of "abcd") await writeFile(join(folder, `${letter}.png`), await pictureBytes(random, "png"));
    await writeFile(join(folder, name), mutated(random, new TextEncoder().encode(text)));
    await openDataset(join(folder, name), random.uniform() < 0.3 ? { groupColumn: "group" } : {});
  },
};

/** The bytes of an IDX file of bytes. */
function idx(sizes: readonly number[], value: () => number): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
  head.setUint16(2, 0x0800 + sizes.length);
  for (const [i, size] of sizes.entries()) head.setUint32(4 + 4 * i, size);
  const count = sizes.reduce((a, b) => a * b, 1);
  return Uint8Array.from([...new Uint8Array(head.buffer), ...Array.from({ length: count }, value)]);
}

/** Packed files. */
export const packed: Target = {
  about: "the files of MNIST and CIFAR with changed bytes: opened, and a picture of them read",
  seconds: 20,
  async run(random, folder) {
    const inside = join(folder, "packed");
    await mkdir(inside);
    const byte = (): number => random.integer(0, 255);
    const label = (): number => random.integer(0, 9);
    const files: readonly (readonly [string, Uint8Array])[] =
      random.uniform() < 0.6
        ? [
            ["train-images-idx3-ubyte", idx([6, 4, 4], byte)],
            ["train-labels-idx1-ubyte", idx([6], label)],
          ]
        : [["data_batch_1.bin", Uint8Array.from({ length: 2 * 3073 }, (_, i) => (i % 3073 === 0 ? label() : byte()))]];
    const hit = random.integer(0, files.length - 1);
    for (const [i, [name, bytes]] of files.entries()) {
      await writeFile(join(inside, name), i === hit ? mutated(random, bytes) : bytes);
    }
    const dataset = await openDataset(inside);
    await readPicture(dataset, oneOf(random, dataset.items), SMALL);
  },
};
