import { join } from "node:path";
import { expect, test } from "vitest";
import { passingFolder } from "../../../test/support/picture-folder.js";
import type { DatasetOptions } from "./dataset.js";
import { openDataset } from "./open-dataset-file.js";

/** A list in a folder with three of ILSVRC's pictures in the folder in/val, and what is made of it. */
async function listed(name: string, text: string, options: DatasetOptions = {}) {
  const pictures = [1, 2, 3].map((n) => [`in/val/ILSVRC2012_val_0000000${n}.JPEG`, ""] as const);
  const root = await passingFolder({ ...Object.fromEntries(pictures), [name]: text });
  const { classes, items, problems } = await openDataset(join(root, name), options);
  return {
    pictures: items.map(({ path, label, box }) =>
      [path.slice(-6), classes[label], ...Object.values(box ?? {})].join(" "),
    ),
    said: problems.map(({ path, reason }) => `${path}: ${reason}`),
  };
}

test("Caffe's lists: a path and a number, in the folder of the pictures below", async () => {
  const text = "ILSVRC2012_val_00000001.JPEG 65\nILSVRC2012_val_00000003.JPEG 970\r\n\n";
  expect(await listed("val.txt", text)).toEqual({ pictures: ["1.JPEG 65", "3.JPEG 970"], said: [] });
  const more = `${text}ILSVRC2012_val_00000004.JPEG 1\nILSVRC2012_val_00000005.JPEG 1\n`;
  expect((await listed("val.txt", more)).said).toEqual([
    "val.txt: left out: 2 of its pictures, which are not there (in/val/ILSVRC2012_val_00000004.JPEG, in/val/ILSVRC2012_val_00000005.JPEG)",
  ]);
});

test("numbers that count the pictures are no classes", async () => {
  const text = "ILSVRC2012_val_00000001 1\nILSVRC2012_val_00000002 2\nILSVRC2012_val_00000003 3\n";
  await expect(listed("val.txt", text)).rejects.toThrow(/val\.txt, line 1: .* count the pictures and are no classes/);
  await expect(listed("val.txt", "a.JPEG 1\nb\n")).rejects.toThrow(
    /line 2: expected a line for each picture.*got 'b'\.$/,
  );
});

test("classes alone, of ILSVRC's pictures in their order", async () => {
  const synsets = async () => ["n02119789", "n02100735"];
  expect((await listed("labels.txt", "n01751748\nn02119789\n")).pictures).toEqual([
    "1.JPEG n01751748",
    "2.JPEG n02119789",
  ]);
  const { pictures } = await listed("truth.txt", "2\n1\n2\n", { synsets });
  expect(pictures).toEqual(["1.JPEG n02100735", "2.JPEG n02119789", "3.JPEG n02100735"]);
  await expect(listed("truth.txt", "2\n3\n", { synsets })).rejects.toThrow(
    /line 2: expected a class from 1 to 2, got 3/,
  );
  await expect(listed("truth.txt", "2\n1\n")).rejects.toThrow(/line 1: a number without a picture on each line/);
});

test("Kaggle's table: whole pictures with a class, or its boxes", async () => {
  const text = [
    "ImageId,PredictionString",
    "ILSVRC2012_val_00000002,n01751748 111 108 230 366 n01751748 5 6 8 10 ",
    "ILSVRC2012_val_00000001,n02119789 0 0 9 7 ",
  ].join("\n");
  expect(await listed("LOC_val_solution.csv", text)).toEqual({
    pictures: ["2.JPEG n01751748", "1.JPEG n02119789"],
    said: ["LOC_val_solution.csv: it has boxes, which are not used: its pictures are whole"],
  });
  expect(await listed("LOC_val_solution.csv", text, { boxes: true })).toEqual({
    pictures: ["2.JPEG n01751748 111 108 119 258", "2.JPEG n01751748 5 6 3 4", "1.JPEG n02119789 0 0 9 7"],
    said: [],
  });
  await expect(listed("LOC.csv", `${text}\nx,n02119789 1 2 3`)).rejects.toThrow(/line 4: expected a WordNet number/);
});

test("pictures in the folder for which a list has no line are told", async () => {
  const root = await passingFolder({
    ...{ "val/2.JPEG": "", "val/10.JPEG": "", "val/1.JPEG": "", "val/notes.txt": "" },
    "lists/val.txt": "1.JPEG 3\n",
  });
  const { items, problems } = await openDataset(join(root, "val"), { list: join(root, "lists/val.txt") });
  expect(items).toHaveLength(1);
  expect(problems[0]).toEqual({
    path: "val.txt",
    reason: "left out: 2 pictures in the folder for which it has no line (2.JPEG, 10.JPEG)",
  });
});

test("a list elsewhere, of the pictures in a folder", async () => {
  const root = await passingFolder({
    "val/a.JPEG": "",
    "lists/val.txt": "a.JPEG 3\n",
    "lists/ours.csv": "path,label\nval/a.JPEG,x",
  });
  const { items, classes } = await openDataset(join(root, "val"), { list: join(root, "lists/val.txt") });
  expect([items, classes]).toEqual([[{ path: "a.JPEG", label: 0 }], ["3"]]);
  expect((await openDataset(root, { list: join(root, "lists/ours.csv") })).classes).toEqual(["x"]);
  const open = (path: string) => openDataset(join(root, path), { list: join(root, "lists/val.txt") });
  await expect(open("none")).rejects.toThrow(/none: there is no such file or folder/);
  await expect(open("val/a.JPEG")).rejects.toThrow(
    /a\.JPEG is a file: expected the folder with the pictures of .*val\.txt/,
  );
});

test("our lists may end in .txt, other texts are none", async () => {
  const own = "path,label\nin/val/ILSVRC2012_val_00000001.JPEG,cat\n";
  expect((await listed("list.txt", own)).pictures).toEqual(["1.JPEG cat"]);
  await expect(listed("notes.txt", "Pictures of cats.\n")).rejects.toThrow(/notes\.txt is a file: expected a folder/);
});

test("boxes in a column of any name, or in four", async () => {
  const picture = "in/val/ILSVRC2012_val_00000001.JPEG";
  const one = `path,label,bbox\n${picture},x,"1 2,3,4"\n`;
  expect((await listed("list.csv", one, { boxColumns: ["bbox"] })).pictures).toEqual(["1.JPEG x 1 2 3 4"]);
  await expect(listed("list.csv", one, { boxColumns: ["place"] })).rejects.toThrow(
    /expected boxes in the column place/,
  );
  const four = `path,label,X,Y,W,H\n${picture},x,1,2,3,4\nin/val/ILSVRC2012_val_00000002.JPEG,x,,,,\nin/val/ILSVRC2012_val_00000003.JPEG,x,1,2,3,\n`;
  expect(await listed("list.csv", four, { boxColumns: ["x", "y", "w", "h"] })).toEqual({
    pictures: ["1.JPEG x 1 2 3 4", "2.JPEG x"],
    said: [
      expect.stringMatching(/^list\.csv:3: 1 of 2 pictures have no box \(.*2\.JPEG\): they are whole$/),
      expect.stringMatching(/^list\.csv:4: left out: expected a box of four .* got '1 2 3'$/),
      expect.stringMatching(/^x: /),
    ],
  });
  const corners = `path,label,xmin,ymin,xmax,ymax\n${picture},x,1,2,4,6\n`;
  expect((await listed("list.csv", corners, { boxColumns: ["xmin", "ymin", "xmax", "ymax"] })).pictures).toEqual([
    "1.JPEG x 1 2 3 4",
  ]);
  await expect(listed("list.csv", corners, { boxColumns: ["xmin", "ymin"] })).rejects.toThrow(
    /one column of boxes, or four/,
  );
});
