/** One table of several that say something of the same samples. */

import { type ClassTable, classTable, probabilities } from "./predictions.js";

/**
 * The mean of several tables of the same samples, such as of views of the same pictures:
 *
 *   p = (p₁ + … + pₙ) / n
 *
 * over the tables' probabilities; the scores are its logarithms, of which the softmax is p again.
 *
 * @throws RangeError when there is no table, or they are of different samples or classes
 * @example
 * const sure = classTable(["a", "b"], Int32Array.of(0), Float32Array.of(Math.log(0.9), Math.log(0.1)));
 * const doubtful = classTable(["a", "b"], Int32Array.of(0), Float32Array.of(0, 0));
 * probabilities(averageTables([sure, doubtful]))[0].toFixed(2); // "0.70"
 */
export function averageTables(tables: readonly ClassTable[]): ClassTable {
  const [first, ...others] = tables;
  if (!first) throw new RangeError("Expected one table or more, got none.");
  const wrong = others.find(
    ({ classes, labels }) =>
      classes.join("\n") !== first.classes.join("\n") || Array.from(labels).join() !== Array.from(first.labels).join(),
  );
  if (wrong) throw new RangeError("Expected tables of the same samples and classes.");
  if (others.length === 0) return first;
  const mean = new Float64Array(first.scores.length);
  for (const table of tables) {
    for (const [i, p] of probabilities(table).entries()) mean[i] += p / tables.length;
  }
  const { classes, labels, scores: _, ...origins } = first;
  // what no view takes for possible has the score of the smallest number
  const scores = Float32Array.from(mean, (p) => Math.log(Math.max(p, Number.MIN_VALUE)));
  return classTable(classes, labels, scores, origins);
}
