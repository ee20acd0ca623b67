import { expect, test } from "vitest";
import { passingFolder } from "../../../test/support/picture-folder.js";
import { openDataset } from "./open-dataset-file.js";

/** A data set with empty files at some paths. */
async function opened(...paths: readonly (string | readonly [string, string])[]) {
  const root = await passingFolder(
    Object.fromEntries(paths.map((path) => (typeof path === "string" ? [path, ""] : path))),
  );
  const { classes, items, problems } = await openDataset(root);
  const parts = [...new Set(items.map(({ split }) => split ?? "none"))].join(" ");
  return {
    classes: classes.join(" "),
    count: items.length,
    parts,
    said: problems.map((p) => `${p.path}: ${p.reason}`),
  };
}

const SPLIT = ["train/a/1.png", "train/b/1.png", "val/a/2.png", "val/b/2.png"];

test.each<[string, string[], number]>([
  ["unlabelled pictures", ["unlabelled/x/3.png"], 1],
  ["unlabelled pictures without folders", ["unsup/3.png", "unsup/4.png"], 2],
  ["a folder that nobody expects", ["zebra/3.png"], 1],
  ["a folder without pictures", ["README/about.txt"], 0],
])("the parts of a split are told from classes beside %s", async (_, beside, count) => {
  const found = await opened(...SPLIT, ...beside);
  expect(found).toMatchObject({ classes: "a b", count: 4, parts: "training validation" });
  const holds = count === 0 ? "no picture" : count === 1 ? "1 picture" : `${count} pictures`;
  expect(found.said[0]).toBe(
    `${beside[0].split("/")[0]}: left out: it is no part of the split (train, val or test), and holds ${holds}`,
  );
});

test.each([
  ["TRAIN", "Testing"],
  ["training_set", "test_set"],
  ["train", "dev"],
  ["Train-Images", "VALID"],
])("%s and %s are parts", async (training, other) => {
  const found = await opened(`${training}/a/1.png`, `${training}/b/1.png`, `${other}/a/1.png`, "extra/a/1.png");
  expect(found).toMatchObject({ classes: "a b", count: 3 });
  expect(found.parts).toMatch(/^training (?:test|validation)$/);
});

test("one part is enough where what is beside it is no class", async () => {
  expect(await opened("train/a/1.png", "train/b/1.png", "unlabeled/1.png")).toMatchObject({ classes: "a b", count: 2 });
  expect(await opened("train/a/1.png", "train/b/1.png", "held back/a/1.png")).toMatchObject({
    classes: "a b",
    count: 2,
  });
});

test("classes with the name of a part are classes, and it is said where one might think otherwise", async () => {
  const vehicles = await opened("car/1.png", "plane/1.png", "train/1.png");
  expect(vehicles).toMatchObject({ classes: "car plane train", said: [] });
  const days = await opened("car/day/1.png", "plane/day/1.png", "train/night/1.png");
  expect(days.classes).toBe("car plane train");
  expect(days.said[0]).toBe("train: taken for a class, not for a part of a split: there is also car, plane");
  const valid = await opened("valid/day/1.png", "invalid/day/1.png");
  expect(valid.classes).toBe("invalid valid");
  const flat = await opened("train/1.png", "test/1.png");
  expect(flat.classes).toBe("test train");
  expect(flat.said).toEqual([
    "test, train: taken for a class, not for a part of a split: there are no folders of classes inside",
  ]);
});

test("what this program made is left out, wherever it lies", async () => {
  const found = await opened(
    "a/1.png",
    "b/1.png",
    ["runs/photos/config.json", '{\n  "task": "pictures",\n  "network": "compact"\n}'],
    "runs/photos/pictures/objective.png",
    ["runs/first-on-photos/evaluation.html", "<!doctype html>"],
    "runs/first-on-photos/pictures/matrix.png",
    ["patches/list.csv", "path,label,group,x,y\nbenign/1-x5-y5.png,benign,1,5,5\n"],
    "patches/benign/1-x5-y5.png",
    ["a/earlier/split.json", '{\n "format": "bellpepper split 1",'],
    "a/earlier/pictures/filters.png",
    ["pictures/confusion-matrix.png", "\u0089PNG"],
    ["pictures/roc.png", "\u0089PNG"],
  );
  expect(found).toMatchObject({ classes: "a b", count: 2 });
  expect(found.said).toEqual([
    "patches: left out: made by Bell Pepper, patches that `cut` made; open its list.csv to use them",
    "pictures: left out: made by Bell Pepper, the charts of a page",
    "runs/first-on-photos: left out: made by Bell Pepper, an evaluation",
    "runs/photos: left out: made by Bell Pepper, a run",
    "a/earlier: left out: made by Bell Pepper, a run",
  ]);
});

test("a folder of one's own with such files is a class", async () => {
  const found = await opened("a/1.png", ["a/config.json", '{"camera": 1}'], "b/1.png", ["b/list.csv", "path,label\n"]);
  expect(found).toMatchObject({ classes: "a b", count: 2 });
});

test("folders of systems are left out, and said", async () => {
  const names = [".thumbnails", ".ipynb_checkpoints", "@eaDir", "__MACOSX", "#recycle", "$RECYCLE.BIN", "lost+found"];
  const found = await opened(
    "a/1.png",
    "b/1.png",
    "a/Thumbs.db",
    "b/.DS_Store",
    ...names.map((name) => `${name}/x.png`),
  );
  expect(found).toMatchObject({ classes: "a b", count: 2 });
  expect(found.said).toHaveLength(1);
  expect(found.said[0]).toMatch(/left out: a folder of the system, or of a program, as are 6 others/);
  const inside = await opened("a/1.png", "a/@eaDir/1.png/thumb.png", "b/1.png");
  expect(inside).toMatchObject({ count: 2, said: ["a/@eaDir: left out: a folder of the system, or of a program"] });
});

test("pictures in formats that are not read are said by ending and count", async () => {
  const found = await opened("a/1.png", "b/1.png", ...[1, 2, 3, 4].map((i) => `a/${i}.BMP`), "b/2.heic");
  expect(found.said).toEqual([
    "a/1.BMP: left out: a picture in a format that is not read (4 files '.bmp'); save it as PNG, JPEG, WebP, TIFF or GIF",
    "b/2.heic: left out: a picture in a format that is not read; save it as PNG, JPEG, WebP, TIFF or GIF",
  ]);
  await expect(opened("a/1.bmp", "b/2.bmp")).rejects.toThrow(
    /holds no data set: expected PNG, JPEG, WebP, TIFF or GIF pictures, but there is only 2 files '\.bmp'\.$/,
  );
});

test("one name in two Unicode forms is one class", async () => {
  const found = await opened("Käse/1.png".normalize("NFC"), "Käse/2.png".normalize("NFD"), "Brot/1.png");
  expect(found).toMatchObject({ classes: "Brot Käse".normalize("NFC"), count: 3 });
});

const inBoth = (...tops: readonly string[]): string[] =>
  tops.flatMap((top) => [`${top}/a/${top}.png`, `${top}/b/${top}.png`]);

test.each([
  [["seg_train", "seg_test"], "training test"],
  [["images_train", "images_test", "images_val"], "training validation test"],
  [["01_train", "02_val", "03_test"], "training validation test"],
  [["tr", "te"], "training test"],
  [["train1", "train2", "test"], "training test"],
  [["trainA", "testA", "seg_pred"], "training test"],
])("%j are parts by the words in their names, and it is said", async (tops, parts) => {
  const found = await opened(...inBoth(...tops));
  expect(found).toMatchObject({ classes: "a b", parts });
  expect(found.said[0]).toMatch(/taken for the parts of a split that words in their names stand for \(/);
});

test("archives with their folder twice, as Kaggle has them, are parts", async () => {
  const found = await opened(
    ...["seg_train/seg_train/a", "seg_train/seg_train/b", "seg_test/seg_test/a", "seg_pred/seg_pred"].map(
      (at) => `${at}/1.png`,
    ),
  );
  expect(found).toMatchObject({ classes: "a b", count: 3 });
  expect(found.parts).toBe("training test");
});

test("folders with words for parts but other folders inside are classes, and it is said", async () => {
  const found = await opened("crash_test/x/1.png", "steam_train/y/1.png");
  expect(found).toMatchObject({ classes: "crash_test steam_train", parts: "none" });
  expect(found.said[0]).toMatch(/^crash_test, steam_train: taken for classes, not for parts of a split/);
  expect(await opened("crash_test/1.png", "car/1.png", "steam_train/1.png")).toMatchObject({ parts: "none" });
});

test("one folder around all others is gone through, and said", async () => {
  const found = await opened(...inBoth("train", "test").map((path) => `dataset/${path}`), "notes/about.txt");
  expect(found).toMatchObject({ classes: "a b", parts: "training test" });
  expect(found.said[0]).toMatch(/^dataset: the only folder with pictures/);
  const deeper = await opened("x/y/a/train/1.png", "x/y/a/test/2.png", "x/y/b/train/1.png");
  expect(deeper).toMatchObject({ classes: "a b", parts: "training test" });
  expect(await opened("a/1.png", "a/b/2.png")).toMatchObject({ classes: "a" });
});

test("parts inside of the classes are taken, and said", async () => {
  const found = await opened("a/train/1.png", "a/test/2.png", "b/test/1.png", "b/train/2.png", "b/train/3.png");
  expect(found).toMatchObject({ classes: "a b", count: 5, parts: "training test" });
  expect(found.said[0]).toBe("a/train, a/test: folders inside of the classes are taken for the parts of a split");
  const mixed = await opened("a/train/1.png", "a/test/2.png", "b/1.png");
  expect(mixed).toMatchObject({ classes: "a b", parts: "none" });
  expect(mixed.said[0]).toMatch(
    /^a\/test\/2\.png, a\/train\/1\.png: the paths look like parts of a split \(test 1, training 1\)/,
  );
});

test("files that are called as parts are said", async () => {
  const found = await opened("a/train_0.png", "a/test_9.png", "b/train_1.png", "b/test_2.png");
  expect(found).toMatchObject({ classes: "a b", parts: "none" });
  expect(found.said[0]).toMatch(/the paths look like parts of a split \(test 2, training 2\), which are not used/);
  expect((await opened("a/train_0.png", "b/train_1.png")).said).toEqual([]);
});

test("files without an ending are named where there are no pictures, and packages are no class", async () => {
  const bare = await passingFolder({ "cat/1": "", "dog/2": "" });
  await expect(openDataset(bare)).rejects.toThrow(
    "holds no data set: pictures are known by the endings of their files (.png, .jpg, .webp, .tif, .gif …), and there is none, but 2 without an ending (cat/1, dog/2).",
  );
  const root = await passingFolder({ "cat/1.png": "", "dog/2.png": "", "node_modules/logo/3.png": "" });
  const { classes, problems } = await openDataset(root);
  expect(classes).toEqual(["cat", "dog"]);
  expect(problems).toEqual([{ path: "node_modules", reason: "left out: a folder of the system, or of a program" }]);
});
