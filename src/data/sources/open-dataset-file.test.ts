import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { idx, passingFolder, photo } from "../../../test/support/picture-folder.js";
import type { Dataset } from "./dataset.js";
import { openDataset } from "./open-dataset-file.js";

/** The items as "path class part group box". */
const said = ({ items, classes }: Dataset): string[] =>
  items.map(({ path, index, label, split, group, box }) =>
    [
      index === undefined ? path : `${path}#${index}`,
      classes[label],
      split ?? "",
      group ?? "",
      box ? Object.values(box).join(" ") : "",
    ]
      .join(" ")
      .trim()
      .replaceAll(/ +/g, " "),
  );

const reasons = ({ problems }: Dataset): string[] => problems.map(({ path, reason }) => `${path}: ${reason}`);

describe("a folder for each class", () => {
  test("gives the classes in natural order, with nested pictures, and tells what is no picture", async () => {
    const root = await passingFolder({
      "class10/a.png": "",
      "class2/b2.JPG": "",
      "class2/b10.jpeg": "",
      "class2/deep/er/c.webp": "",
      "class2/notes.txt": "",
      ".DS_Store": "",
      "class2/Thumbs.db": "",
      "loose.tif": "",
    });
    const dataset = await openDataset(root);
    expect(dataset.format).toBe("folders");
    expect(dataset.classes).toEqual(["class2", "class10"]);
    expect(said(dataset)).toEqual([
      "class2/b2.JPG class2",
      "class2/b10.jpeg class2",
      "class2/deep/er/c.webp class2",
      "class10/a.png class10",
    ]);
    expect(reasons(dataset)).toEqual([
      ".: left out: pictures outside of a class's folder (loose.tif)",
      "class2/deep/er: folders inside of a class's folder belong to the class (in 1 class)",
      "class2/notes.txt: left out: no picture",
    ]);
  });

  test("takes train, val and test at the top for the parts of a split", async () => {
    const dataset = await openDataset(
      await passingFolder({ "train/cat/1.png": "", "Val/cat/2.png": "", "val/dog/3.png": "", "test/dog/4.gif": "" }),
    );
    expect(dataset.classes).toEqual(["cat", "dog"]);
    expect(said(dataset).sort()).toEqual([
      "Val/cat/2.png cat validation",
      "test/dog/4.gif dog test",
      "train/cat/1.png cat training",
      "val/dog/3.png dog validation",
    ]);
    expect(reasons(dataset)).toEqual(["val: a second folder for validation beside 'Val'; both are used"]);
  });

  test("takes them for classes where they hold no folders", async () => {
    expect((await openDataset(await passingFolder({ "train/1.png": "", "test/2.png": "" }))).classes).toEqual([
      "test",
      "train",
    ]);
  });

  test("says what may be a mistake: an empty class, one class, names that differ in case", async () => {
    const cases = await openDataset(await passingFolder({ "Cat/1.png": "", "cat/2.png": "", "dog/x.txt": "" }));
    expect(cases.classes).toEqual(["cat", "Cat"]);
    expect(reasons(cases)).toEqual([
      "dog: left out: a class without a picture",
      "dog/x.txt: left out: no picture",
      "Cat: a class whose name differs from 'cat' in case only; they count as two",
    ]);
    const one = await openDataset(await passingFolder({ "cat/1.png": "" }));
    expect(reasons(one)).toEqual(["cat: the only class: there is nothing to tell apart"]);
  });

  test("takes pictures without any folder for one class, and points to a list beside them", async () => {
    const dataset = await openDataset(await passingFolder({ "1.png": "", "2.png": "", "labels.csv": "" }));
    expect(dataset.classes).toHaveLength(1);
    expect(dataset.items).toHaveLength(2);
    expect(reasons(dataset)[0]).toBe("labels.csv: a list; open it, not the folder, to use what it says");
  });

  test("has its classes in the order that was given", async () => {
    const root = await passingFolder({ "high/1.png": "", "low/1.png": "", "medium/1.png": "" });
    const dataset = await openDataset(root, { order: ["low", "medium", "high"] });
    expect(dataset.classes).toEqual(["low", "medium", "high"]);
    expect(said(dataset)).toEqual(["high/1.png high", "low/1.png low", "medium/1.png medium"]);
    await expect(openDataset(root, { order: ["low", "high"] })).rejects.toThrow(/but medium is missing\.$/);
  });

  test("finds groups in the paths", async () => {
    const root = await passingFolder({ "benign/patient7/1.png": "", "benign/patient8/1.png": "" });
    const dataset = await openDataset(root, { groupOf: (path) => path.split("/")[1] });
    expect(said(dataset)).toEqual(["benign/patient7/1.png benign patient7", "benign/patient8/1.png benign patient8"]);
  });

  test("follows links, but not in circles", async () => {
    const root = await passingFolder({ "cat/1.png": "", "dog/1.png": "" });
    await symlink(join(root, "cat"), join(root, "dog/again"));
    await symlink(root, join(root, "dog/up"));
    await symlink(join(root, "nowhere.png"), join(root, "dog/broken.png"));
    const dataset = await openDataset(root);
    expect(said(dataset)).toEqual(["cat/1.png cat", "dog/1.png dog"]);
    expect(reasons(dataset)).toEqual([
      "dog/broken.png: left out: neither a file nor a folder, or a link that leads nowhere",
      "dog/again: left out: a link to a folder that was read already",
      "dog/up: left out: a link to a folder that was read already",
    ]);
  });

  test("is no data set when there is no picture", async () => {
    const empty = await passingFolder({});
    await expect(openDataset(empty)).rejects.toThrow(
      /holds no data set: expected a folder of pictures .* but it is empty\.$/,
    );
    const text = await passingFolder({ "cat/readme.txt": "" });
    await expect(openDataset(text)).rejects.toThrow(/but there is only cat\.$/);
    await expect(openDataset(join(text, "cat/readme.txt"))).rejects.toThrow(/readme\.txt is a file: expected a folder/);
    await expect(openDataset(join(text, "dog"))).rejects.toThrow(/dog: there is no such file or folder\.$/);
  });
});

describe("a list", () => {
  const files = { "a/1.png": "", "a/2.png": "", "b, c.png": "" };

  test.each([
    [
      "list.csv",
      'Path,Label,Group,Split,Box\r\na/1.png,benign,p1,train,\r\na/2.png,benign,p2,VAL,1 2 30 40\r\n"b, c.png",malign,,,\r\n',
    ],
    [
      "list.tsv",
      "box\tlabel\tpath\tgroup\tsplit\n\tbenign\ta/1.png\tp1\ttrain\n1 2 30 40\tbenign\ta/2.png\tp2\tval\n\tmalign\tb, c.png",
    ],
    [
      "list.jsonl",
      '{"path":"a/1.png","label":"benign","group":"p1","split":"train"}\n{"path":"a/2.png","label":"benign","group":"p2","split":"val","box":[1,2,30,40]}\n\n{"path":"b, c.png","label":"malign"}\n',
    ],
  ])("%s", async (name, text) => {
    const dataset = await openDataset(join(await passingFolder({ ...files, [name]: text }), name));
    expect(dataset.format).toBe("list");
    expect(said(dataset)).toEqual([
      "a/1.png benign training p1",
      "a/2.png benign validation p2 1 2 30 40",
      "b, c.png malign",
    ]);
    expect(reasons(dataset)).toEqual([
      "b, c.png: has no group; 2 of 3 pictures have one. Each without is a group of its own",
      expect.stringMatching(/:4: 1 of 3 pictures have no part in the column split \(b, c\.png\)/),
      expect.stringMatching(/:[12]: 2 of 3 pictures have no box \(a\/1\.png, b, c\.png\): they are whole$/),
    ]);
  });

  test("has its groups in a column of any name, or in the paths", async () => {
    const root = await passingFolder({
      "anna-1.png": await photo(1, 8, 8, "png"),
      "anna-2.png": await photo(2, 8, 8, "png"),
      "ben-1.png": await photo(3, 8, 8, "png"),
      "list.csv": "path,label,Patient\nanna-1.png,a,A\nanna-2.png,b,A\nben-1.png,a,\n",
      "list.jsonl": '{"path":"anna-1.png","label":"a","Patient":"A"}\n{"path":"ben-1.png","label":"b"}\n',
    });
    const groups = async (name: string, options: Parameters<typeof openDataset>[1]) =>
      (await openDataset(join(root, name), options)).items.map(({ group }) => group);
    expect(await groups("list.csv", {})).toEqual([undefined, undefined, undefined]);
    expect(await groups("list.csv", { groupColumn: "patient" })).toEqual(["A", "A", undefined]);
    const groupOf = (path: string): string => path.split("-")[0];
    expect(await groups("list.csv", { groupColumn: "patient", groupOf })).toEqual(["A", "A", "ben"]);
    expect(await groups("list.csv", { groupOf })).toEqual(["anna", "anna", "ben"]);
    expect(await groups("list.jsonl", { groupColumn: "Patient" })).toEqual(["A", undefined]);
    await expect(groups("list.csv", { groupColumn: "nurse" })).rejects.toThrow(
      "list.csv: expected groups in the column 'nurse', but no line has anything there.",
    );
    await expect(groups(".", { groupColumn: "nurse" })).rejects.toThrow(
      /is a folder, and has no column 'nurse': expected a list/,
    );
  });

  test("lists every line that says nothing, and every picture that is missing", async () => {
    const lines = [
      "path,label,split,box",
      "a/1.png,x",
      "gone1.png,x",
      "a,x",
      "a/2.png,",
      ",x",
      "a/2.png,x,tomorrow",
      "a/2.png,x,,1 2 3",
      "gone2.png,y",
      "a/1.png,y",
    ];
    const dataset = await openDataset(
      join(await passingFolder({ ...files, "list.csv": lines.join("\n") }), "list.csv"),
    );
    expect(said(dataset)).toEqual(["a/1.png x"]);
    expect(reasons(dataset)).toEqual([
      "list.csv:5: left out: 'a/2.png' has no label",
      "list.csv:6: left out: it has no path",
      "list.csv:7: left out: expected the split train, val or test, got 'tomorrow'",
      "list.csv:8: left out: expected a box of four whole numbers \"x y width height\", width and height above 0, got '1 2 3'",
      "list.csv:10: left out: 'a/1.png' stands in line 2 already as 'x'",
      "gone1.png: left out: there is no such file",
      "a: left out: it is a folder, not a picture",
      "gone2.png: left out: there is no such file",
      "x: the only class: there is nothing to tell apart",
    ]);
  });

  test.each([
    ["empty.csv", "", /empty\.csv, line 1: expected a heading with path and label, .*; got ''\.$/],
    [
      "head.csv",
      "file;class\na;b",
      /head\.csv, line 1: .* got 'file;class': call 'path' what is 'file' and 'label' what is 'class'\.$/,
    ],
    ["quote.csv", 'path,label\n"a,b', /quote\.csv, line 2: a quoted field does not end\.$/],
    ["none.csv", "path,label\n", /none\.csv leads to no picture: it is empty\.$/],
    [
      "gone.csv",
      "path,label\n1,x\n2,x\n3,x\n4,x",
      /gone\.csv leads to no picture: none of its pictures is there: 1, 2, 3 and 1 more\.$/,
    ],
    ["bad.jsonl", "path,label", /bad\.jsonl leads to no picture: it is no JSON/],
  ])("%s is refused", async (name, text, message) => {
    await expect(openDataset(join(await passingFolder({ [name]: text }), name))).rejects.toThrow(message);
  });
});

describe("IDX files", () => {
  // two training pictures and a test picture of 2×3
  const train = { images: idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), labels: idx([2], [1, 0]) };
  const test10k = { images: idx([1, 2, 3], [21, 22, 23, 24, 25, 26]), labels: idx([1], [2]) };
  const files = {
    "train-images-idx3-ubyte.gz": gzipSync(train.images),
    "train-labels-idx1-ubyte.gz": gzipSync(train.labels),
    "t10k-images.idx3-ubyte": test10k.images,
    "t10k-labels.idx1-ubyte": test10k.labels,
  };

  test("are read in pairs, packed or not, as the parts that their names say", async () => {
    const dataset = await openDataset(await passingFolder(files));
    expect(dataset.format).toBe("idx");
    expect(dataset.classes).toEqual(["0", "1", "2"]);
    expect(said(dataset)).toEqual([
      "train-images-idx3-ubyte.gz#0 1 training",
      "train-images-idx3-ubyte.gz#1 0 training",
      "t10k-images.idx3-ubyte#0 2 test",
    ]);
    expect(dataset.packed?.shape).toEqual({ channels: 1, height: 2, width: 3 });
    expect(dataset.items.map((item) => [...(dataset.packed?.read(item) ?? [])])).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10, 11, 12],
      [21, 22, 23, 24, 25, 26],
    ]);
  });

  test("get the names of their classes from a file beside them", async () => {
    expect(
      (await openDataset(await passingFolder({ ...files, "classes.txt": "top\nshirt\n\nbag\n" }))).classes,
    ).toEqual(["top", "shirt", "bag"]);
    await expect(openDataset(await passingFolder({ ...files, "classes.txt": "top" }))).rejects.toThrow(
      /expected 3 names, .* got 1\.$/,
    );
  });

  test("tell what is wrong with them", async () => {
    const name = "train-images-idx3-ubyte";
    const labels = { "train-labels-idx1-ubyte": train.labels };
    await expect(openDataset(await passingFolder({ ...labels, [name]: train.images.subarray(0, 20) }))).rejects.toThrow(
      /train-images-idx3-ubyte: expected 28 bytes for 2×2×3 values, got 20\.$/,
    );
    await expect(openDataset(await passingFolder({ ...labels, [name]: "text" }))).rejects.toThrow(
      /begins with the bytes 0 0 8 3, got 116 101 120 116/,
    );
    await expect(openDataset(await passingFolder({ ...labels, [name]: test10k.images }))).rejects.toThrow(
      /expected 1 labels, .* got 2\.$/,
    );
    await expect(openDataset(await passingFolder({ ...labels, [`${name}.gz`]: "no gzip" }))).rejects.toThrow(
      /cut off or no gzip/,
    );
    const alone = await openDataset(await passingFolder({ ...files, "extra-images-idx3-ubyte": test10k.images }));
    expect(reasons(alone)).toEqual([
      "extra-images-idx3-ubyte: left out: it has no labels (extra-labels-idx1-ubyte) beside it",
    ]);
  });
});

describe("CIFAR", () => {
  const record = (labels: readonly number[], first: number): number[] => [
    ...labels,
    ...Array.from({ length: 3072 }, (_, i) => (first + i) % 256),
  ];

  test("10: a label before each picture", async () => {
    const dataset = await openDataset(
      await passingFolder({
        "data_batch_1.bin": Uint8Array.from([...record([1], 5), ...record([0], 6)]),
        "data_batch_2.bin": Uint8Array.from(record([1], 7)),
        "test_batch.bin": Uint8Array.from(record([0], 8)),
        "batches.meta.txt": "airplane\nautomobile\n\n",
        "readme.html": "",
      }),
    );
    expect(dataset.format).toBe("cifar");
    expect(dataset.packed?.shape).toEqual({ channels: 3, height: 32, width: 32 });
    expect(said(dataset)).toEqual([
      "data_batch_1.bin#0 automobile training",
      "data_batch_1.bin#1 airplane training",
      "data_batch_2.bin#0 automobile training",
      "test_batch.bin#0 airplane test",
    ]);
    expect(dataset.items.map((item) => dataset.packed?.read(item)[0])).toEqual([5, 6, 7, 8]);
  });

  test("100: a coarse and a fine label before each picture", async () => {
    const dataset = await openDataset(
      await passingFolder({
        "train.bin": Uint8Array.from(record([0, 1], 9)),
        "fine_label_names.txt": "apple\nbaby\n",
        "coarse_label_names.txt": "things\n",
      }),
    );
    expect(said(dataset)).toEqual(["train.bin#0 baby training"]);
    expect(dataset.packed?.read(dataset.items[0])[0]).toBe(9);
  });

  test("tells what is wrong with it", async () => {
    const meta = { "batches.meta.txt": "airplane\n" };
    await expect(openDataset(await passingFolder({ ...meta, "test_batch.bin": "short" }))).rejects.toThrow(
      /test_batch\.bin: expected records of 3073 bytes \(a label and 3×32×32\), got 5 bytes\.$/,
    );
    const wrong = Uint8Array.from(record([4], 0));
    await expect(openDataset(await passingFolder({ ...meta, "test_batch.bin": wrong }))).rejects.toThrow(
      /expected labels 0 to 0, got 4 in record 0\.$/,
    );
  });
});
