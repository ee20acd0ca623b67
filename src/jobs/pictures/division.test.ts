import { expect, test } from "vitest";
import { cifarVgg, ocr } from "../../network/zoo/index.js";
import { divisionNotes } from "./division.js";

test("batch normalisation sees a part of a batch that is divided", () => {
  expect(
    divisionNotes(cifarVgg(), { batchSize: 50, subBatches: 1, workers: 4, ranks: 1, syncBatchNorm: false }),
  ).toEqual([
    "Batch normalisation sees the 13 pictures of one part of the batch at a time, not all 50 (--workers 4); --sync-batch-norm lets it see all.",
  ]);
  expect(
    divisionNotes(cifarVgg(), { batchSize: 50, subBatches: 1, workers: 1, ranks: 1, syncBatchNorm: false }),
  ).toEqual([]);
  expect(
    divisionNotes(cifarVgg(), { batchSize: 50, subBatches: 1, workers: 2, ranks: 2, syncBatchNorm: false }),
  ).toEqual([
    expect.stringContaining(
      "sees the 13 pictures of one part of the batch at a time, not all 50 (2 ranks, --workers 2)",
    ),
  ]);
  expect(divisionNotes(ocr(), { batchSize: 50, subBatches: 2, workers: 4, ranks: 1, syncBatchNorm: false })).toEqual(
    [],
  );
});

test("a batch is not divided into more parts than it has pictures", () => {
  expect(() =>
    divisionNotes(ocr(), { batchSize: 7, subBatches: 2, workers: 4, ranks: 1, syncBatchNorm: false }),
  ).toThrow("--workers 4, --sub-batches 2: a batch of 7 cannot be divided into 8 parts.");
});

test("batch normalisation that sees the whole batch has to be there", () => {
  const division = { batchSize: 50, subBatches: 1, workers: 4, ranks: 1, syncBatchNorm: true };
  expect(divisionNotes(cifarVgg(), division)).toEqual([]);
  expect(divisionNotes(cifarVgg(), { ...division, workers: 1 })).toEqual([
    "--sync-batch-norm changes nothing here: batches are not divided (--workers, --sub-batches), so that batch normalisation sees all of each.",
  ]);
  expect(() => divisionNotes(ocr(), division)).toThrow(
    "--sync-batch-norm: the network has no batch normalisation that learns.",
  );
});
