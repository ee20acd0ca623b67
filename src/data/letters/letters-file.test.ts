import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LetterPictures } from "./letters.js";
import { loadLetters, readLetters, writeLetters } from "./letters-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "letters-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the packaged letters", () => {
  it("are the 595 and 350 typefaces of the lecture's split", async () => {
    const { training, validation, heldOut, mean } = await loadLetters();
    expect([training.count, validation.count, heldOut.count]).toEqual([595 * 26, 350 * 26, 26]);
    expect(training.shape).toEqual({ channels: 1, height: 32, width: 32 });
    expect(heldOut.typeface(0).family).toBe("Lato");
    expect(training.typeface(458 * 26).family).toBe("League Mono");
    // computed from the file with NumPy
    expect(mean).toBeCloseTo(235.44088798, 6);
  });
});

describe("a letters set in a folder", () => {
  const pictures: LetterPictures = {
    typefaces: ["Arvo", "Muli"].map((family) => ({ family, style: "Regular", source: `${family}.ttf` })),
    height: 2,
    width: 1,
    pixels: Uint8Array.from({ length: 2 * 26 * 2 }, (_, i) => 2 * i),
  };
  const PIXELS = "letters-2x26x2x1.u8.gz";
  const set = (): string => join(folder, "set");

  it("is read as it was written, and leaves nothing else behind", async () => {
    await writeLetters(set(), pictures);
    expect(await readLetters(set())).toEqual(pictures);
    expect(await readdir(folder)).toEqual(["set"]);
    expect((await readdir(set())).sort()).toEqual(["fonts.tsv", PIXELS]);
  });

  it("may have signs that are no letters", async () => {
    const signs = Uint8Array.of(1, 2, 3, 4, 5, 6); // three of 2×1
    await writeLetters(set(), { ...pictures, signs });
    expect((await readdir(set())).sort()).toEqual(["fonts.tsv", PIXELS, "signs-3x2x1.u8.gz"]);
    expect(await readLetters(set())).toEqual({ ...pictures, signs });
    const split = await loadLetters(set());
    const last = new Uint8Array(2);
    split.signs?.read(2, 0, last, 0);
    expect([split.signs?.count, ...last]).toEqual([3, 5, 6]);
    await writeFile(join(set(), "signs-3x1x2.u8.gz"), "");
    await expect(readLetters(set())).rejects.toThrow(/expected one file of at least one sign, 2×1 as the letters/);
  });

  it("may have ligatures", async () => {
    const ligatures = { list: [{ letters: "fi", cuts: [0, 1, 2] }], pixels: Uint8Array.of(7, 8) };
    await writeLetters(set(), { ...pictures, ligatures });
    expect((await readdir(set())).sort()).toEqual(["fonts.tsv", PIXELS, "ligatures-1x2x1.u8.gz", "ligatures.tsv"]);
    expect(await readLetters(set())).toEqual({ ...pictures, ligatures });
    const tsv = join(set(), "ligatures.tsv");
    await writeFile(tsv, "letters\tcuts\n");
    await expect(readLetters(set())).rejects.toThrow(
      `${tsv}: expected 1 ligatures, as in ligatures-1x2x1.u8.gz, got 0.`,
    );
    await writeFile(tsv, "letters\tcuts\nfi\t3,2,9\n");
    await expect(readLetters(set())).rejects.toThrow(
      /ligatures.tsv, line 2: expected letters a–z and one more growing/,
    );
  });

  it("is not written over a folder that holds something", async () => {
    await writeFile(join(folder, "diary.txt"), "dear");
    await expect(writeLetters(folder, pictures)).rejects.toThrow(
      /expected a new or empty folder, but it holds diary.txt/,
    );
  });

  it.each<[string, (pixels: string, tsv: string) => Promise<void>, RegExp]>([
    [
      "lacks its pictures",
      (pixels) => rm(pixels),
      /is no letters set: expected a folder with fonts.tsv and one letters-/,
    ],
    ["lacks fonts.tsv", (_, tsv) => rm(tsv), /is no letters set: .* but it holds letters-2x26x2x1.u8.gz/],
    [
      "names one typeface less",
      (_, tsv) => writeFile(tsv, "family\tstyle\tsource\na\tb\tc\n"),
      /fonts.tsv: expected 2 typefaces.*got 1/,
    ],
    [
      "has a broken line",
      (_, tsv) => writeFile(tsv, "family\tstyle\tsource\na\tb\tc\nd\n"),
      /fonts.tsv, line 3: expected 3 fields/,
    ],
    [
      "is no gzip",
      (pixels) => writeFile(pixels, "letters"),
      /u8.gz: it is cut off or no gzip \(incorrect header check\)/,
    ],
    [
      "is cut off",
      async (pixels) => writeFile(pixels, (await readFile(pixels)).subarray(0, -12)),
      /u8.gz: it is cut off or no gzip/,
    ],
    [
      "has too few bytes",
      (pixels) => writeFile(pixels, gzipSync(new Uint8Array(100))),
      /expected 104 bytes in the gzip, got 100/,
    ],
    [
      "has too many bytes",
      (pixels) => writeFile(pixels, gzipSync(new Uint8Array(1e6))),
      /expected 104 bytes in the gzip, got more/,
    ],
  ])("says so when it %s", async (_, damage, message) => {
    await writeLetters(set(), pictures);
    await damage(join(set(), PIXELS), join(set(), "fonts.tsv"));
    await expect(readLetters(set())).rejects.toThrow(message);
  });

  it("says so when the sizes are not those of letters", async () => {
    await writeFile(join(folder, "fonts.tsv"), "family\tstyle\tsource\n");
    await writeFile(join(folder, "letters-2x10x2x1.u8.gz"), "");
    await expect(readLetters(folder)).rejects.toThrow(/expected 26 letters of at least 1×1, got 2×10×2×1/);
  });

  it("says so when there is no folder, an empty one, or a file", async () => {
    await expect(readLetters(join(folder, "none"))).rejects.toThrow(
      /none is no letters set: .*cannot be opened \(there is no such file or folder\)/,
    );
    await expect(readLetters(folder)).rejects.toThrow(/but it holds nothing/);
    await writeFile(join(folder, "file"), "");
    await expect(readLetters(join(folder, "file"))).rejects.toThrow(/in, a file and not a folder/);
  });
});
