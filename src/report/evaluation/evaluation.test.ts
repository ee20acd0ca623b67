import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom/worker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { type ClassTable, classTable } from "../../evaluation/table/predictions.js";
import { errorInterval, evaluationFigures } from "./evaluation-figures.js";
import { writeEvaluation } from "./evaluation-file.js";
import { evaluationText, resultText } from "./evaluation-text.js";

/** The lecture's matrix: rows are what it is, columns what it was taken for. */
const CLASSES = ["benign", "Gleason 3", "Gleason 4", "Gleason 5"];
const MATRIX = [
  [51, 0, 0, 0],
  [3, 46, 3, 1],
  [0, 6, 43, 0],
  [0, 3, 0, 52],
];

/** A table with that matrix: every prediction is a little less sure than the one before. */
function lectureTable(extra: { groups?: string[] } = {}): ClassTable {
  const cells = MATRIX.flatMap((row, i) => row.flatMap((count, j) => Array.from({ length: count }, () => [i, j])));
  const scores = cells.flatMap(([, j], n) => CLASSES.map((_, k) => (k === j ? 3 - n / 200 : 0)));
  const paths = cells.map(([i, j], n) => `${CLASSES[i]}/${n}-${j}.png`);
  return classTable(
    CLASSES,
    Int32Array.from(cells, ([i]) => i),
    Float32Array.from(scores),
    { paths, ...extra },
  );
}

/** Pictures of one grey, as bright as their number. */
const samples: Samples = {
  count: 208,
  shape: { channels: 1, height: 4, width: 4 },
  target: classTarget(CLASSES, lectureTable().labels),
  read: (index, _, into, offset) => void into.fill(index, offset, offset + 16),
};

describe("the text", () => {
  test("of the lecture's matrix: 192 of 208 are right", () => {
    const text = evaluationText(lectureTable(), { ordered: true });
    expect(text).toMatch(/^pictures +208 of 4 classes$/m);
    // 16 / 208; Wilson's interval for 16 of 208 by hand: 4.79 % to 12.13 %
    expect(text).toMatch(/^top-1 error +7\.69 % \(95 %: 4\.79 % to 12\.13 %, Wilson\)$/m);
    // chance agreement (51·54 + 53·55 + 49·46 + 55·53) / 208² = 0.2506; (0.92308 − 0.2506) / (1 − 0.2506) = 0.897
    expect(text).toMatch(/^Cohen's kappa +0\.897$/m);
    expect(text).toMatch(/^2 Gleason 3 +3 +46 +3 +1 +83\.6 % +86\.8 % +85\.2 %$/m);
  });

  test("of a training on uneven classes says what guessing gives: 10 of 100 are the rare ones", () => {
    const result = (found: number): string => {
      const labels = Int32Array.from({ length: 100 }, (_, i) => (i < 10 ? 1 : 0));
      const scores = Float32Array.from({ length: 200 }, (_, i) => (i % 2 === (i < 2 * found ? 1 : 0) ? 1 : 0));
      return resultText(classTable(["neg", "pos"], labels, scores)).replaceAll(/\s+/g, " ");
    };
    expect(result(6)).toContain("error 4.00 %: 4 of 100 pictures");
    expect(result(6)).toContain('by guessing always "neg" would be wrong in 10.00 % most often');
    expect(result(0)).toContain(
      'by guessing always "neg" would be wrong in 10.00 %: the network is no better most often',
    );
    // the lecture's classes have 49 to 55 pictures
    expect(resultText(lectureTable())).not.toContain("by guessing");
  });

  test("of many classes names the pairs that are confused most", () => {
    const classes = Array.from({ length: 13 }, (_, k) => `class ${k}`);
    const scores = new Float32Array(26).fill(0);
    scores[3] = scores[13 + 4] = 1;
    const text = evaluationText(classTable(classes, Int32Array.of(3, 5), scores));
    expect(text).toMatch(/^class 5 +class 4 +1 +100\.0 %$/m);
  });

  test("where pictures come in groups, the interval is of groups", () => {
    const groups = Array.from({ length: 208 }, (_, i) => `patient ${i % 20}`);
    const { method, low, high, error } = errorInterval(lectureTable({ groups }));
    expect(method.replace("\u00a0", " ")).toBe("bootstrap of 20 groups");
    expect(low).toBeLessThan(error);
    expect(high).toBeGreaterThan(error);
  });

  test("of few groups says that they are too few to trust the interval", () => {
    const groups = Array.from({ length: 208 }, (_, i) => `patient ${i % 4}`);
    const { method, doubt } = errorInterval(lectureTable({ groups }));
    expect([method, doubt].map((text) => text?.replace("\u00a0", " "))).toEqual([
      "bootstrap of 4 groups",
      "4 groups are too few to trust the interval",
    ]);
    expect(evaluationText(lectureTable({ groups })).replaceAll(/\s+/g, " ")).toContain("too few to trust the interval");
  });

  test("where groups are wrong alike, drawing them tells nothing: a group counts as one sample", () => {
    // in each of 12 groups one of two is wrong
    const groups = Array.from({ length: 24 }, (_, i) => `patient ${i % 12}`);
    const scores = Float32Array.from({ length: 48 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    const labels = Int32Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : 1));
    const { low, high, method } = errorInterval(classTable(["a", "b"], labels, scores, { groups }));
    expect(method.replace("\u00a0", " ")).toBe("Wilson for 12 groups");
    // (0.5 + z²/24 ∓ z·√(0.25/12 + z²/576)) / (1 + z²/12) with z = 1.96
    expect([low, high]).toEqual([expect.closeTo(0.2538, 4), expect.closeTo(0.7462, 4)]);
  });

  test("where one group is all there is, and a part of it is wrong, it counts as one sample that is wrong", () => {
    const groups = Array.from({ length: 4 }, () => "patient");
    const scores = Float32Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    const { error, low, high } = errorInterval(classTable(["a", "b"], Int32Array.of(0, 1, 1, 1), scores, { groups }));
    // z² / (1 + z²) is the upper end for none of one, 1 less it the lower end for one of one
    expect([error, low, high]).toEqual([0.75, expect.closeTo(1 - 3.8415 / 4.8415, 4), 1]);
  });

  test("of classes that are called 1, 2, 3 quotes them, so that none is taken for a number", () => {
    const table = classTable(["1", "2", "3"], Int32Array.of(0, 1, 2), Float32Array.of(0, 1, 0, 0, 1, 0, 0, 0, 1), {
      paths: ["a.png", "b.png", "c.png"],
    });
    const text = evaluationText(table);
    expect(text).toMatch(/^1 "1" +0 +1 +0 /m);
    expect(text).toContain('58 %  "2", but it is "1": a.png');
  });

  test("fits 80 columns, however long names are, and however many classes there are", () => {
    for (const count of [2, 5, 12, 13, 60]) {
      const classes = Array.from({ length: count }, (_, k) => `${"very ".repeat(12)}long class ${k}`);
      const samples = 4000;
      const scores = Float32Array.from({ length: samples * count }, (_, i) => (i * 7919) % 101);
      const table = classTable(
        classes,
        Int32Array.from({ length: samples }, (_, i) => i % count),
        scores,
        {
          paths: Array.from({ length: samples }, (_, i) => `folder of ${i % 7}/picture ${i}.png`),
          folds: Int32Array.from({ length: samples }, (_, i) => i % 10),
        },
      );
      for (const line of evaluationText(table, { ordered: true }).split("\n")) {
        expect(line.length, line).toBeLessThanOrEqual(80);
      }
    }
  });

  test("where all are right, a group counts as one sample, and no temperature is proposed", () => {
    const groups = Array.from({ length: 40 }, (_, i) => `patient ${i % 10}`);
    const scores = Float32Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    const table = classTable(["benign", "tumour"], new Int32Array(40), scores, { groups });
    const { low, high, method } = errorInterval(table);
    expect(method.replace("\u00a0", " ")).toBe("Wilson for 10 groups");
    // z² / (n + z²) with z = 1.96
    expect([low, high]).toEqual([0, expect.closeTo(3.8415 / 13.8415, 4)]);
    expect(evaluationText(table)).toMatch(/^calibration error +\d+\.\d+ % expected$/m);
  });
});

describe("the page", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bellpepper-evaluation-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("of a cross-validation has a matrix for each fold, and how much they differ", async () => {
    const all = lectureTable();
    const folds = Int32Array.from(all.labels, (_, i) => i % 2);
    const input = { title: "Tissue", table: { ...all, folds }, configuration: {} };
    const { page, pictures } = await writeEvaluation(join(folder, "folds"), input);
    const { document } = parseHTML(await readFile(page, "utf8"));
    const captions = [...document.querySelectorAll("#folds figcaption")].map((each) => each.textContent);
    expect(captions.map((text) => text.replaceAll("\u00a0", " "))).toEqual([
      "Fold 1: 6.73 % of 104 pictures",
      "Fold 2: 8.65 % of 104 pictures",
    ]);
    const counts = [1, 2].map((fold) => {
      const svg = document.querySelectorAll("#folds svg")[fold - 1];
      return [...svg.querySelectorAll("title")].map((title) => Number(/: (\d+) of/.exec(title.textContent)?.[1]));
    });
    expect(counts.flat().reduce((a, b) => a + b)).toBe(208);
    // recall of benign is 1 in both folds
    const [benign] = document.querySelectorAll("#folds tbody tr");
    expect(benign.textContent.replaceAll("\u00a0", " ")).toMatch(/^benign100.0 % ± 0.0 %/);
    expect(pictures.filter((path) => /fold-[12]\.png$/.test(path))).toHaveLength(2);
  });

  test("shows the labels that may be wrong, lists them beside it, and takes the list away when there are none", async () => {
    // the third "a" and the last "b" are taken for the other as surely as the others for what they are
    const labels = Int32Array.of(0, 0, 0, 1, 1, 1);
    const scores = Float32Array.of(3, 0, 3, 0, 0, 3, 0, 3, 0, 3, 4, 0);
    const paths = Array.from(labels, (label, i) => `${"ab"[label]}/${i}.png`);
    const table = classTable(["a", "b"], labels, scores, { paths });
    const own = join(folder, "labels");
    const { page } = await writeEvaluation(own, { title: "Labels", table, configuration: {} });
    const { document } = parseHTML(await readFile(page, "utf8"));
    const cards = [...document.querySelectorAll("#label-errors .card")].map((each) => each.textContent);
    expect(cards.map((text) => text.replaceAll("\u00a0", " "))).toEqual([
      "said to be b, may be a2 % b, 98 % ab/5.png",
      "said to be a, may be b5 % a, 95 % ba/2.png",
    ]);
    // 1 / (1 + e⁴) = 0.017986, 1 / (1 + e³) = 0.047426
    expect(await readFile(join(own, "label-errors.csv"), "utf8")).toBe(
      "path,label,likely,probability of label,probability of likely\nb/5.png,b,a,0.017986,0.982014\na/2.png,a,b,0.047426,0.952574\n",
    );
    const right = { ...table, labels: Int32Array.of(0, 0, 1, 1, 1, 0) };
    const again = await writeEvaluation(own, { title: "Labels", table: right, configuration: {} });
    expect(await readFile(again.page, "utf8")).not.toContain("may be wrong");
    expect(await readdir(own)).not.toContain("label-errors.csv");
  });

  test("shows behind each number of the matrix its pictures", async () => {
    const other = { name: "another model", table: lectureTable() };
    const configuration = { folds: 5 };
    const input = { title: "Tissue", table: lectureTable(), samples, configuration, ordered: true, other };
    const { page, pictures } = await writeEvaluation(folder, input);
    const { document } = parseHTML(await readFile(page, "utf8"));
    // The matrix that is coloured is the one that is followed, and there is no other.
    expect(document.querySelectorAll("#confusion figure svg")).toHaveLength(1);
    const links = [...document.querySelectorAll("#confusion figure svg a")];
    const link = links.find((a) => a.getAttribute("href") === "#cell-3-2");
    expect(link?.textContent).toBe("Gleason 4 taken for Gleason 3: 6 of 49");
    expect(link?.querySelector("rect")?.getAttribute("fill")).toBe("var(--accent)");
    const cell = document.querySelector("#cell-3-2");
    expect(cell?.querySelector("h3")?.textContent.replaceAll("\u00a0", " ")).toBe(
      "Gleason 4, taken for Gleason 3: 6 pictures",
    );
    const titles = [...(cell?.querySelectorAll("img") ?? [])].map((img) => img.getAttribute("title"));
    expect(titles).toHaveLength(6);
    expect(titles[0]).toMatch(/^Gleason 4\/\d+-1\.png: \d+\s% Gleason 3$/);
    // Of 51 the 24 surest are there.
    expect(document.querySelectorAll("#cell-1-1 img")).toHaveLength(24);
    // Every number that can be followed leads to a gallery.
    expect(links).toHaveLength(9);
    for (const a of links) {
      expect(document.querySelector(a.getAttribute("href") ?? "none")).not.toBeNull();
    }
    expect(document.body.textContent).toContain("0 pictures only this one has right".replace(" ", "\u00a0"));
    expect(pictures.map((path) => path.slice(folder.length + 10))).toEqual([
      "worst-mistakes.png",
      "confusion-matrix.png",
      "roc.png",
      "precision-recall.png",
      "reliability.png",
    ]);
  }, 30_000);

  test("of very many classes tells of the worst, and stays small", async () => {
    const count = 1000;
    const names = Array.from({ length: count }, (_, k) => `class ${k}`);
    const labels = Int32Array.from({ length: 2 * count }, (_, i) => i % count);
    // of the second sample of each class but the first 60, half is taken for the next class
    const scores = new Float32Array(2 * count * count);
    labels.forEach((label, i) => {
      const isWrong = i >= count && label >= 60 && label % 2 === 0;
      scores[i * count + (isWrong ? label + 1 : label)] = 9;
    });
    const table = classTable(names, labels, scores);
    const { page } = await writeEvaluation(join(folder, "many"), { title: "Many", table, configuration: {} });
    const source = await readFile(page, "utf8");
    const { document } = parseHTML(source);
    expect(document.querySelectorAll("#confusion svg")).toHaveLength(0);
    expect(document.querySelectorAll("#confusion tbody tr")).toHaveLength(100);
    expect(document.querySelector("#confusion")?.textContent).toContain("the 50 worst of both");
    expect(source.length).toBeLessThan(400_000);
    // 470 of 2000
    expect(evaluationText(table)).toMatch(/^top-1 error +23\.50 % /m);
  }, 60_000);

  test("is made without pictures, too", async () => {
    const { page } = await writeEvaluation(folder, { title: "Numbers", table: lectureTable(), configuration: {} });
    const source = await readFile(page, "utf8");
    expect(source).not.toContain('class="galleries"');
    expect(source).not.toContain('href="#cell');
  });
});

test("classes without pictures are named, and the means say over how many classes they run", () => {
  const scores = Float32Array.of(3, 0, 0, 2, 0, 0, 0, 0, 4);
  const figures = new Map(evaluationFigures(classTable(["a", "b", "c"], Int32Array.of(0, 0, 2), scores)));
  expect(figures.get("pictures")?.replaceAll("\u00a0", " ")).toBe(
    "3 of 2 classes; none of 'b', which no figure tells of",
  );
  expect(figures.get("precision, recall, F1")?.replaceAll("\u00a0", " ")).toBe(
    "100.0 %, 100.0 %, 100.0 % (mean of the 2 classes with pictures)",
  );
});
