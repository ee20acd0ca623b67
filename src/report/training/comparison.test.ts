import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addMetric } from "../../blocks/loss/metrics.js";
import type { EpochStatistics } from "../../training/statistics/epoch-statistics.js";
import { writeComparison } from "./comparison-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-comparison-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A training whose errors on training and validation end as they are given. */
const training = (own: number, other: number): EpochStatistics[] =>
  [1, 2, 3].map((epoch) => {
    const statistics = (end: number) => ({
      objective: 4 * end + 1 / epoch,
      metrics: { top1Error: end + 0.5 / epoch - 0.5 / 3 },
      imagesPerSecond: 1,
    });
    return { epoch, learningRate: 0.1, train: statistics(own), validation: statistics(other) };
  });

const input = {
  title: "Dropout",
  lead: "With and without.",
  configuration: { epochs: 3 },
  runs: [
    { name: "without", history: training(0.01, 0.21) },
    { name: "with <it>", history: training(0.05, 0.15) },
  ],
};

test("trainings stand side by side, on the same axes, with the gap between what is known and what is new", async () => {
  const { page, pictures } = await writeComparison(folder, input);
  const { document } = parseHTML(await readFile(page, "utf8"));
  const rows = [...document.querySelectorAll("header tbody tr")].map((row) =>
    [...row.querySelectorAll("td")].map((cell) => cell.textContent.replaceAll("\u00a0", " ")),
  );
  expect(rows.map(([name, , , ...errors]) => [name, ...errors])).toEqual([
    ["without", "1.00 %", "21.00 %", "20.00 %"],
    ["with <it>", "5.00 %", "15.00 %", "10.00 %"],
  ]);
  // equal values lie at equal heights in both charts: the last training error of 5 % of one, and the same in the other's scale
  const ticks = [...document.querySelectorAll("#top-1-error svg")].map((svg) =>
    [...svg.querySelectorAll("[aria-label='y-axis tick label'] text")].map((text) => text.getAttribute("transform")),
  );
  expect(ticks[0].length).toBeGreaterThan(1);
  expect(ticks[1]).toEqual(ticks[0]);
  expect(pictures.map((path) => path.slice(folder.length + 1))).toEqual([
    ...["objective", "top-1-error"].flatMap((name) => [1, 2].map((i) => join("pictures", `${name}-${i}.png`))),
  ]);
});

test("of a metric of which more is better, the gap is how much less there is of it, and the ring is at the most", async () => {
  addMetric({ name: "comparedKappa", title: "compared kappa", short: "kappa", unit: "number", better: "higher" });
  const measured = (value: number) => ({ objective: 1, metrics: { comparedKappa: value }, imagesPerSecond: 1 });
  const history = [0.3, 0.7, 0.5].map((value, i) => ({
    ...{ epoch: i + 1, learningRate: 0.1 },
    ...{ train: measured(0.75), validation: measured(value) },
  }));
  const { page } = await writeComparison(join(folder, "kappa"), { ...input, runs: [{ name: "one", history }] });
  const { document } = parseHTML(await readFile(page, "utf8"));
  const cells = [...document.querySelectorAll("header tbody td")].map((cell) => cell.textContent);
  expect(cells.slice(-3)).toEqual(["0.750", "0.500", "0.250"]);
  expect(document.querySelector("#compared-kappa svg")?.textContent).toContain("best: 0.7");
});

test("there must be something to compare", async () => {
  await expect(writeComparison(folder, { ...input, runs: [] })).rejects.toThrow("needs at least one training");
  const runs = [...input.runs, { name: "third", history: [] }];
  await expect(writeComparison(folder, { ...input, runs })).rejects.toThrow("'third' has no epoch to compare");
});
