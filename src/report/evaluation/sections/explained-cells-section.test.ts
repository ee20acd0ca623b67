import { parseHTML } from "linkedom/worker";
import { expect, test } from "vitest";
import type { Image } from "../../../data/pictures/image.js";
import { html } from "../../../drawing/markup.js";
import { classTable } from "../../../evaluation/table/predictions.js";
import { float32 } from "../../../graph/tensor.js";
import type { Why } from "../../../inspection/attribution/why.js";
import { confusionSection } from "./confusion-section.js";
import { type ExplainedCells, type ExplainedMistake, explainedCellsSection } from "./explained-cells-section.js";

const image: Image = { width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(255) };
const evidence = (...data: number[]) => ({ method: "gradCam" as const, map: float32(data, [1, 1, 1, 2]) });
const why: Why = {
  said: { name: "owl", found: evidence(2, 0) },
  other: { name: "cat", found: evidence(0, 1) },
  against: evidence(2, 0),
};
const mistake = (sample: number, own: Partial<ExplainedMistake> = {}): ExplainedMistake => ({
  ...{ sample, source: `cat/${sample}.png`, sure: 0.75, why },
  ...own,
});
const silent: Why = { said: { name: "owl", found: { method: "gradCam", reason: "every derivative is zero." } } };
const cells: ExplainedCells = {
  cells: [
    {
      ...{ truth: 0, guess: 1, count: 12 },
      mistakes: [...Array(9).keys()].map((i) => mistake(i)).concat(mistake(9, { why: silent, otherwise: "cat" })),
    },
    { truth: 1, guess: 2, count: 1, mistakes: [mistake(9, { why: silent, otherwise: "fox" })] },
  ],
  ...{ notes: ["One fold is missing."], leftCells: 1, leftPictures: 3 },
};
const bodyOf = (text: string) => parseHTML(`<body>${text}</body>`).document;
const texts = (document: ReturnType<typeof bodyOf>, selector: string): string[] =>
  [...document.querySelectorAll(selector)].map((each) => (each.textContent ?? "").replaceAll("\u00a0", " ").trim());

test("a cell has a sheet with the mean of the evidence and its surest pictures, and says what is left out", async () => {
  const { body } = await explainedCellsSection(
    cells,
    ["cat", "owl", "fox"],
    () => image,
    (i, j) => `#cell-${i}-${j}`,
  );
  const document = bodyOf(body.text);
  expect(texts(document, "h3")).toEqual(["cat, taken for owl: 12 pictures", "owl, taken for fox: 1 picture"]);
  expect(document.querySelector("h3")?.id).toBe("why-1-2");
  expect(texts(document, ".strip figcaption")).toEqual([
    ...["the mean of 10 pictures", "for “owl”", "for “cat”", "for “owl” against “cat”"],
  ]);
  expect(document.querySelectorAll(".trios")[0].querySelectorAll("figure")).toHaveLength(8);
  const told = texts(document, "p.soft");
  expect(told).toContain("One fold is missing.");
  expect(told).toContain(
    "The mean is of the 10 pictures that were taken for it most surely; 2 pictures are left out. Below are the 8 surest.  All its pictures",
  );
  expect(told).toContain("Not explained: 1 further pair of classes, with 3 pictures in all.");
  expect(texts(document, ".trios figcaption").at(-1)).toBe(
    "75 % sure; as it is looked into, it is taken for foxcat/9.pngevery derivative is zero.",
  );
});

test("its cell in the matrix leads there, others to their pictures", () => {
  const table = classTable(["cat", "owl", "fox"], Int32Array.of(0, 2, 2), Float32Array.of(0, 1, 0, 1, 0, 0, 0, 0, 1));
  const linksOf = (text: string) =>
    [...bodyOf(text).querySelectorAll("a")].map((each) => each.getAttribute("href") ?? each.getAttribute("xlink:href"));
  const both = confusionSection(table, html`<i></i>`, cells.cells);
  expect(linksOf(both?.body.text ?? "")).toEqual(["#why-1-2", "#cell-3-1", "#cell-3-3", "#why-1-2"]);
  // without pictures only the explained one leads anywhere
  const alone = confusionSection(table, undefined, cells.cells);
  expect(linksOf(alone?.body.text ?? "")).toEqual(["#why-1-2", "#why-1-2"]);
});

test("without mistakes there is nothing to explain", async () => {
  const none = { cells: [], notes: [], leftCells: 0, leftPictures: 0 };
  const { body } = await explainedCellsSection(none, ["cat"], () => image);
  expect(texts(bodyOf(body.text), "p")).toEqual(["There is no mistake to explain."]);
});
