/** Quick, Draw!: a gzipped file for each class, a line for each drawing, 28×28 amounts of ink from 0 to 1. */

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { writePng } from "bellpepper/data";

const SIDE = 28;
const ENDING = ".ndjson.gz";

/**
 * Makes folders train/CLASS and test/CLASS of PNG pictures, black on white; each fifth drawing is for the test.
 *
 * @param {string} from folder with a file for each class
 * @param {string} to
 */
export async function prepareDrawings(from, to) {
  const files = readdirSync(from).filter((name) => name.endsWith(ENDING));
  if (files.length === 0) throw new Error(`${from}: expected a file such as apple${ENDING} for each class.`);
  for (const [i, file] of files.entries()) {
    const label = basename(file, ENDING);
    for (const part of ["train", "test"]) mkdirSync(join(to, part, label), { recursive: true });
    const lines = gunzipSync(readFileSync(join(from, file)))
      .toString("utf8")
      .trim()
      .split("\n");
    await Promise.all(
      lines.map((line, n) =>
        writePng(join(to, n % 5 === 4 ? "test" : "train", label, `${n + 1}.png`), drawingOf(line, `${file}:${n + 1}`)),
      ),
    );
    if ((i + 1) % 50 === 0 || i + 1 === files.length)
      process.stdout.write(`drew ${i + 1} of ${files.length} classes\n`);
  }
}

/**
 * The picture of a line.
 *
 * @param {string} line 784 numbers, row by row
 * @param {string} where for messages
 * @returns {import("bellpepper/data").Image}
 */
export function drawingOf(line, where) {
  const ink = JSON.parse(line);
  if (!Array.isArray(ink) || ink.length !== SIDE * SIDE || !ink.every((value) => value >= 0 && value <= 1)) {
    throw new Error(`${where}: expected ${SIDE * SIDE} numbers from 0 to 1.`);
  }
  return {
    width: SIDE,
    height: SIDE,
    channels: 1,
    data: Uint8Array.from(ink, (value) => Math.round(255 * (1 - value))),
  };
}
