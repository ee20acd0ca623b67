import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectPage, expectPicture } from "../../../test/support/snapshot.js";
import { measureError } from "../../search/certainty.js";
import { choices, gridOf, interval, placeIn, type Space } from "../../search/space.js";
import { errorScale } from "./error-scale.js";
import { importanceChart } from "./importance-chart.js";
import { comparableError, type ShownTrial, type SweepInput } from "./input.js";
import { parallelChart } from "./parallel-chart.js";
import { meansOf, settingChart } from "./setting-chart.js";
import { writeSweep } from "./sweep-page-file.js";
import { trialCurves } from "./trial-curves.js";
import { verdict } from "./verdict.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-sweep-page-"));
});
afterAll(() => rm(folder, { recursive: true }));

const RATES = interval("learning-rate", 0.0001, 1, { scale: "log" });
const SPACE: Space = [
  choices("network", ["compact", "resnet20"]),
  RATES,
  choices("width", [8, 16, 32], { name: "network", among: ["compact"] }),
];

/** A search as it could go, from formulas: a rate in the middle is best, wide networks are a little better; two thirds of the trials end after the first rung. */
const trials: ShownTrial[] = gridOf(SPACE, { steps: 5 })
  .map((values, i): ShownTrial => {
    const off = Math.abs(placeIn(RATES, Number(values["learning-rate"])) - 0.5);
    const width = Number(values.width ?? 24);
    const errorAfter = (epoch: number) =>
      Number(Math.min(0.9, 0.03 + 1.6 * off ** 2 + 0.2 / width + 0.5 / epoch ** 2 + 0.013 * ((i * 7) % 5)).toFixed(4));
    const epochs = i % 3 === 1 ? 9 : 3;
    const curve = Array.from({ length: epochs }, (_, epoch) => errorAfter(epoch + 1));
    const failed = i === 4 ? { failed: "Training diverged in epoch 1." } : {};
    if (i === 4) return { number: i + 1, values, curves: [[]], epochs: 0, ...failed };
    return { number: i + 1, values, curves: [curve], epochs, measured: measureError([curve[epochs - 1]], 400) };
  })
  .sort((a, b) => b.epochs - a.epochs || (a.measured?.error ?? 1) - (b.measured?.error ?? 1));
const [best, second, third] = trials;
const tied = [second.number, third.number];
const input: SweepInput = {
  ...{ title: "photos: a search for settings", name: "pictures", space: SPACE, strategy: "asha", rungs: [3, 9] },
  ...{ samples: 400, seeds: 1, planned: 24, trials, best, tied, complete: false },
  command: "bellpepper train photos --learning-rate 0.01 --validation 0",
  configuration: { task: "sweep", strategy: "asha", reduction: 3, space: SPACE },
};
const errorOf = (trial: ShownTrial) => comparableError(trial, 3);
const compared = trials.flatMap((trial) => {
  const error = errorOf(trial);
  return error === undefined ? [] : [{ ...trial, error }];
});
const scale = errorScale(compared.map(({ error }) => error));

// Each chart and the page as pictures that were looked at: see CONTRIBUTING.md.
describe("charts of a search", () => {
  test.each(
    Object.entries({
      "parallel-coordinates": () => parallelChart(SPACE, trials, { best: best.number, tied, errorOf, note: "a note" }),
      "error-against-a-rate": () => settingChart(RATES, compared, { scale, best: best.number }),
      "error-against-a-list": () => settingChart(SPACE[2], compared, { scale, best: best.number }),
      "curves-of-trials": () => trialCurves(trials, { best: best.number, tied }),
      importance: () =>
        importanceChart([
          { name: "learning-rate", share: 0.62 },
          { name: "a setting with quite a long name", share: 0.08 },
          { name: "width", share: 0 },
        ]),
    }),
  )("%s", (name, draw) => expectPicture(name, draw()));
});

test("the page of a search", async () => {
  const { page, pictures } = await writeSweep(join(folder, "sweep.html"), input);
  expect(pictures).toHaveLength(6);
  await expectPage("sweep", await readFile(page, "utf8"));
});

test("a search with one trial has a page, without charts that compare", async () => {
  const one = { ...input, trials: [best], tied: [], planned: 1, complete: true };
  const { page, pictures } = await writeSweep(join(folder, "one.html"), one);
  expect(pictures.map((path) => path.replace(/.*\//, ""))).toEqual(["trial-curves.png"]);
  expect(await readFile(page, "utf8")).toContain("nothing is compared with it to the end");
});

describe("the verdict", () => {
  const at = (number: number, error: number, epochs = 5): ShownTrial => {
    return { number, values: {}, curves: [[error]], epochs, measured: measureError([error], 1000) };
  };
  const said = (others: readonly ShownTrial[], own: Partial<SweepInput> = {}): string =>
    verdict({ ...input, complete: true, best: at(1, 0.1), tied: [], trials: [at(1, 0.1), ...others], ...own })
      .join(" ")
      .replaceAll("\u00a0", " ");

  test("says better only beyond the noise, and only of what was trained for as long", () => {
    expect(said([at(2, 0.2), at(3, 0.3)])).toContain("It is better than the 2 others that were trained for as long");
    expect(said([at(2, 0.11)], { tied: [2] })).toContain(
      "It is not shown to be the best: trial 2 cannot be told apart",
    );
    expect(said([at(2, 0.11)], { tied: [2] })).not.toContain("better");
    expect(said([at(2, 0.01, 1)])).toContain("No other trial was trained for as long");
    expect(said([at(2, 0.01, 1)])).not.toContain("lowest error");
  });

  test("says what failed and what is missing", () => {
    expect(said([{ number: 2, values: {}, curves: [[]], epochs: 0, failed: "it diverged" }])).toContain(
      "Trial 2 diverged",
    );
    expect(said([], { complete: false, planned: 9 })).toContain("1 of 9 trials have begun");
  });
});

test("the mean of a value is that of its trials, with the standard error of the mean", () => {
  const own = [1, 2, 3, 6].map((error, i) => ({ number: i, values: { width: i === 3 ? 16 : 8 }, error }));
  // 1, 2, 3: variance 1, of three 1/3
  expect(meansOf(SPACE[2], own)).toEqual([
    { value: 8, mean: 2, standardError: Math.sqrt(1 / 3), count: 3 },
    { value: 16, mean: 6, standardError: 0, count: 1 },
  ]);
});
