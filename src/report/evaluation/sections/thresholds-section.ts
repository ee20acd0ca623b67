import { html } from "../../../drawing/markup.js";
import { precisionRecallCurve } from "../../../evaluation/metrics/curves/precision-recall.js";
import { macroRocCurve, rocCurve } from "../../../evaluation/metrics/curves/roc.js";
import type { ClassTable } from "../../../evaluation/table/predictions.js";
import { type UnitCurve, unitChart } from "../../charts/unit-chart.js";
import { pictureFiles, type Section } from "../../page/section.js";
import { numberColumns, table } from "../../page/text/table.js";
import { numberText } from "../../page/text/words.js";
import { MOST_CLASSES } from "../evaluation-figures.js";

/** One curve for each class up to so many; else the mean of all. */
const MOST_CURVES = 8;

/** ROC and precision–recall curves, one class against the rest. @returns undefined where no class has both right and wrong samples, or there are too many classes */
export function thresholdsSection(predictions: ClassTable): Section | undefined {
  if (predictions.classes.length > MOST_CLASSES) return undefined;
  const classes =
    predictions.classes.length <= MOST_CURVES ? predictions.classes.map((name, k) => ({ name, of: k })) : [];
  const of = [{ name: "all together", of: "micro" as const }, ...classes];
  const roc: UnitCurve[] = [];
  const pr: UnitCurve[] = [];
  const rows: string[][] = [];
  for (const { name, of: which } of of) {
    const [curve, ranking] = [rocCurve(predictions, which), precisionRecallCurve(predictions, which)];
    if (!curve || !ranking) continue;
    roc.push({ name, points: pairs(curve.falsePositiveRate, curve.truePositiveRate) });
    pr.push({ name, points: pairs(ranking.recall, ranking.precision) });
    rows.push([name, numberText(curve.area), numberText(ranking.averagePrecision)]);
  }
  if (roc.length === 0) return undefined;
  const macro = macroRocCurve(predictions);
  const drawings = [
    {
      name: "roc",
      svg: unitChart(roc, {
        title: "ROC",
        x: "false positives",
        y: "true positives",
        diagonal: true,
      }),
    },
    { name: "precision-recall", svg: unitChart(pr, { title: "precision and recall", x: "recall", y: "precision" }) },
  ];
  const body = html`<p>What other thresholds would give, for each class against the rest; in colour all classes together. ${macro ? html`The mean area under the ROC curves of the classes is <b>${numberText(macro.area)}</b>.` : undefined}</p>
<div class="curves">${drawings.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>
<details><summary>The areas</summary>${table([{ title: "class" }, ...numberColumns("under ROC", "average precision")], rows)}</details>`;
  return { id: "curves", title: "Thresholds", body, pictures: pictureFiles(drawings) };
}

const pairs = (x: ArrayLike<number>, y: ArrayLike<number>): (readonly [number, number])[] =>
  Array.from(x, (value, i) => [value, y[i]] as const);
