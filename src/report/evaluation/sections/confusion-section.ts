import {
  type ConfusionMatrix,
  confusionMatrix,
  confusions,
  precision,
  recall,
} from "../../../evaluation/metrics/metrics.js";
import type { ClassTable } from "../../../evaluation/table/predictions.js";
import { COUNTS_UP_TO, heatMap } from "../../charts/heat-map.js";
import { pictureFiles, type Section } from "../../page/section.js";
import { html, type Markup } from "../../page/text/markup.js";
import { type Column, numberColumns, table } from "../../page/text/table.js";
import { countText, percentText } from "../../page/text/words.js";

const PAIRS = 12;

/** Which classes are taken for which others. @returns undefined when the table is empty */
export function confusionSection(predictions: ClassTable): Section | undefined {
  if (predictions.labels.length === 0) return undefined;
  const matrix = confusionMatrix(predictions);
  const { classes } = matrix;
  const svg = heatMap(matrix);
  const pairs = confusions(matrix, PAIRS);
  const numbers =
    classes.length <= COUNTS_UP_TO
      ? " Each cell counts samples; recall is the share of a row that is on the diagonal."
      : "";
  const body = html`<p>A row for what a sample is, a column for what it was taken for. Whatever is on the diagonal is right and kept pale, so that the mistakes stand out: the stronger the colour, the more often.${numbers} Look for pairs that resemble each other, and for whole columns of colour: a class that draws others to itself.</p>
<div class="beside"><figure class="scroll${classes.length > 12 ? " matrix" : ""}">${svg}</figure>
<div><h3>Most confused pairs</h3>${
    pairs.length === 0
      ? html`<p>There are none: everything was taken for what it is.</p>`
      : table(
          PAIR_COLUMNS,
          pairs.map(({ truth, predicted, count, share }) => [
            classes[truth],
            classes[predicted],
            countText(count),
            percentText(share, 1),
          ]),
        )
  }</div></div>
<details><summary>Recall and precision of each class</summary><div class="scroll">${classTable(matrix)}</div></details>`;
  const pictures = pictureFiles([{ name: "confusion-matrix", svg }]);
  return { id: "confusion", title: "What is taken for what", body, pictures };
}

const PAIR_COLUMNS: readonly Column[] = [
  { title: "it is" },
  { title: "taken for", kind: "wrong" },
  ...numberColumns("times", "of its kind"),
];

function classTable(matrix: ConfusionMatrix): Markup {
  const [recalls, precisions] = [recall(matrix), precision(matrix)];
  const rows = matrix.classes.map((name, i) => [name, percentText(recalls[i], 1), percentText(precisions[i], 1)]);
  return table([{ title: "class" }, ...numberColumns("recall", "precision")], rows);
}
