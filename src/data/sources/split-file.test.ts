import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderOf } from "../../../test/support/picture-folder.js";
import type { Dataset, DatasetItem } from "./dataset.js";
import { readSplit, writeSplit } from "./split-file.js";

const items: readonly DatasetItem[] = [
  { path: "a.png", label: 0 },
  { path: "many.idx", index: 3, label: 1 },
  { path: "b.png", label: 1, box: { x: 1, y: 2, width: 3, height: 4 } },
  { path: "b.png", label: 0, box: { x: 5, y: 2, width: 3, height: 4 } },
];
const dataset = (of: readonly DatasetItem[]): Dataset => ({
  root: "tissue",
  format: "list",
  classes: ["benign", "malign"],
  items: of,
  problems: [],
});
const split = { training: [0, 2], validation: [1], test: [3] };

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await folderOf({});
  path = join(folder, "made/split.json");
  await writeSplit(path, dataset(items), split);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a split is written by part, class and path, and read back, whatever order the items have", async () => {
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({
    format: "bellpepper split 1",
    classes: ["benign", "malign"],
    training: { benign: ["a.png"], malign: ["b.png@1,2,3,4"] },
    validation: { benign: [], malign: ["many.idx#3"] },
    test: { benign: ["b.png@5,2,3,4"], malign: [] },
  });
  expect(await readSplit(path, dataset(items))).toEqual(split);
  expect(await readSplit(path, dataset([...items].reverse()))).toEqual({
    training: [1, 3],
    validation: [2],
    test: [0],
  });
});

test("it fits names in the other Unicode form", async () => {
  const of = (form: "NFC" | "NFD"): Dataset => ({
    ...dataset([
      { path: "Bär/1.png".normalize(form), label: 0 },
      { path: "b/1.png", label: 1 },
    ]),
    classes: ["Bär".normalize("NFC"), "b"],
  });
  const own = join(folder, "forms.json");
  await writeSplit(own, of("NFD"), { training: [0], validation: [1], test: [] });
  expect(await readSplit(own, of("NFC"))).toEqual({ training: [0], validation: [1], test: [] });
});

test("it is refused when the data set has changed, naming what", async () => {
  const changed = [{ path: "a.png", label: 1 }, { path: "c.png", label: 0 }, ...items.slice(2)];
  await expect(readSplit(path, dataset(changed))).rejects.toThrow(
    `${path} does not fit the data set in tissue. Of its pictures are 1 gone (many.idx#3), 1 new (c.png), 1 of another class (a.png: malign, was benign).`,
  );
});

test.each([
  ["{", /is no split: .*JSON/],
  ["[]", /is no split: expected an object, got \[\]\.$/],
  [
    '{"format":"bellpepper split 2"}',
    /is no split: format: expected "bellpepper split 1", got "bellpepper split 2"\.$/,
  ],
  ['{"format":"bellpepper split 1","training":{"a":[1]}}', /is no split: training\.a\[0\]: expected a text, got 1\.$/],
  ['{"format":"bellpepper split 1","train":{}}', /is no split: unknown field 'train': did you mean 'training'\?/],
])("%s is no split", async (text, message) => {
  await writeFile(join(folder, "wrong.json"), text);
  await expect(readSplit(join(folder, "wrong.json"), dataset(items))).rejects.toThrow(message);
});

test("a picture stands in it once, and must be there when it is written", async () => {
  const twice = join(folder, "twice.json");
  await writeSplit(twice, dataset(items), { ...split, test: [3, 0] });
  await expect(readSplit(twice, dataset(items))).rejects.toThrow(/1 in it twice \(a\.png\)/);
  await expect(writeSplit(twice, dataset(items), { ...split, test: [9] })).rejects.toThrow(
    "The test part has item 9; there are 4.",
  );
});
