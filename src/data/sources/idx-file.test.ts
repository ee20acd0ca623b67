import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { idx, passingFolder } from "../../../test/support/picture-folder.js";
import { openDataset } from "./open-dataset-file.js";
import { splitDataset } from "./split.js";

async function opened(files: Readonly<Record<string, Uint8Array>>) {
  const path = await passingFolder(files);
  const { items, problems } = await openDataset(path);
  return {
    items: items.map((item) => `${item.path} ${item.split ?? "none"}`),
    said: problems.map((p) => `${p.path}: ${p.reason}`),
  };
}

const pictures = idx([1, 1, 2], [1, 2]);
const labels = idx([1], [1]);

test("names may have a prefix: parts are still parts", async () => {
  const found = await opened({
    "emnist-letters-train-images-idx3-ubyte.gz": gzipSync(pictures),
    "emnist-letters-train-labels-idx1-ubyte.gz": gzipSync(labels),
    "emnist-letters-test-images-idx3-ubyte": pictures,
    "emnist-letters-test-labels-idx1-ubyte": labels,
  });
  expect(found.items).toEqual([
    "emnist-letters-train-images-idx3-ubyte.gz training",
    "emnist-letters-test-images-idx3-ubyte test",
  ]);
  const other = await opened({
    "my_train_images.idx3-ubyte": pictures,
    "my_train_labels.idx1-ubyte": labels,
    "my-t10k-images.idx3-ubyte": pictures,
    "my-t10k-labels.idx1-ubyte": labels,
  });
  expect(other.items.map((item) => item.split(" ")[1])).toEqual(["training", "test"]);
});

test("several data sets in a folder are refused", async () => {
  const of = (set: string) => ({ [`${set}-images-idx3-ubyte`]: pictures, [`${set}-labels-idx1-ubyte`]: labels });
  await expect(opened({ ...of("digits-train"), ...of("letters-train") })).rejects.toThrow(
    /holds several data sets \(digits-train-images-idx3-ubyte, letters-train-images-idx3-ubyte\): put each into a folder of its own\.$/,
  );
  await expect(opened({ ...of("digits-train"), ...of("letters-t10k") })).rejects.toThrow(/several data sets/);
  const beside = await opened({ ...of("train"), ...of("extra") });
  expect(beside.items).toEqual(["extra-images-idx3-ubyte none", "train-images-idx3-ubyte training"]);
  expect(beside.said).toEqual([
    "extra-images-idx3-ubyte: its name says no part (train, val, test or t10k): divided as those for training are",
  ]);
});

test("pictures without labels, and labels without pictures, are told", async () => {
  await expect(opened({ "train-images-idx3-ubyte": pictures })).rejects.toThrow(
    /has no pictures with labels\. train-images-idx3-ubyte: it has no labels \(train-labels-idx1-ubyte\) beside it\.$/,
  );
  await expect(opened({ "train-labels-idx1-ubyte.gz": gzipSync(labels) })).rejects.toThrow(
    /train-labels-idx1-ubyte\.gz: it has no pictures \(train-images-idx3-ubyte\) beside it\.$/,
  );
  const none = { "train-images-idx3-ubyte": idx([0, 1, 2], []), "train-labels-idx1-ubyte": idx([0], []) };
  await expect(opened(none)).rejects.toThrow(/has no pictures in its files train-images-idx3-ubyte\.$/);
});

test("no more is unpacked than the head says", async () => {
  const of = (bytes: Uint8Array) => opened({ "train-images-idx3-ubyte.gz": bytes, "train-labels-idx1-ubyte": labels });
  const bomb = gzipSync(Buffer.concat([pictures, Buffer.alloc(50_000_000)]));
  await expect(of(bomb)).rejects.toThrow(/ubyte\.gz: expected 18 bytes for 1×1×2 values, but it unpacks to more\.$/);
  const claim = gzipSync(idx([60_000, 28, 28], [1, 2, 3]));
  await expect(of(claim)).rejects.toThrow(
    /expected 47040016 bytes for 60000×28×28 values, but its \d+ packed bytes hold fewer\.$/,
  );
  const huge = gzipSync(Buffer.concat([idx([60_000, 280, 280], []), Buffer.alloc(10_000_000)]));
  await expect(of(huge)).rejects.toThrow(/but at most 2147483648 are read\.$/);
  await expect(of(gzipSync(pictures).subarray(0, 20))).rejects.toThrow(/it is cut off or no gzip/);
  // a browser has unpacked it, and left its name
  expect((await of(pictures)).items).toEqual(["train-images-idx3-ubyte.gz training"]);
});

test("CIFAR's names may have a prefix, too", async () => {
  const record = Uint8Array.from({ length: 3073 }, () => 0);
  const found = await opened({
    "cifar10_data_batch_1.bin": record,
    "cifar10_test_batch.bin": record,
    "cifar10_batches.meta.txt": Buffer.from("plane\n"),
  });
  expect(found.items).toEqual(["cifar10_data_batch_1.bin training", "cifar10_test_batch.bin test"]);
});

test("files that a browser has numbered are taken, and what is not taken is said", async () => {
  const test10 = { "t10k-images-idx3-ubyte": pictures, "t10k-labels-idx1-ubyte": labels };
  const numbered = await opened({
    ...test10,
    "train-images-idx3-ubyte (1)": pictures,
    "train-labels-idx1-ubyte (1).gz": gzipSync(labels),
  });
  expect(numbered).toEqual({
    items: ["train-images-idx3-ubyte (1) training", "t10k-images-idx3-ubyte test"],
    said: [],
  });
  const twice = await opened({
    ...test10,
    "t10k-images-idx3-ubyte (1)": pictures,
    "t10k-labels-idx1-ubyte.gz": labels,
  });
  expect(twice.said).toEqual([
    "t10k-images-idx3-ubyte (1): left out: another file of this name, but for a number, is taken",
  ]);
  const other = { ...test10, "train-images-idx3-ubyte.old": pictures };
  expect((await opened(other)).said).toEqual([
    "train-images-idx3-ubyte.old: left out: its name does not end in images-idx3-ubyte or labels-idx1-ubyte, packed (.gz) or not",
  ]);
  const path = await passingFolder(other);
  const dataset = await openDataset(path);
  expect(() => splitDataset(dataset)).toThrow(
    "Nothing is left for training: the data set has 1 pictures, 1 of them in its test part; left out: train-images-idx3-ubyte.old.",
  );
});

test("CIFAR's pictures without the names of their classes: the missing file is named", async () => {
  await expect(opened({ "data_batch_1.bin": pictures, "test_batch.bin": pictures })).rejects.toThrow(
    /holds no data set: beside data_batch_1\.bin, test_batch\.bin, .* batches\.meta\.txt of CIFAR-10, or fine_label_names\.txt/,
  );
});

test("val.bin is for validation; what stands beside packed files is said", async () => {
  const record = new Uint8Array(3073);
  const root = await passingFolder({
    "train.bin": record,
    "val.bin": record,
    "test.bin": record,
    "train (1).bin": record,
    "batches.meta.txt": "plane\n",
    "readme.html": "",
    "cat/1.png": "",
  });
  const { items, problems } = await openDataset(root);
  expect(items.map(({ path, split }) => `${path} ${split}`)).toEqual([
    "train.bin training",
    "val.bin validation",
    "test.bin test",
  ]);
  const reason =
    "left out: the pictures are read from files that hold many, such as train.bin, and from nothing beside them";
  expect(problems.filter((problem) => problem.reason === reason).map(({ path }) => path)).toEqual([
    "cat",
    "train (1).bin",
  ]);
});
