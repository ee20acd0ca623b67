/** Ten pictures of each letter, each in a typeface of its own, to learn from, and others to be measured by. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadLetters, writePng } from "bellpepper/data";
import { permutation, stream } from "bellpepper/random";

/** Of each letter so many are trained on, and so many are for the test. */
const [TRAINED, TESTED] = [10, 20];

/** Draws the letters of the packaged set that some list has, and writes the lists, `list-SEED.csv`. */
export async function prepareLetters(/** @type {string} */ to, /** @type {readonly number[]} */ seeds) {
  const { training } = await loadLetters();
  const { count, shape, target } = training;
  /** @type {Set<string>} */
  const drawn = new Set();
  for (const name of target.names) mkdirSync(join(to, name), { recursive: true });
  for (const seed of seeds) {
    const taken = target.names.map(() => 0);
    const rows = [];
    for (const i of permutation(count, stream(seed, "letters"))) {
      const label = target.labels[i];
      const place = taken[label]++;
      if (place >= TRAINED + TESTED) continue;
      const name = target.names[label];
      const path = join(name, `${i}.png`);
      if (!drawn.has(path)) {
        const data = new Uint8Array(shape.channels * shape.height * shape.width);
        training.read(i, 0, data, 0);
        await writePng(join(to, path), { width: shape.width, height: shape.height, channels: 1, data });
        drawn.add(path);
      }
      rows.push(`${path.replaceAll("\\", "/")},${name},${place < TRAINED ? "train" : "test"}\n`);
    }
    writeFileSync(join(to, `list-${seed}.csv`), ["path,label,split\n", ...rows].join(""));
  }
}
