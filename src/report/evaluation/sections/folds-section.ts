import { html } from "../../../drawing/markup.js";
import { confusionMatrix, precision, recall, topError } from "../../../evaluation/metrics/metrics.js";
import type { ClassTable } from "../../../evaluation/table/predictions.js";
import { byFold } from "../../../evaluation/table/subset.js";
import { heatMap } from "../../charts/heat-map.js";
import { pictureFiles, type Section } from "../../page/section.js";
import { numberColumns, table } from "../../page/text/table.js";
import { percentText, plural } from "../../page/text/words.js";
import { foldsText, MOST_CLASSES, meanAndDeviation } from "../evaluation-figures.js";

/** Up to so many classes, the matrix of each fold is drawn. */
const MOST_IN_FOLDS = 12;

/** The confusion matrix of each fold, and what varies between them. @returns undefined where there are fewer than two folds */
export function foldsSection(predictions: ClassTable): Section | undefined {
  const folds = predictions.folds ? [...byFold(predictions)] : [];
  if (folds.length < 2) return undefined;
  const { classes } = predictions;
  const many = classes.length > MOST_CLASSES;
  const matrices = many ? [] : folds.map(([, fold]) => confusionMatrix(fold));
  const drawings =
    classes.length <= MOST_IN_FOLDS
      ? folds.map(([number], i) => ({ name: `confusion-matrix-fold-${number + 1}`, svg: heatMap(matrices[i]) }))
      : [];
  const figures = drawings.map(({ svg }, i) => {
    const [number, fold] = folds[i];
    const caption = `Fold ${number + 1}: ${percentText(topError(fold, 1))} of ${plural(fold.labels.length, "picture")}`;
    return html`<figure class="scroll"><figcaption>${caption}</figcaption>${svg}</figure>`;
  });
  const spread = (shares: readonly ArrayLike<number>[], k: number): string => {
    const { mean, deviation } = meanAndDeviation(shares.map((each) => each[k]).filter((v) => !Number.isNaN(v)));
    return `${percentText(mean, 1)} ± ${percentText(deviation, 1)}`;
  };
  const [recalls, precisions] = [recall, precision].map((metric) => matrices.map(metric));
  const rows = (many ? [] : classes).map((name, k) => [name, spread(recalls, k), spread(precisions, k)]);
  const body = html`<p>Each fold was predicted by a network that was trained on the others. Where one of them differs much, look at what is in it: a patient, a camera, a day. The error is <b>${foldsText(folds.map(([, fold]) => topError(fold, 1)))}</b>, mean and standard deviation over the folds.</p>
<div class="folds">${figures}</div>
${many ? undefined : html`<details><summary>Recall and precision of each class over the folds</summary><div class="scroll">${table([{ title: "class" }, ...numberColumns("recall", "precision")], rows)}</div></details>`}`;
  return { id: "folds", title: "Fold by fold", body, pictures: pictureFiles(drawings) };
}
