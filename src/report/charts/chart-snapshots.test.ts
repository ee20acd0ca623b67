import { describe, test } from "vitest";
import { expectPicture } from "../../../test/support/snapshot.js";
import { history } from "../../../test/support/training-history.js";
import type { Markup } from "../../drawing/markup.js";
import type { Statistics } from "../../training/statistics/epoch-statistics.js";
import { numberText, percentText } from "../page/text/words.js";
import { drawCurve, drawRates } from "./curves.js";
import { heatMap } from "./heat-map.js";
import { learningRateChart } from "./learning-rate-chart.js";
import { scatterChart } from "./scatter-chart.js";
import { stripChart } from "./strip-chart.js";
import { unitChart } from "./unit-chart.js";

/** Each chart as a picture that was looked at: see CONTRIBUTING.md. */
const pictures = (charts: Readonly<Record<string, () => Markup | undefined>>): void =>
  test.each(Object.entries(charts))("%s", async (name, draw) => {
    await expectPicture(name, draw());
  });

describe("curves", () => {
  const objective = {
    title: "objective",
    value: (s: Statistics) => s.objective,
    format: numberText,
    tick: (value: number) => `${value}`,
  };
  const share = { ...objective, format: percentText, tick: (value: number) => `${Number((100 * value).toFixed(3))} %` };
  const [first] = history(1);
  pictures({
    "curve-linear": () => drawCurve(history(12), objective),
    "curve-logarithmic": () => drawCurve(history(12), { ...objective, logarithmicFrom: 5 }),
    "curve-of-many-epochs": () =>
      drawCurve(history(60), { ...share, title: "top-1 error", value: (s) => s.objective / 5 }),
    "curve-of-one-epoch": () => drawCurve([first], objective),
    "curve-without-validation": () =>
      drawCurve(
        history(6).map(({ validation: _, ...epoch }) => epoch),
        objective,
      ),
    "curve-with-room": () => drawCurve(history(6), { ...objective, title: "with dropout, a long name", room: [0, 10] }),
    "curve-of-zeros": () => drawCurve(history(3), { ...objective, value: () => 0 }),
    "learning-rate": () => drawRates(history(12)),
  });
});

describe("heat maps", () => {
  /** Counts that look like those of a network: a strong diagonal, and neighbours that are taken for each other; some classes have none. */
  const matrix = (classes: readonly string[], every = 1) => ({
    classes,
    counts: Int32Array.from({ length: classes.length ** 2 }, (_, i) => {
      const [truth, guess] = [Math.floor(i / classes.length), i % classes.length];
      if (truth % every > 0) return 0;
      if (truth === guess) return 40 + ((7 * truth) % 11);
      const far = (truth * 5 + guess * 3) % 13;
      return Math.abs(truth - guess) === 1 && far > 4 ? far : far === 1 ? 1 : 0;
    }),
  });
  const numbered = (count: number, name = "") => Array.from({ length: count }, (_, i) => `${name}${i + 1}`);
  pictures({
    "confusion-of-3-classes": () => heatMap(matrix(["cat", "dog", "owl"])),
    "confusion-of-4-long-names": () =>
      heatMap(matrix(["benign", "Gleason 3", "Gleason 4", "a very long name of a class"])),
    "confusion-of-26-letters": () => heatMap(matrix([..."abcdefghijklmnopqrstuvwxyz"])),
    "confusion-of-40-classes": () => heatMap(matrix(numbered(40, "class "), 2)),
    "confusion-of-110-classes": () => heatMap(matrix(numbered(110), 20)),
  });
});

describe("scatter charts", () => {
  const values = (count: number, scale: number) =>
    Array.from({ length: count }, (_, i) => {
      const truth = scale * ((i * 17) % 50);
      return [truth, truth + (scale * (((i * 29) % 21) - 10)) / 2] as const;
    });
  pictures({
    "scatter-of-40": () => scatterChart("height", values(40, 1)),
    "scatter-of-large-numbers": () => scatterChart("a long name & <more> of it", values(80, -2500)),
    "scatter-of-one": () => scatterChart("one", [[3, 4]]),
  });
});

describe("the range test of a learning rate", () => {
  // falls from 3 to 0.6 around 0.01, then explodes; every third batch is worse
  const points = Array.from({ length: 60 }, (_, i) => {
    const rate = 10 ** (-6 + i / 10);
    const smoothed = 0.6 + 2.4 / (1 + (rate / 0.01) ** 1.5) + (rate / 0.3) ** 4;
    return { rate, smoothed, objective: smoothed * (1 + 0.08 * ((i % 3) - 1)) };
  });
  pictures({
    "range-test": () => learningRateChart({ points, suggestion: points[38].rate }),
    "range-test-without-a-fall": () =>
      learningRateChart({
        points: points.map((point) => ({ ...point, smoothed: 3, objective: 3 })),
        suggestion: undefined,
      }),
  });
});

describe("strips of layers", () => {
  const layers = ["conv1", "relu1", "pool1", "conv2", "a-block-with-a-long-name/conv2", "prediction"];
  const points = layers.flatMap((name, row) =>
    Array.from({ length: 5 }, (_, i) => ({
      name,
      epoch: i + 1,
      value: (row === 1 && i < 2 ? 0 : 1e-3) * 1.8 ** (row - i),
    })),
  );
  const title = "how far a step moves the filters, as a share of their size";
  const note = "usually about 0.001; above 0.1 parameters explode, below 1e−6 nothing happens";
  pictures({
    "strips-with-the-usual": () => stripChart(points, { title, note, usual: [1e-4, 1e-2] }),
    "strips-of-one-epoch": () => stripChart(points.slice(0, 1), { title: "spread", note: "of each layer's output" }),
    "strips-over-many-powers": () =>
      stripChart(
        points.map((point, i) => ({ ...point, value: point.value * 10 ** -(i % 17) })),
        { title: "the size of the gradient that reaches each layer", note: "root mean square" },
      ),
  });
});

describe("shares against shares", () => {
  const steps = Array.from({ length: 21 }, (_, i) => i / 20);
  const bent = (power: number) => steps.map((x) => [x, x ** power] as const);
  const names = ["all together", "benign", "Gleason 3"];
  pictures({
    roc: () =>
      unitChart(
        names.map((name, i) => ({ name, points: bent(0.2 + 0.15 * i) })),
        { title: "ROC", x: "false positives", y: "true positives", diagonal: true },
      ),
    "precision-and-recall": () =>
      unitChart(
        names.map((name, i) => ({ name, points: steps.map((x) => [x, 1 - (0.3 + 0.2 * i) * x ** 3] as const) })),
        { title: "precision and recall", x: "recall", y: "precision" },
      ),
    reliability: () =>
      unitChart([{ name: "accuracy", points: [0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.96].map((x) => [x, x ** 1.4]) }], {
        title: "reliability",
        x: "how sure it is",
        y: "how often it is right; bars: the share of the pictures",
        diagonal: true,
        dots: true,
        bars: [3, 4, 5, 6, 7, 8, 9].map((i) => [i / 10, (i + 1) / 10, i === 9 ? 0.55 : 0.02 * i]),
      }),
  });
});
