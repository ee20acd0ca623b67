import { html, type Markup } from "../../../drawing/markup.js";
import {
  type Confusion,
  type ConfusionMatrix,
  confusions,
  precision,
  recall,
} from "../../../evaluation/metrics/metrics.js";
import type { ClassTable } from "../../../evaluation/table/predictions.js";
import { COUNTS_UP_TO, heatMap } from "../../charts/heat-map.js";
import { pictureFiles, type Section } from "../../page/section.js";
import { type Column, numberColumns, table } from "../../page/text/table.js";
import { countText, percentText } from "../../page/text/words.js";
import { MOST_CLASSES, matrixOf } from "../evaluation-figures.js";
import { matrixFindings } from "../matrix-findings.js";
import { galleryAddress } from "./cell-galleries.js";
import { type ExplainedCell, sheetId } from "./explained-cells-section.js";

const PAIRS = 12;
/** Of many classes, so many of the worst are told of. */
const WORST = 50;

/**
 * Which classes are taken for which others.
 *
 * @param galleries the pictures of each cell, where there are any: then the cells of the matrix lead to them
 * @param explained cells that have a sheet about why; they lead there
 * @returns undefined when the table is empty
 */
export function confusionSection(
  predictions: ClassTable,
  galleries?: Markup,
  explained: readonly ExplainedCell[] = [],
): Section | undefined {
  if (predictions.labels.length === 0) return undefined;
  const all = matrixOf(predictions);
  const isLarge = all.classes.length > MOST_CLASSES;
  const matrix = isLarge ? seenClasses(all) : all;
  const { classes } = matrix;
  const sheets = new Map(
    explained.map(({ truth, guess }) => [pairKey(all.classes[truth], all.classes[guess]), `#${sheetId(truth, guess)}`]),
  );
  if (classes.length > MOST_CLASSES) {
    return { id: "confusion", title: TITLE, body: worstOfMany(all, sheets), pictures: [] };
  }
  const svg = heatMap(matrix);
  const href = (truth: number, guess: number): string | undefined =>
    sheets.get(pairKey(classes[truth], classes[guess])) ?? (galleries ? galleryAddress(truth, guess) : undefined);
  const linked = galleries || sheets.size > 0 ? heatMap(matrix, { href }) : svg;
  const pairs = confusions(matrix, PAIRS);
  const numbers = classes.length <= COUNTS_UP_TO ? "; recall is the share of a row that is on the diagonal" : "";
  const shows = galleries ? " Follow a cell to see its pictures" : " Follow a cell";
  const follow = sheets.size > 0 ? `${shows}, or, of the most frequent mistakes, why.` : galleries ? `${shows}.` : "";
  const wide = classes.length > 12 ? " matrix" : "";
  const shown = isLarge
    ? ` Of the ${countText(all.classes.length)} classes these are there, or were taken for one.`
    : "";
  const body = html`<p>${matrixFindings(all).join(" ")}</p>
<p class="soft">A row for what a sample is, a column for what it was taken for${numbers}. What is right stands on the diagonal and is kept pale.${follow}${shown}</p>
<div class="beside"><figure class="scroll${wide}">${linked}</figure>
${pairs.length === 0 ? undefined : html`<div><h3>Most confused pairs</h3>${pairTable(matrix, pairs, sheets)}</div>`}</div>
${galleries}
<details><summary>Recall and precision of each class</summary><div class="scroll">${classTable(matrix)}</div></details>`;
  const pictures = pictureFiles([{ name: "confusion-matrix", svg }]);
  return { id: "confusion", title: TITLE, body, pictures };
}

/**
 * The matrix of the classes that any sample is of, or was taken for: of a model's thousand a data set may have ten.
 *
 * @example
 * seenClasses({ classes: ["a", "b", "c"], counts: Int32Array.of(1, 0, 2, 0, 0, 0, 0, 0, 0) }); // { classes: ["a", "c"], counts: [1, 2, 0, 0] }
 */
export function seenClasses({ classes, counts }: ConfusionMatrix): ConfusionMatrix {
  const size = classes.length;
  const seen = new Set<number>();
  for (const [at, count] of counts.entries()) if (count > 0) seen.add(Math.floor(at / size)).add(at % size);
  const places = [...seen].sort((a, b) => a - b);
  return {
    classes: places.map((k) => classes[k]),
    counts: Float64Array.from(places.flatMap((i) => places.map((j) => counts[i * size + j]))),
  };
}

const TITLE = "What is taken for what";

/** The pairs that are confused most and the classes that are recognised least, where there are too many for a matrix. */
function worstOfMany(matrix: ConfusionMatrix, sheets: Sheets): Markup {
  const { classes } = matrix;
  const pairs = confusions(matrix, WORST);
  const recalls = recall(matrix);
  const worst = classes
    .map((_, k) => k)
    .filter((k) => recalls[k] < 1)
    .sort((a, b) => recalls[a] - recalls[b])
    .slice(0, WORST);
  const precisions = precision(matrix);
  const rows = worst.map((k) => [classes[k], percentText(recalls[k], 1), percentText(precisions[k], 1)]);
  return html`<p>${matrixFindings(matrix).join(" ")}</p>
<p class="soft">A matrix of ${countText(classes.length)} classes is too large to look at: here are the ${countText(WORST)} worst of both, as far as there are so many; predictions.csv has all.</p>
<div class="beside"><div><h3>Most confused pairs</h3>${pairTable(matrix, pairs, sheets)}</div>
<div><h3>Least recognised classes</h3>${table([{ title: "class" }, ...numberColumns("recall", "precision")], rows)}</div></div>`;
}

/** Where it is told why a class is taken for another, by {@link pairKey}. */
type Sheets = ReadonlyMap<string, string>;
const pairKey = (truth: string, guess: string): string => JSON.stringify([truth, guess]);

const pairTable = ({ classes }: ConfusionMatrix, pairs: readonly Confusion[], sheets: Sheets): Markup =>
  table(
    PAIR_COLUMNS,
    pairs.map(({ truth, predicted, count, share }) => {
      const sheet = sheets.get(pairKey(classes[truth], classes[predicted]));
      const times = countText(count);
      const linked = sheet === undefined ? times : html`<a href="${sheet}">${times}</a>`;
      return [classes[truth], classes[predicted], linked, percentText(share, 1)];
    }),
  );

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
