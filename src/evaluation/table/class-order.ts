import type { ClassTable } from "./predictions.js";

/**
 * A table with its classes in another order: scores and labels go with them.
 *
 * @param order the same classes
 * @throws RangeError when a class of the table is not among them
 * @example
 * const table = classTable(["high", "low"], Int32Array.of(0), Float32Array.of(2, 1));
 * orderTable(table, ["low", "high"]).scores; // [1, 2]
 */
export function orderTable(table: ClassTable, order: readonly string[]): ClassTable {
  const { classes } = table;
  const from = order.map((name) => classes.indexOf(name));
  const to = classes.map((name) => order.indexOf(name));
  if (order.length !== classes.length || from.includes(-1) || to.includes(-1)) {
    throw new RangeError(`Expected an order of the classes ${classes.join(", ")}, got ${order.join(", ")}.`);
  }
  const count = classes.length;
  return {
    ...table,
    classes: order,
    labels: table.labels.map((label) => to[label]),
    scores: table.scores.map((_, i) => table.scores[i - (i % count) + from[i % count]]),
  };
}
