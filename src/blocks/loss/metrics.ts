/** What is measured beside the objective: data that progress, charts and reports read. */

import { type Kind, text, word } from "../../values/kind.js";
import { outOfRange } from "../../values/place.js";
import { record, required } from "../../values/record.js";

/** A number that says how good a network is. */
export interface Metric {
  /** the name under which it travels: "top1Error" */
  readonly name: string;
  /** "top-1 error" */
  readonly title: string;
  /** the title where there is little room */
  readonly short: string;
  /** a share of 0 to 1, which people read in percent, or a number */
  readonly unit: "share" | "number";
  /** whether less of it is better, or more */
  readonly better: "lower" | "higher";
}

/** The share of labels (of samples, or of the pixels that count) whose class has not the highest score. */
export const TOP1_ERROR = {
  name: "top1Error",
  title: "top-1 error",
  short: "top-1",
  unit: "share",
  better: "lower",
} as const;

/** The share of labels whose class is not among the five with the highest scores. */
export const TOP5_ERROR = {
  name: "top5Error",
  title: "top-5 error",
  short: "top-5",
  unit: "share",
  better: "lower",
} as const;

/** The share of attributes, of those that count, whose score is on the wrong side. */
export const ATTRIBUTE_ERROR = {
  name: "attributeError",
  title: "attribute error",
  short: "attributes",
  unit: "share",
  better: "lower",
} as const;

/** The share of images whose sequence of labels is not read exactly. */
export const SEQUENCE_ERROR = {
  name: "sequenceError",
  title: "sequence error",
  short: "sequence",
  unit: "share",
  better: "lower",
} as const;

/** The mean of |x − t| over the numbers of a sample. */
export const ABSOLUTE_ERROR = {
  name: "absoluteError",
  title: "mean absolute error",
  short: "absolute",
  unit: "number",
  better: "lower",
} as const;

const metrics = new Map<string, Metric>(
  [TOP1_ERROR, TOP5_ERROR, ATTRIBUTE_ERROR, SEQUENCE_ERROR, ABSOLUTE_ERROR].map((metric) => [metric.name, metric]),
);

const LETTERS = text('letters and digits, such as "top1Error"', /^[A-Za-z][A-Za-z0-9]*$/);

/** What travels with the metrics of a step under names of its own. */
const TAKEN = ["objective", "samples", "seconds", "waited", "scores"];

const METRIC_NAME: Kind<string> = {
  expected: `${LETTERS.expected}, but not ${TAKEN.join(", ")}`,
  take(value, at) {
    const name = LETTERS.take(value, at);
    if (TAKEN.includes(name) || name in Object.prototype) throw outOfRange(at, METRIC_NAME.expected, value);
    return name;
  },
};

const METRIC = record({
  name: required(METRIC_NAME),
  title: required(text()),
  short: required(text()),
  unit: required(word(["share", "number"])),
  better: required(word(["lower", "higher"])),
});

/**
 * Makes a metric known by its name.
 *
 * @throws TypeError, RangeError when it is none, something else travels under its name, or another metric has it
 */
export function addMetric(metric: Metric): void {
  METRIC.take(metric, { where: "a metric", path: "" });
  const known = metrics.get(metric.name);
  if (known && known.title !== metric.title) {
    throw new RangeError(`A metric '${metric.name}' is defined already: '${known.title}'.`);
  }
  metrics.set(metric.name, metric);
}

/**
 * What is known of a metric; of one that nobody has defined, its name is the title.
 *
 * @example
 * metricNamed("top5Error").title; // "top-5 error"
 */
export const metricNamed = (name: string): Metric =>
  metrics.get(name) ?? { name, title: name, short: name, unit: "number", better: "lower" };
