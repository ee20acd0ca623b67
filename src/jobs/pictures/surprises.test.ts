import { expect, test } from "vitest";
import { flat, passingFolder, photo } from "../../../test/support/picture-folder.js";
import { openPictures } from "../../data/pictures/pictures-file.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { folds } from "../../data/sources/split.js";
import { type Division, decodedEvent, openedEvent } from "./surprises.js";

/** What is said of pictures when they are opened, and when they are decoded. */
async function said(files: Readonly<Record<string, Uint8Array | string>>, division: Division = {}, groupOf?: RegExp) {
  const root = await passingFolder(files);
  const dataset = await openDataset(root, groupOf ? { groupOf } : {});
  const pictures = await openPictures(dataset, { size: { width: 24, height: 18 }, channels: 3 });
  const own = division.folds ? { folds: folds(dataset, 2) } : division;
  const events = decodedEvent(dataset, pictures, own, undefined);
  let step = await events.next();
  while (!step.done) step = await events.next();
  const { findings } = step.value;
  await pictures.close();
  const texts = [openedEvent(dataset).findings, findings].map((list) =>
    list.map(({ kind, text }) => `${kind}: ${text.replaceAll("\u00a0", " ")}`),
  );
  return { opened: texts[0], decoded: texts[1].filter((text) => !/fewer than 10 pictures/.test(text)) };
}

const picture = (number: number) => photo(number, 48, 36, "png");

test("rates that are left over", async () => {
  const files = { "a/1.png": await picture(1), "b/2.png": await picture(2) };
  const { decoded } = await said(files, { pace: { epochs: 2, learningRate: [0.1, 0.2, 0.3] } });
  expect(decoded).toContain(
    "note: There are 3 learning rates, one for each epoch, and 2 epochs: the last 1 of them will not be used.",
  );
  const enough = await said(files, { pace: { epochs: 3, learningRate: [0.1, 0.2, 0.3] } });
  expect(enough.decoded.join()).not.toContain("learning rates");
});

test("copies on both sides of a split, classes without pictures to train on, and the parts", async () => {
  const { opened, decoded } = await said({
    "train/a/1.png": await picture(1),
    "train/b/2.png": await picture(2),
    "test/a/copy.jpg": await photo(1, 96, 72),
    "test/b/3.png": await picture(3),
    "test/c/4.png": await picture(4),
  });
  expect(opened).toEqual(["note: Parts of a split are there already: training 2, test 3 pictures."]);
  expect(decoded).toEqual([
    "wrong: 2 pictures look the same and stand in more than one part of the split: train/a/1.png, test/a/copy.jpg.",
    "wrong: 1 class has no picture to train on: c (1 in the test part).",
  ]);
});

test("copies in two folds, and of two classes; the same of one class on one side is no surprise", async () => {
  const [one, two] = [await picture(1), await picture(2)];
  const files = { "a/1.png": one, "b/1.png": one, "a/2.png": two, "a/2b.png": two, "b/3.png": await picture(3) };
  const { decoded } = await said(files, { split: { training: [0, 1, 2, 3, 4], validation: [], test: [] } });
  expect(decoded).toEqual(["wrong: 2 pictures look the same and have different classes: a/1.png, b/1.png."]);
  const across = await said({ "a/1.png": one, "a/2.png": one, "b/3.png": two, "b/4.png": two }, { folds: [] });
  expect(across.decoded).toEqual([
    "wrong: 4 pictures, in 2 sets, look the same and stand in more than one fold: for example a/1.png, a/2.png.",
  ]);
});

test("uneven classes, and what is done about them where something is trained", async () => {
  const files: Record<string, Uint8Array> = { "b/0.png": await picture(0) };
  for (let i = 1; i <= 9; i++) files[`a/${i}.png`] = await picture(i);
  const split = { training: [...Array(10).keys()], validation: [], test: [] };
  const begin = "note: The classes are uneven: a has 9 pictures, 9.0 times as many as b with 1.";
  expect((await said(files, { split })).decoded).toEqual([begin]);
  expect((await said(files, { split, balance: "none" })).decoded).toEqual([
    `${begin} Every picture counts alike; --balance weights or --balance sampling lets every class count alike.`,
  ]);
  expect((await said(files, { split, balance: "weights" })).decoded).toEqual([
    `${begin} Mistakes are weighed, so that every class counts alike.`,
  ]);
});

test("pictures without a range, groups, and a batch that is larger than the data", async () => {
  const black = await flat("png", 24, 18, [0, 0, 0]);
  const { opened, decoded } = await said(
    { "a/p1-1.png": black, "a/p1-2.png": black, "b/p2-1.png": black },
    { split: { training: [0, 1, 2], validation: [], test: [] }, batchSize: 100 },
    /(p\d)/,
  );
  expect(opened).toEqual(["note: 2 groups of 1 to 2 pictures were found, such as p1."]);
  expect(decoded).toEqual([
    "wrong: All 3 pictures are of one colour all over: a/p1-1.png, a/p1-2.png, b/p2-1.png. Was the range of their values lost?",
    "note: A batch of 100 is larger than the 3 pictures to train on: an epoch is one step.",
  ]);
});
