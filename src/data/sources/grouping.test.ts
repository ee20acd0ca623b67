import { join } from "node:path";
import { expect, test } from "vitest";
import { idx, passingFolder } from "../../../test/support/picture-folder.js";
import { openDataset } from "./open-dataset-file.js";

const pictures = { "a/Patient_1-1.png": "", "a/Patient_1-2.png": "", "b/Patient_2-1.png": "" };

test("a pattern that no picture fits is refused, with what paths look like", async () => {
  const root = await passingFolder(pictures);
  await expect(openDataset(root, { groupOf: /(patient\d+)/ })).rejects.toThrow(
    /: the pattern \(patient\\d\+\) finds no group in any of the 3 paths, such as a\/Patient_1-1\.png, a\/Patient_1-2\.png and 1 more\.$/,
  );
  await expect(openDataset(root, { groupOf: () => undefined })).rejects.toThrow(/: the rule for groups finds no group/);
  const { items } = await openDataset(root, { groupOf: /(Patient_\d+)/ });
  expect(items.map(({ group }) => group)).toEqual(["Patient_1", "Patient_1", "Patient_2"]);
});

test("a pattern that fits only some pictures is said, with what happens to the others", async () => {
  const root = await passingFolder({ ...pictures, "b/other.png": "", "b/x.png": "" });
  const { problems } = await openDataset(root, { groupOf: /(Patient_\d+)/ });
  expect(problems).toEqual([
    {
      path: "b/other.png",
      reason: "has no group, as have 1 others (b/x.png); 3 of 5 pictures have one. Each without is a group of its own",
    },
  ]);
});

test("empty places in a list's column of groups are said", async () => {
  const root = await passingFolder({
    ...pictures,
    "list.csv": "path,label,group\na/Patient_1-1.png,a,1\na/Patient_1-2.png,a,\nb/Patient_2-1.png,b,2\n",
  });
  const { problems } = await openDataset(join(root, "list.csv"));
  expect(problems[0].path).toBe("a/Patient_1-2.png");
  expect(problems[0].reason).toMatch(/^has no group; 2 of 3 pictures have one\./);
});

test("a pattern and a path in two Unicode forms fit", async () => {
  const root = await passingFolder({ [`a/${"Jürgen1".normalize("NFD")}.png`]: "", "b/Anna1.png": "" });
  const { items } = await openDataset(root, { groupOf: new RegExp("/(Jürgen|Anna)".normalize("NFC")) });
  expect(items.map(({ group }) => group)).toEqual(["Jürgen".normalize("NFC"), "Anna"]);
});

test("packed files have no paths to find groups in", async () => {
  const root = await passingFolder({
    "x-images-idx3-ubyte": idx([1, 1, 1], [5]),
    "x-labels-idx1-ubyte": idx([1], [0]),
  });
  await expect(openDataset(root, { groupOf: /(x)/ })).rejects.toThrow(
    /has its pictures in packed files: they have no paths/,
  );
});
