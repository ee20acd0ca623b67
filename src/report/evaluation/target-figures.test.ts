import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attributeTable, boxTable, labelMapTable, valueTable } from "../../evaluation/table/predictions.js";
import { writeEvaluation } from "./evaluation-file.js";
import { evaluationText } from "./evaluation-text.js";

const linesOf = (...args: Parameters<typeof evaluationText>): string[] => evaluationText(...args).split("\n");

test("attributes: a line for each", () => {
  // "tame": one of two has it and is missed, the other is right. "furry": both have it and are right.
  const table = attributeTable(["tame", "furry"], Int32Array.of(1, 1, -1, 1), Float32Array.of(-2, 1, -1, 2));
  expect(linesOf(table)).toEqual([
    "pictures         2 with 2 attributes",
    "attribute error  25.00 %",
    "",
    "attribute  counted  have it   error  precision   recall       F1",
    "tame             2        1  50.0 %          –    0.0 %    0.0 %",
    "furry            2        2   0.0 %    100.0 %  100.0 %  100.0 %",
    "",
    "attribute  average precision",
    "tame                   0.500",
    "furry                   1.00",
  ]);
});

test("values: errors and what is explained, in folds", () => {
  // Distances 1 and −1 of 10 and 20: R² = 1 − 2 / 50; in each fold there is nothing to explain.
  const folds = Int32Array.of(0, 1);
  const table = valueTable(["height"], Float32Array.of(10, 20), Float32Array.of(11, 19), { folds });
  expect(linesOf(table)).toEqual([
    "pictures    2 with 1 value",
    "R²          0.960",
    "R² by fold  –, –",
    "",
    "value   mean absolute error  root mean square error     R²",
    "height                 1.00                    1.00  0.960",
  ]);
});

test("maps of labels: overlaps of each class", () => {
  // 6 of 8 and 8 of 10 pixels; 14 of 16 are right.
  expect(linesOf(labelMapTable(["ground", "tissue"], Int32Array.of(6, 1, 1, 8)))).toEqual([
    "pictures                      1 of 2 classes",
    "mean intersection over union  77.50 %",
    "accuracy of the pixels        87.50 %",
    "",
    "class   pixels  intersection over union  recall  precision",
    "ground       7                   75.0 %  85.7 %     85.7 %",
    "tissue       9                   80.0 %  88.9 %     88.9 %",
  ]);
});

test("boxes: how many were found", () => {
  const box = { label: 0, x: 0, y: 0, width: 2, height: 2 };
  const table = boxTable(["nucleus", "gland"], [[box, { ...box, x: 5 }]], [[{ ...box, score: 1 }]]);
  expect(linesOf(table)).toEqual([
    "pictures                1 of 2 classes",
    "mean average precision  0.500 (overlap of at least ½)",
    "",
    "class    boxes  found  precision  recall  average precision",
    "nucleus      2      1    100.0 %  50.0 %              0.500",
    "gland        0      0          –       –                  –",
  ]);
});

test("an empty table, and models compared by values, are refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-targets-"));
  const nothing = valueTable(["a"], new Float32Array(), new Float32Array());
  const input = { title: "Nothing", configuration: {} };
  await expect(writeEvaluation(folder, { ...input, table: nothing })).rejects.toThrow("nothing to tell");
  const table = valueTable(["a"], Float32Array.of(1), Float32Array.of(2));
  const other = {
    name: "another",
    table: { kind: "classes", classes: ["a"], labels: Int32Array.of(0), scores: Float32Array.of(1) },
  } as const;
  await expect(writeEvaluation(folder, { ...input, table, other })).rejects.toThrow(
    "Models are compared by what they say of classes; this table is of values.",
  );
  await rm(folder, { recursive: true });
});
