/** How fast a folder of photographs is opened, beside sharp alone. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import sharp from "sharp";
import { openPictures } from "../data/pictures/pictures-file.js";
import { openDataset } from "../data/sources/open-dataset-file.js";
import { atOnce } from "../files/at-once.js";
import { stream } from "../random/stream.js";
import { median } from "./interleaved.js";

const COUNT = 300;
const SIZE = { width: 224, height: 224 };
const ROUNDS = 7;

/** Writes JPEGs of 500×375 that have as many details as photographs: soft spots with a little noise; some 50 kB each. */
async function writePhotographs(folder: string): Promise<string[]> {
  const [width, height] = [63, 47];
  const paths = Array.from({ length: COUNT }, (_, i) => join(folder, i % 2 === 0 ? "even" : "odd", `${i}.jpg`));
  for (const name of ["even", "odd"]) await mkdir(join(folder, name));
  await atOnce(paths, 4, async (path, i) => {
    const random = stream(1, "photograph", i);
    const spots = Uint8Array.from({ length: 3 * width * height }, () => random.integer(0, 255));
    await sharp(spots, { raw: { width, height, channels: 3 } })
      .resize(500, 375, { fit: "fill" })
      .jpeg({ quality: 90 })
      .toFile(path);
  });
  return paths;
}

/**
 * Measures how long a folder of photographs takes: by sharp alone, many at a time, and as training opens it, from the heads of its files to planes in memory.
 *
 * @returns a line for each, and the ratio
 */
export async function measureDecoding(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-decoding-"));
  try {
    const paths = await writePhotographs(folder);
    const alone = (): Promise<void> =>
      atOnce(paths, 16, async (path) => {
        await sharp(path).resize(SIZE.width, SIZE.height, { fit: "fill" }).raw().toBuffer();
      });
    const opened = async (): Promise<void> => {
      const pictures = await openPictures(await openDataset(folder), { size: SIZE });
      await pictures.close();
    };
    const rounds: { readonly alone: Spent; readonly opened: Spent }[] = [];
    // the first round warms up
    for (let i = 0; i <= ROUNDS; i++) rounds.push({ alone: await spent(alone), opened: await spent(opened) });
    const counted = rounds.slice(1);
    const line = (name: string, of: readonly Spent[]): string =>
      `${name.padEnd(18)} ${Math.round((1000 * COUNT) / median(of.map(({ wall }) => wall)))} pictures/s, ${(median(of.map(({ processor }) => processor)) / COUNT).toFixed(2)} ms of processor time each`;
    const times = (what: keyof Spent): string =>
      median(counted.map((one) => one.opened[what] / one.alone[what])).toFixed(2);
    return [
      line(
        "sharp alone",
        counted.map((one) => one.alone),
      ),
      line(
        "opened to train on",
        counted.map((one) => one.opened),
      ),
      `${times("wall")} × as long as sharp alone, ${times("processor")} × its processor time`,
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
}

/** Milliseconds. */
interface Spent {
  readonly wall: number;
  readonly processor: number;
}

async function spent(work: () => Promise<void>): Promise<Spent> {
  // so that nothing is charged to a turn that the one before has left
  collectGarbage();
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - started, processor: (user + system) / 1000 };
}
