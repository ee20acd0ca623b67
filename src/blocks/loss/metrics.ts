/** What is measured beside the objective: data that progress, charts and reports read. */

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

/** The mean of |x − t| over the numbers of a sample. */
export const ABSOLUTE_ERROR = {
  name: "absoluteError",
  title: "mean absolute error",
  short: "absolute",
  unit: "number",
  better: "lower",
} as const;

const metrics = new Map<string, Metric>(
  [TOP1_ERROR, TOP5_ERROR, ATTRIBUTE_ERROR, ABSOLUTE_ERROR].map((metric) => [metric.name, metric]),
);

/** Makes a metric known by its name. @throws RangeError when another metric has the name */
export function addMetric(metric: Metric): void {
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
