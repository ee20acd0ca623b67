/** Classes that are grades: in which order. */

import { orderWithRule } from "../../data/sources/class-order.js";
import type { Finding } from "../../report/dataset/dataset-findings.js";

/** What says that classes are grades. */
interface Grades {
  readonly ordered: boolean;
  readonly order?: readonly string[] | undefined;
}

/** Whether the classes are grades: it is said, or their order is. */
export const areGrades = ({ ordered, order }: Grades): boolean => ordered || order !== undefined;

/** What is said of the order of grades before the work begins; nothing where the classes are no grades. */
export function gradesFindings(grades: Grades, classes: readonly string[]): Finding[] {
  if (!areGrades(grades)) return [];
  const sorted = orderWithRule(classes);
  const isSorted = sorted.classes.join("\n") === classes.join("\n");
  const by = !isSorted
    ? "as the model has them"
    : sorted.rule === "names"
      ? "which is that of the alphabet; --order gives another"
      : `by their ${sorted.rule}`;
  const how = grades.order ? "as it was given" : by;
  return [{ kind: "note", text: `The classes are grades in this order, ${how}: ${classes.join(" < ")}.` }];
}
