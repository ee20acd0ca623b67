import { parseHTML } from "linkedom/worker";
import { describe, expect, it } from "vitest";
import type { Markup } from "../../drawing/markup.js";
import type { EpochStatistics } from "../../training/statistics/epoch-statistics.js";
import { drawCurve, drawRates } from "./curves.js";
import { heatMap } from "./heat-map.js";

interface Element {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
  querySelector(selector: string): Element | null;
  closest(selector: string): Element | null;
}
const parsed = ({ text }: Markup): Element => parseHTML(`<html><body>${text}</body></html>`).document.documentElement;
const texts = (root: Element, selector: string): string[] =>
  [...root.querySelectorAll(selector)].map((e) => e.textContent.replaceAll("\u00a0", " "));

const statistics = (objective: number) => ({
  objective,
  metrics: { top1Error: objective / 10, top5Error: 0 },
  imagesPerSecond: 1000,
});
const history: readonly EpochStatistics[] = [
  { epoch: 1, learningRate: 0.1, train: statistics(4), validation: statistics(2) },
  { epoch: 2, learningRate: 0.1, train: statistics(2), validation: statistics(1) },
  { epoch: 3, learningRate: 0.1, train: statistics(0.5), validation: statistics(1) },
];
const objective = {
  title: "objective",
  value: (s: { objective: number }) => s.objective,
  format: (v: number) => v.toFixed(2),
  tick: (v: number) => `${v}`,
};

/** The y of the middles of the dots that the pointer finds, by what they say. */
const dots = (svg: Element): Map<string, number> =>
  new Map(
    [...svg.querySelectorAll("circle")].flatMap((circle) => {
      const title = circle.querySelector("title")?.textContent;
      return title === undefined ? [] : [[title, Number(circle.getAttribute("cy"))] as const];
    }),
  );

describe("a curve", () => {
  it("says the value of each epoch, training and validation, and the last ones beside the ends", () => {
    const svg = parsed(drawCurve(history, objective));
    expect([...dots(svg).keys()]).toEqual([
      "epoch 1, training: 4.00",
      "epoch 2, training: 2.00",
      "epoch 3, training: 0.50",
      "epoch 1, validation: 2.00",
      "epoch 2, validation: 1.00",
      "epoch 3, validation: 1.00",
    ]);
    expect(texts(svg, "text")).toEqual(
      expect.arrayContaining(["objective", "training", "validation", "epoch", "1", "2", "3", "0.50", "1.00"]),
    );
  });

  it("has its ring at the best value, which of a kappa is the highest, though it be negative at first", () => {
    const kappas = [-0.2, 0.8, 0.5];
    const measured = kappas.map((value, i): EpochStatistics => {
      const measures = { ...statistics(value), metrics: { kappa: value } };
      return { epoch: i + 1, learningRate: 0.1, train: measures, validation: measures };
    });
    const kappa = { ...objective, title: "kappa", value: (s: { objective: number }) => s.objective };
    expect(texts(parsed(drawCurve(measured, { ...kappa, better: "higher" })), "text")).toContain("best: 0.80");
    expect(texts(parsed(drawCurve(measured, kappa)), "text")).toContain("best: -0.20");
    // all heights lie in the chart, the negative value's below the line of 0
    const y = [...dots(parsed(drawCurve(measured, { ...kappa, better: "higher" }))).values()];
    expect(Math.max(...y)).toBeLessThanOrEqual(250 - 42);
    const [, , , first, best, last] = y;
    expect((first - best) / (last - best)).toBeCloseTo(1 / 0.3, 5);
  });

  it("starts at zero on a linear axis: equal steps of value are equal heights", () => {
    const y = dots(parsed(drawCurve(history, objective)));
    const of = (title: string): number => y.get(title) ?? Number.NaN;
    const unit = of("epoch 2, training: 2.00") - of("epoch 1, training: 4.00");
    expect(unit).toBeGreaterThan(0);
    expect(of("epoch 3, training: 0.50") - of("epoch 2, training: 2.00")).toBeCloseTo((unit * 3) / 4, 6);
  });

  it("is logarithmic where values differ by more than a factor: equal ratios are equal heights", () => {
    const svg = parsed(drawCurve(history, { ...objective, logarithmicFrom: 5 }));
    expect(texts(svg, "text")).toContain("objective (logarithmic scale)");
    const y = dots(svg);
    const of = (title: string): number => y.get(title) ?? Number.NaN;
    const twice = of("epoch 2, training: 2.00") - of("epoch 1, training: 4.00");
    expect(of("epoch 3, training: 0.50") - of("epoch 2, training: 2.00")).toBeCloseTo(2 * twice, 6);
    expect(texts(parsed(drawCurve(history, { ...objective, logarithmicFrom: 8 })), "text")).toContain("objective");
  });

  it("rings the best epoch where it is not the last", () => {
    const [first, second, third] = history;
    const worse = { ...third, validation: statistics(1.5) };
    expect(texts(parsed(drawCurve([first, second, worse], objective)), "text")).toContain("best: 1.00");
    expect(texts(parsed(drawCurve(history, objective)), "text").join()).not.toContain("best");
  });

  it("rings the epoch that is kept, whatever value it has, where it is not the last", () => {
    const said = (kept: number): string => texts(parsed(drawCurve(history, { ...objective, kept })), "text").join();
    expect(said(1)).toContain("kept: 2.00");
    expect(said(3)).not.toMatch(/kept|best/);
  });

  it("has room for other values, so that charts can be compared", () => {
    const y = (room: number[]): number | undefined =>
      dots(parsed(drawCurve(history, { ...objective, room }))).get("epoch 1, training: 4.00");
    expect(y([8])).toBeGreaterThan(y([]) ?? Number.NaN);
  });

  it("of the learning rate is drawn where it changes", () => {
    expect(drawRates(history)).toBeUndefined();
    const [first, second, third] = history;
    const falling = drawRates([first, second, { ...third, learningRate: 0.0123456 }]);
    expect(falling && [...dots(parsed(falling)).keys()]).toEqual([
      "epoch 1, at the end of the epoch: 0.1",
      "epoch 2, at the end of the epoch: 0.1",
      "epoch 3, at the end of the epoch: 0.0123",
    ]);
  });

  it("shows one epoch, and values that are all zero", () => {
    const svg = parsed(drawCurve(history.slice(0, 1), { ...objective, value: () => 0, logarithmicFrom: 5 }));
    expect([...dots(svg).keys()]).toEqual(["epoch 1, training: 0.00", "epoch 1, validation: 0.00"]);
    expect(() => drawCurve([], objective)).toThrow(/at least one epoch/);
  });

  it("has no curve for validation where there was none", () => {
    const svg = parsed(drawCurve([{ epoch: 1, learningRate: 1, train: statistics(3) }], objective));
    expect(texts(svg, "text")).not.toContain("validation");
  });

  it("keeps the two last values apart", () => {
    const close = [{ epoch: 1, learningRate: 1, train: statistics(1.01), validation: statistics(1) }];
    const heights = [...parsed(drawCurve(close, objective)).querySelectorAll("text")]
      .filter((text) => /^1\.0[01]$/.test(text.textContent))
      .map((text) => Number(/,(-?[\d.]+)\)/.exec(text.closest("g[transform]")?.getAttribute("transform") ?? "")?.[1]));
    expect(heights).toHaveLength(2);
    // the larger value is above
    expect(heights[1] - heights[0]).toBeCloseTo(14, 6);
  });
});

describe("a heat map", () => {
  const matrix = { classes: ["a", "<b>", "c & d"], counts: Int32Array.of(8, 0, 2, 1, 9, 0, 8, 0, 0) };

  it("says of each cell that is not empty what it counts", () => {
    const svg = parsed(heatMap(matrix));
    expect(texts(svg, "title")).toEqual([
      "a taken for itself: 8 of 10",
      "a taken for c & d: 2 of 10",
      "<b> taken for a: 1 of 10",
      "<b> taken for itself: 9 of 10",
      "c & d taken for a: 8 of 8",
    ]);
    expect(texts(svg, "text")).toEqual(
      expect.arrayContaining(["80.0 %", "90.0 %", "0.0 %", "it is", "it was taken for"]),
    );
    expect([...svg.querySelectorAll("b")]).toEqual([]);
  });

  it("colours mistakes by the root of their count, the diagonal pale", () => {
    const cells = [...parsed(heatMap(matrix)).querySelectorAll("rect")];
    const look = cells.map((cell) => [cell.getAttribute("fill"), Number(cell.getAttribute("fill-opacity"))]);
    // of 8, 2 is a quarter, its root a half
    expect(look).toEqual([
      ["var(--soft)", 0.1],
      ["var(--accent)", 0.2 + 0.75 / 2],
      ["var(--accent)", 0.2 + 0.75 * Math.sqrt(1 / 8)],
      ["var(--soft)", 0.1],
      ["var(--accent)", 0.2 + 0.75],
    ]);
  });

  it("puts a cell into the row of the truth and the column of the prediction", () => {
    const [cell] = [
      ...parsed(heatMap({ classes: ["a", "b"], counts: Int32Array.of(0, 0, 1, 0) })).querySelectorAll("rect"),
    ];
    const [, other] = [
      ...parsed(heatMap({ classes: ["a", "b"], counts: Int32Array.of(0, 1, 1, 0) })).querySelectorAll("rect"),
    ];
    expect(Number(cell.getAttribute("x"))).toBe(Number(other.getAttribute("x")));
    const [first] = [
      ...parsed(heatMap({ classes: ["a", "b"], counts: Int32Array.of(0, 1, 0, 0) })).querySelectorAll("rect"),
    ];
    expect(Number(first.getAttribute("x")) - Number(cell.getAttribute("x"))).toBe(40);
    expect(Number(cell.getAttribute("y")) - Number(first.getAttribute("y"))).toBe(40);
  });

  it("has no numbers in it for more than 30 classes", () => {
    const classes = Array.from({ length: 31 }, (_, i) => `class ${i}`);
    const counts = new Int32Array(31 * 31);
    counts[1] = 77;
    const svg = parsed(heatMap({ classes, counts }));
    expect(texts(svg, "text")).not.toContain("77");
    expect(texts(svg, "title")).toEqual(["class 0 taken for class 1: 77 of 77"]);
  });
});
