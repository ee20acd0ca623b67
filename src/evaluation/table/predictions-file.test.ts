import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { cases } from "../../../test/support/evaluation-fixture.js";
import { stream } from "../../random/stream.js";
import { predicted, topError } from "../metrics/metrics.js";
import {
  attributeTable,
  type ClassTable,
  classTable,
  labelMapTable,
  probabilities,
  valueTable,
} from "./predictions.js";
import { predictionsToCsv } from "./predictions-csv.js";
import { readPredictions, writePredictions } from "./predictions-file.js";
import { predictionsFromCsv } from "./predictions-from-csv.js";
import { subset } from "./subset.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-predictions-"));
});
afterAll(() => rm(folder, { recursive: true }));

const bits = ({ scores }: ClassTable): number[] => [...new Int32Array(scores.slice().buffer)];

/** Every finite float32, by its bits. */
const anyFloat = fc
  .integer()
  .map((bits) => new Float32Array(Int32Array.of(bits).buffer)[0])
  .filter(Number.isFinite);

describe("a table in a file", () => {
  it("is a line for each sample", async () => {
    const path = join(folder, "table.csv");
    const table = classTable(
      ["benign", 'grade 3, "bad"'],
      Int32Array.of(0, 1),
      Float32Array.of(1.1, -0, 1e-45, 16777216),
      { paths: ["a.png", "b,\nc.png"], groups: ["ann", ""], folds: Int32Array.of(0, 4) },
    );
    await writePredictions(path, table);
    expect(await readFile(path, "utf8")).toBe(
      [
        'path,group,fold,label,predicted,confidence,probability benign,"probability grade 3, ""bad""",score benign,"score grade 3, ""bad"""\n',
        // 1 / (1 + e^−1.1) = 0.75026
        "a.png,ann,0,benign,benign,0.75026,0.75026,0.24974,1.1,-0\n",
        '"b,\nc.png",,4,"grade 3, ""bad""","grade 3, ""bad""",1,0,1,1.4013e-45,16777216\n',
      ].join(""),
    );
    const again = await readPredictions(path, "classes");
    expect(again).toEqual(table);
    expect(bits(again)).toEqual(bits(table));
    expect(await readdir(folder)).toEqual(["table.csv"]);
  });

  test.each(cases)("%s: is read as it was written", async (name, table) => {
    const path = join(folder, `${name}.csv`);
    await writePredictions(path, table);
    expect(await readPredictions(path)).toEqual(table);
  });

  it("has the same bits again, whatever the scores and the names are", () => {
    const samples = fc.record({
      names: fc.uniqueArray(fc.string({ unit: "grapheme" }), { minLength: 2, maxLength: 2 }),
      rows: fc.array(fc.tuple(fc.nat(1), anyFloat, anyFloat, fc.string({ unit: "grapheme" }), fc.integer()), {
        minLength: 1,
      }),
    });
    fc.assert(
      fc.property(samples, ({ names, rows }) => {
        const table = classTable(
          names,
          Int32Array.from(rows, ([label]) => label),
          Float32Array.from(rows.flatMap(([, a, b]) => [a, b])),
          { paths: rows.map((row) => row[3]), folds: Int32Array.from(rows, (row) => row[4]) },
        );
        const again = predictionsFromCsv(predictionsToCsv(table), "classes");
        expect(again).toEqual(table);
        expect(bits(again)).toEqual(bits(table));
      }),
    );
  });

  it.each([
    [
      "attributes",
      attributeTable(["furry", "a, b"], Int32Array.of(1, 0, -1, 1), Float32Array.of(1.1, -0, 1e-45, 3)),
      // 1 / (1 + e^−3) = 0.952574
      'sample,truth furry,"truth a, b",probability furry,"probability a, b",score furry,"score a, b"\n0,1,0,0.75026,0.5,1.1,-0\n1,-1,1,0.5,0.952574,1.4013e-45,3\n',
    ],
    [
      "values",
      valueTable(["height"], Float32Array.of(1.5, -2), Float32Array.of(0.1, 16777216), {
        paths: ["a.png", "b.png"],
        groups: ["ann", "bob"],
        folds: Int32Array.of(0, 1),
      }),
      "path,group,fold,truth height,predicted height\na.png,ann,0,1.5,0.1\nb.png,bob,1,-2,16777216\n",
    ],
  ])("of %s is read as it was written", (_, table, text) => {
    expect(predictionsToCsv(table)).toBe(text);
    expect(predictionsFromCsv(text)).toEqual(table);
  });

  describe("of 250 classes", () => {
    const random = stream(7, "scores");
    const names = Array.from({ length: 250 }, (_, k) => `class ${k}`);
    const scores = Float32Array.from({ length: 40 * 250 }, () => 3 * random.normal());
    const table = classTable(
      names,
      Int32Array.from({ length: 40 }, (_, i) => (i * 7) % 250),
      scores,
    );

    it("has the five likeliest and their probabilities", () => {
      const [head, line] = predictionsToCsv(table)
        .split("\n")
        .map((text) => text.split(","));
      const shares = probabilities(subset(table, [0]));
      const order = names.map((_, k) => k).sort((a, b) => scores[b] - scores[a]);
      expect(head.slice(0, 12)).toEqual([
        ...["sample", "label", "predicted", "confidence", "guess 2", "probability of guess 2", "guess 3"],
        ...["probability of guess 3", "guess 4", "probability of guess 4", "guess 5", "probability of guess 5"],
      ]);
      for (const [n, column] of [2, 4, 6, 8, 10].entries()) {
        expect(line[column]).toBe(names[order[n]]);
        expect(Number(line[column + 1])).toBeCloseTo(shares[order[n]], 6);
      }
      expect(predictionsFromCsv(predictionsToCsv(table))).toEqual(table);
    });

    it("may have the ten best scores alone: errors, guesses, confidences and the likelihood stay", () => {
      const text = predictionsToCsv(table, { scores: "best" });
      expect(text.length).toBeLessThan(predictionsToCsv(table).length / 4);
      const again = predictionsFromCsv(text, "classes");
      expect(again.classes).toEqual(names);
      expect(again.labels).toEqual(table.labels);
      expect(predicted(again)).toEqual(predicted(table));
      for (const k of [1, 2, 5, 10]) expect(topError(again, k)).toBe(topError(table, k));
      const [before, after] = [table, again].map(probabilities);
      table.labels.forEach((label, i) => {
        for (const k of [label, predicted(table)[i]]) {
          expect(after[i * 250 + k] / before[i * 250 + k]).toBeCloseTo(1, 4);
        }
      });
    });

    it("may be as sure as can be", () => {
      const sure = classTable(
        names,
        Int32Array.of(3),
        Float32Array.from(names, (_, k) => (k === 3 ? 1e4 : -1e4)),
      );
      const again = predictionsFromCsv(predictionsToCsv(sure, { scores: "best" }), "classes");
      expect(predicted(again)[0]).toBe(3);
      expect(probabilities(again)[3]).toBe(1);
    });
  });

  it("is of the kind that was asked for, and of no map or boxes", () => {
    expect(() => predictionsFromCsv("truth a,predicted a\n1,2\n", "classes")).toThrow(
      "expected a table of classes, got one of values.",
    );
    expect(() => predictionsToCsv(labelMapTable(["a"], Int32Array.of(4)))).toThrow(
      "A table of classes, attributes or values can be written as CSV; this one is of labelMap.",
    );
  });

  it("may come from a spreadsheet: other columns, another order, other line ends", () => {
    const text = '\uFEFFnote,score a,label,score b\r\n,1,b,2\r\n"x",3,a,4.5\r\n\r\n';
    const { classes, labels, scores } = predictionsFromCsv(text, "classes");
    expect([classes, [...labels], [...scores]]).toEqual([
      ["a", "b"],
      [1, 0],
      [1, 2, 3, 4.5],
    ]);
  });

  it.each([
    ["no scores", "sample,label\n0,a\n", /line 1: expected the columns "label" and "score …"/],
    ["predictions without values", "truth a,predicted a,predicted b\n1,2,3\n", /line 1: expected a column "truth b"/],
    [
      "a sign that is none",
      "truth a,score a\n2,3\n",
      /expected 1, −1, or 0 for what does not count, got 2 for sample 0/,
    ],
    ["a missing field", "label,score a\na,1\na\n", /line 3: expected 2 fields, got 1/],
    ["another label", "label,score a\nb,1\n", /line 2: expected a class with scores as the label, got "b"/],
    ["an empty score", "label,score a\na,\n", /line 2: expected a number for "score a", got ""/],
    ["a score that is too large", "label,score a\na,1e39\n", /expected finite numbers, got Infinity for sample 0/],
    ["a broken fold", "fold,label,score a\n1.5,a,1\n", /line 2: expected a whole number for "fold", got "1.5"/],
    ["an open quotation", 'label,score a\n"a,1\n', /line 2: a quoted field does not end/],
  ])("says where it is wrong: %s", async (name, text, message) => {
    const path = join(folder, `${name}.csv`);
    await writeFile(path, text);
    await expect(readPredictions(path)).rejects.toThrow(message);
    await expect(readPredictions(path)).rejects.toThrow(path);
  });

  it("is not written when two classes have one name", () => {
    const table = classTable(["a", "a"], Int32Array.of(0), Float32Array.of(1, 2));
    expect(() => predictionsToCsv(table)).toThrow('Two classes have the name "a".');
  });
});
