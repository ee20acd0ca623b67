import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { addFiles, folderOf } from "../../../test/support/picture-folder.js";
import { openDataset } from "./open-dataset-file.js";

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A data set that is a list, beside the pictures a.png, b.png and in/c.png. */
async function listed(text: string | Uint8Array, name = "list.csv") {
  const root = await folderOf({ "a.png": "", "b.png": "", "in/c.png": "", [name]: text });
  made.push(root);
  const { classes, items, problems } = await openDataset(join(root, name));
  const pictures = items.map(({ path, label, group }) => [path, classes[label], group].filter(Boolean).join(" "));
  return { classes, pictures, said: problems.map(({ path, reason }) => `${path}: ${reason}`) };
}

test("surplus fields are refused with their line: a comma in a label lacks its quotes", async () => {
  await expect(listed("path,label\na.png,cat\nb.png,cat, small\nin/c.png,cat, large\n")).rejects.toThrow(
    /list\.csv, line 3: expected 2 fields as in the heading, got 3 \(b\.png,cat, small\), as in 1 more lines; a text that holds a ',' stands in double quotes\.$/,
  );
  await expect(listed("path;label\na.png;cat;small\n")).rejects.toThrow(/line 2: expected 2 fields/);
  const filled = await listed("path,label\na.png,cat,,\nb.png,dog,,\n");
  expect(filled).toMatchObject({ pictures: ["a.png cat", "b.png dog"], said: [] });
});

test("a quote behind a space is refused with its line", async () => {
  await expect(listed('path,label\na.png, "cat"\n')).rejects.toThrow(
    /list\.csv, line 2: a quoted field begins right after the ',', and here is a space before "cat"\.$/,
  );
});

test("lists in other encodings are read by their mark, or refused with the line", async () => {
  const text = "path,label\na.png,Bär\nb.png,Bör\n";
  await expect(listed(Buffer.from(text, "latin1"))).rejects.toThrow(/list\.csv, line 2: it is not UTF-8/);
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
  expect((await listed(utf16)).classes).toEqual(["Bär", "Bör"]);
  const marked = '\uFEFF{"path":"a.png","label":"x"}\r\n{"path":"b.png","label":"y"}\r\n';
  expect(await listed(marked, "list.jsonl")).toMatchObject({ pictures: ["a.png x", "b.png y"], said: [] });
  expect((await listed("path,label\na.png,B\uFFFDr\nb.png,x\n")).said[0]).toMatch(
    /B.r: a class whose name has lost letters/,
  );
});

test("one name in two Unicode forms is one class, one group and one file", async () => {
  const root = await folderOf({ [`${"Bär".normalize("NFD")}.png`]: "", "b.png": "" });
  made.push(root);
  const rows = [
    ["Bär.png".normalize("NFC"), "Bär".normalize("NFC"), "Jürgen".normalize("NFC")],
    ["b.png", "Bär".normalize("NFD"), "Jürgen".normalize("NFD")],
  ];
  await addFiles(root, { "list.csv": `path,label,group\n${rows.map((row) => row.join(",")).join("\n")}\n` });
  const { classes, items } = await openDataset(join(root, "list.csv"));
  expect(classes).toEqual(["Bär".normalize("NFC")]);
  expect(items.map(({ path }) => path)).toEqual([`${"Bär".normalize("NFD")}.png`, "b.png"]);
  expect(new Set(items.map(({ group }) => group))).toEqual(new Set(["Jürgen".normalize("NFC")]));
});

test("absolute paths lead to the same pictures as relative ones", async () => {
  const root = await folderOf({ "pictures/a.png": "", "lists/b.png": "" });
  made.push(root);
  const lines = [`${root}/pictures/a.png,x`, `${root}/lists/b.png,y`, "./b.png,y", "..\\pictures\\a.png,z"];
  await addFiles(root, { "lists/list.csv": `path,label\r\n${lines.join("\r\n")}\r\n` });
  const { items, problems } = await openDataset(join(root, "lists/list.csv"));
  expect(items.map(({ path }) => path)).toEqual(["../pictures/a.png", "b.png"]);
  expect(problems.map(({ reason }) => reason)).toEqual([
    "left out: 'b.png' stands in line 3 already",
    "left out: '../pictures/a.png' stands in line 2 already as 'x'",
  ]);
});

test("labels that may be one, and missing ones, are pointed out", async () => {
  const { said } = await listed("path,label\na.png,0\nb.png,0.0\nin/c.png,nan\n");
  expect(said).toEqual([
    "nan: a class of this name: is it a missing label?",
    "0.0: a class whose name differs from '0' in how a number is written; they count as two",
  ]);
  const { pictures } = await listed("path,label\na.png,  cat \n b.png ,cat\n");
  expect(pictures).toEqual(["a.png cat", "b.png cat"]);
});

test("two columns of one name, and dividers that are not known, are refused", async () => {
  await expect(listed("path,label,label\na.png,x,y\n")).rejects.toThrow(/line 1: there are two columns 'label'\.$/);
  await expect(listed("path|label\na.png|x\n")).rejects.toThrow(
    /line 1: expected a heading with path and label.*got 'path\|label'\.$/,
  );
});
