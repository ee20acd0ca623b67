import { expect, test } from "vitest";
import { cifarVgg, ocr } from "../../network/zoo/index.js";
import { divisionNotes } from "./division.js";

test("batch normalisation sees a part of a batch that is divided", () => {
  expect(divisionNotes(cifarVgg(), { batchSize: 50, subBatches: 1, workers: 4 })).toEqual([
    "Batch normalisation sees the 13 pictures of one part of the batch at a time, not all 50 (--workers 4).",
  ]);
  expect(divisionNotes(cifarVgg(), { batchSize: 50, subBatches: 1, workers: 1 })).toEqual([]);
  expect(divisionNotes(ocr(), { batchSize: 50, subBatches: 2, workers: 4 })).toEqual([]);
});

test("a batch is not divided into more parts than it has pictures", () => {
  expect(() => divisionNotes(ocr(), { batchSize: 7, subBatches: 2, workers: 4 })).toThrow(
    "--workers 4 --sub-batches 2: a batch of 7 cannot be divided into 8 parts.",
  );
});
