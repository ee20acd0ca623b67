import { expect, test } from "vitest";
import { addMetric, metricNamed } from "./metrics.js";

const metric = { name: "metricsTest", title: "a test", short: "test", unit: "share", better: "higher" } as const;

test("a metric is known by its name, once it is added", () => {
  expect(metricNamed("metricsTest").title).toBe("metricsTest");
  addMetric(metric);
  expect(metricNamed("metricsTest")).toEqual(metric);
});

test.each(["objective", "samples", "scores", "constructor", "loss/a", "", "two words"])(
  "none is called '%s'",
  (name) => {
    expect(() => addMetric({ ...metric, name })).toThrow(/^a metric: name: expected letters and digits/);
  },
);

test("what has no unit is no metric, and a second one of the same name is refused", () => {
  const { unit: _, ...rest } = metric;
  expect(() => addMetric(rest as typeof metric)).toThrow('a metric: unit: expected "share" or "number", got nothing.');
  expect(() => addMetric({ ...metric, title: "another" })).toThrow("A metric 'metricsTest' is defined already");
});
