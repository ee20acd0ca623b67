import { parseHTML } from "linkedom/worker";
import { describe, expect, it } from "vitest";
import { learningRateChart } from "./learning-rate-chart.js";

interface Element {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

/** Falls from 3 to 1, then explodes. */
const points = [3, 3, 2, 1, 1, 50].map((value, i) => ({ rate: 10 ** (i - 4), objective: value, smoothed: value }));

const svgOf = (test: Parameters<typeof learningRateChart>[0]): Element =>
  parseHTML(`<html><body>${learningRateChart(test).text}</body></html>`).document.documentElement;
const texts = (root: Element, selector: string): string[] =>
  [...root.querySelectorAll(selector)].map((e) => e.textContent.replaceAll("\u00a0", " "));

describe("the chart of a range test", () => {
  it("says what was found, and the objective of each batch that is inside", () => {
    const svg = svgOf({ points, suggestion: 0.01 });
    expect(texts(svg, "text")).toContain("dots: each batch; line: smoothed; it falls fastest at 0.010");
    expect(texts(svg, "title")).toEqual([
      "learning rate 0.00010: objective 3.00",
      "learning rate 0.0010: objective 3.00",
      "learning rate 0.010: objective 2.00",
      "learning rate 0.10: objective 1.00",
      "learning rate 1.0: objective 1.00",
    ]);
    expect(texts(svg, "text")).toEqual(expect.arrayContaining(["1e−4", "0.001", "0.01", "0.1", "1", "10"]));
  });

  it("marks the rate: a rule where the line passes, at two fifths of a logarithmic axis from 0.0001 to 10", () => {
    const svg = svgOf({ points, suggestion: 0.01 });
    const [rule] = [...svg.querySelectorAll("line")].filter(
      (line) => line.getAttribute("x1") === line.getAttribute("x2"),
    );
    const at = Number(rule.getAttribute("x1"));
    expect((at - 46) / (540 - 46)).toBeCloseTo(2 / 5, 6);
  });

  it("says where there is nothing to suggest", () => {
    const svg = svgOf({ points: points.slice(0, 2), suggestion: undefined });
    expect(texts(svg, "text")).toContain("dots: each batch; line: smoothed; it never falls");
    expect(() => learningRateChart({ points: [], suggestion: undefined })).toThrow(/at least one point/);
  });
});
