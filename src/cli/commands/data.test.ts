import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Outcome, runCommand } from "../../../test/support/command.js";
import { addFiles, folderOf, photo } from "../../../test/support/picture-folder.js";

let folder: string;
beforeAll(async () => {
  folder = await folderOf({
    "set/cat/cut.jpg": (await photo(9)).subarray(0, 700),
    "set/cat/text.png": "no picture",
    "gone.csv":
      "path,label\nset/cat/1.jpg,cat\nnot/1.jpg,cat\nnot/2.jpg,dog\nnot/3.jpg,dog\nnot/4.jpg,dog\nset/dog/1.jpg,dog",
    "none.csv": "path,label\nnot/1.jpg,cat\n",
    "wrong.csv": "file;class\n1.jpg;cat\n",
    "notes.txt": "",
    "empty/notes.txt": "",
    "broken/cat/1.png": "no picture",
  });
  for (let i = 0; i < 10; i++) {
    await addFiles(folder, { [`set/cat/${i}.jpg`]: await photo(i), [`set/dog/${i}.jpg`]: await photo(20 + i) });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const data = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, "data", ...call);

describe("bellpepper data", () => {
  test("tells what is in a folder, and writes it as a page", async () => {
    const { code, out, err } = await data("set", "--out", "made/set.html");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("20 pictures of 2 classes in set\n");
    expect(out).toMatch(/^ {2}cat {2}█{32} 10$/m);
    expect(out).toContain("sizes     all 96×72\nkinds     jpeg; coloured; 8 bits\n");
    // lines have 80 columns
    expect(out.replaceAll(/\n {2}(?! )/g, " ")).toMatch(
      /^✗ 2 pictures cannot be decoded: cat\/cut\.jpg, its 700 bytes [^✗]*,\s+cat\/text\.png, its\s+10\s+bytes\s/m,
    );
    expect(out).toMatch(/\npage {6}made\/set\.html\n$/);
    expect(await readFile(join(folder, "made/set.html"), "utf8")).toMatch(/<\/html>\s*$/);
  });

  test("prints all of it as JSON", async () => {
    const { code, out } = await data("gone.csv", "--json");
    expect(code).toBe(0);
    const { pictures, problems, proposed, classes, findings } = JSON.parse(out);
    expect(pictures).toBe(2);
    expect(findings).toContainEqual({ kind: "note", text: expect.stringMatching(/^not\/1\.jpg: left out: /) });
    expect(problems.map(({ path }: { path: string }) => path)).toEqual([
      "not/1.jpg",
      "not/2.jpg",
      "not/3.jpg",
      "not/4.jpg",
    ]);
    expect(proposed).toEqual({ width: 96, height: 72, channels: 3 });
    expect(classes).toEqual([
      { name: "cat", count: 1, parts: {} },
      { name: "dog", count: 1, parts: {} },
    ]);
  });

  test.each([
    [1, ["nowhere"], "nowhere: there is no such file or folder."],
    [
      1,
      ["notes.txt"],
      "notes.txt is a file: expected a folder of pictures, or a list that ends in .csv, .tsv or .jsonl.",
    ],
    [1, ["empty"], "empty holds no data set: expected a folder of pictures for each class"],
    [1, ["none.csv"], "none.csv leads to no picture: none of its pictures is there: not/1.jpg."],
    [1, ["wrong.csv"], "wrong.csv, line 1: expected a heading with path and label"],
    [1, ["broken"], "None of the 1 pictures can be decoded. cat/1.png: its 10 bytes cannot be decoded"],
    [2, [], "missing required argument 'path'"],
    [2, ["set", "--out", "set.png"], "--out: expected a file that ends in .html, got 'set.png'."],
  ])("%i: %o", async (code, call, message) => {
    const outcome = await data(...call);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toContain(message);
    expect(outcome.err).not.toMatch(/^\s+at /m);
    expect(existsSync(join(folder, "set.png"))).toBe(false);
  });
});
