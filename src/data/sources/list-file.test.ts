import { join } from "node:path";
import { expect, test } from "vitest";
import { addFiles, passingFolder } from "../../../test/support/picture-folder.js";
import { openDataset } from "./open-dataset-file.js";

/** A data set that is a list, beside the pictures a.png, b.png and in/c.png. */
async function listed(text: string | Uint8Array, name = "list.csv") {
  const root = await passingFolder({ "a.png": "", "b.png": "", "in/c.png": "", [name]: text });
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
  const root = await passingFolder({ [`${"Bär".normalize("NFD")}.png`]: "", "b.png": "" });
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
  const root = await passingFolder({ "pictures/a.png": "", "lists/b.png": "" });
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
    "nan: a class of this name, as programs write it where a label is missing",
    "0.0: a class whose name differs from '0' in how a number is written; they count as two",
  ]);
  const { pictures } = await listed("path,label\na.png,  cat \n b.png ,cat\n");
  expect(pictures).toEqual(["a.png cat", "b.png cat"]);
});

test("two columns of one name, and dividers that are not known, are refused", async () => {
  await expect(listed("path,label,label\na.png,x,y\n")).rejects.toThrow(/line 1: there are two columns 'label'\.$/);
  await expect(listed("path|label\na.png|x\n")).rejects.toThrow(
    /line 1: expected a heading with path and label.*got 'path\|label': divide the fields by commas, semicolons or tabulators, not by '\|'\.$/,
  );
});

test.each([
  [
    "patient",
    ["7", "7", "8"],
    /^list\.csv: the column 'patient' looks like groups of pictures \(2\), and is not used: .*--group/,
  ],
  ["Patient_ID", ["7", "7", "8"], /the column 'patient_id' looks like groups/],
  [
    "subset",
    ["train", "val", "test"],
    /the column 'subset' looks like parts of a split, and is not used: call it 'split'/,
  ],
  ["where", ["Training", "test", "test"], /the column 'where' looks like parts of a split/],
  [
    "is_test",
    ["0", "0", "1"],
    /the column 'is_test' looks like parts of a split, .* write train, val or test into a column 'split'/,
  ],
  ["fold", ["1", "2", "3"], /the column 'fold' looks like parts of a split/],
  ["case", ["1", "2", "3"], /^list\.csv: a column that is not used: 'case'$/],
  ["width", ["64", "64", "64"], /^list\.csv: a column that is not used: 'width'$/],
])("a column %s that is not used is said", async (name, [a, b, c], said) => {
  const found = await listed(`path,label,${name}\na.png,x,${a}\nb.png,y,${b}\nin/c.png,y,${c}\n`);
  expect(found.said).toHaveLength(1);
  expect(found.said[0]).toMatch(said);
  const rows = [`{"path":"a.png","label":"x","${name}":"${a}"}`, `{"path":"b.png","label":"y","${name}":"${b}"}`];
  const json = [...rows, `{"path":"in/c.png","label":"y","${name}":"${c}"}`].join("\n");
  expect((await listed(json, "list.jsonl")).said).toEqual([found.said[0].replace("list.csv", "list.jsonl")]);
});

test("nothing is advised for what the list has already, and empty columns and a patch's place are no columns", async () => {
  const text = "path,label,group,split,case,fold,x,y,empty\na.png,x,1,train,1,1,1,2,\nb.png,y,2,test,1,1,1,2,\n";
  expect((await listed(text)).said).toEqual(["list.csv: 2 columns that are not used: 'case', 'fold'"]);
});

test("pictures without a part beside those that have one are said", async () => {
  const { said } = await listed("path,label,split\na.png,x,train\nb.png,y,\nin/c.png,y,test\n");
  expect(said).toEqual([
    "list.csv:3: 1 of 3 pictures have no part in the column split (b.png): they are divided as those for training are",
  ]);
});

test("pictures without a box beside those that have one are said", async () => {
  const { said } = await listed("path,label,box\na.png,x,1 2 3 4\nb.png,y,\nin/c.png,y,1 1 1 1\n");
  expect(said).toEqual(["list.csv:3: 1 of 3 pictures have no box (b.png): they are whole"]);
});

test("a line of JSON with a field twice is left out", async () => {
  const twice = '{"path":"a.png","label":"x", "more":{"label":1}, "\\u006cabel" : "y"}';
  const other = '{"path":"a.png","Label":"x","label":"y"}';
  const fine = '{"path":"b.png","label":"y","label2":{"label":"\\"label\\":"}}';
  const found = await listed([twice, other, fine].join("\n"), "list.jsonl");
  expect(found.pictures).toEqual(["b.png y"]);
  expect(found.said).toEqual([
    "list.jsonl: a column that is not used: 'label2'",
    "list.jsonl:1: left out: it has two fields 'label'",
    "list.jsonl:2: left out: it has two fields 'label'",
    "y: the only class: there is nothing to tell apart",
  ]);
});

test.each(["\u200B", "\uFEFF", "\u00AD", "\u2060"])(
  "a label with a character that cannot be seen is said",
  async (unseen) => {
    const code = unseen.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    const { said } = await listed(`path,label\na.png,ca${unseen}t\nb.png,cat\n`);
    expect(said.join()).toContain(`<U+${code}>`);
    expect(said.join()).toMatch(/a class whose name differs from '.*' in .*; they count as two/);
  },
);

test.each([
  ["sep=;\npath;label\n", "'sep=;', which spreadsheets alone understand: take the line out."],
  ["filename,class\na.png,cat\n", "'filename,class': call 'path' what is 'filename' and 'label' what is 'class'."],
  ["path,target\na.png,cat\n", "'path,target': call 'label' what is 'target'."],
  ["a.png,cat\nb.png,dog\n", "'a.png,cat', a picture already: put a line 'path,label' above it."],
  ["path,weight\n", "'path,weight'."],
])("a heading that is none says why: %j", async (text, end) => {
  const root = await passingFolder({ "list.csv": text });
  await expect(openDataset(join(root, "list.csv"))).rejects.toThrow(
    `line 1: expected a heading with path and label, and if wanted group, split and box; got ${end}`,
  );
});
