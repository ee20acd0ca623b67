import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LETTERS } from "../../src/data/letters/letters.js";
import { readLetters, writeLetters } from "../../src/data/letters/letters-file.js";

/** A letters set of a few of the packaged typefaces, so that an epoch takes a moment. Returns its folder. */
export async function smallLetters(typefaces: number): Promise<string> {
  const all = await readLetters();
  const size = LETTERS.length * all.height * all.width;
  const every = Math.floor(all.typefaces.length / typefaces);
  const chosen = Array.from({ length: typefaces }, (_, i) => i * every);
  const pixels = new Uint8Array(typefaces * size);
  chosen.forEach((from, to) => {
    pixels.set(all.pixels.subarray(from * size, (from + 1) * size), to * size);
  });
  const folder = join(await mkdtemp(join(tmpdir(), "bellpepper-letters-")), "set");
  await writeLetters(folder, { ...all, typefaces: chosen.map((i) => all.typefaces[i]), pixels });
  return folder;
}
