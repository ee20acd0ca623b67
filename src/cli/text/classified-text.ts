import type { ClassifiedEvent } from "../../jobs/index.js";
import { percentText } from "../../report/page/text/words.js";
import { plainSpaces } from "./job-text.js";

/** Of one picture so many classes are shown, and of a folder so many pictures. */
const [CLASSES, PICTURES] = [10, 20];

/** What pictures were taken for: of one the likeliest classes with their probabilities, of several the likeliest of each, and how many each class has. */
export function classifiedText({ classes, pictures }: Omit<ClassifiedEvent, "type">): string {
  const [first, ...others] = pictures;
  const ranked = (probabilities: readonly number[]): number[] =>
    [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  if (first && others.length === 0) {
    const order = ranked(first.probabilities);
    const rows = order.slice(0, CLASSES).map((k) => [classes[k], percentText(first.probabilities[k])]);
    return `${first.path}\n${columns(rows)}${moreText(order.length - CLASSES, "class", "classes")}`;
  }
  const best = pictures.map(({ path, probabilities }) => {
    const [k] = ranked(probabilities);
    return { path, k, share: probabilities[k] };
  });
  const rows = best.slice(0, PICTURES).map(({ path, k, share }) => [path, classes[k], percentText(share)]);
  const counts = classes.map((name, k) => ({ name, count: best.filter((one) => one.k === k).length }));
  const present = counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const summary = present.slice(0, CLASSES).map(({ name, count }) => `${count} × ${JSON.stringify(name)}`);
  return (
    `${pictures.length} pictures, which nobody has labelled: ${summary.join(", ")}${present.length > CLASSES ? ", …" : ""}\n` +
    columns(rows) +
    moreText(pictures.length - PICTURES, "picture", "pictures")
  );
}

/** Rows in columns, the last one to the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    row.map((text, i) => (i === row.length - 1 ? text.padStart(widths[i]) : text.padEnd(widths[i]))).join("  ");
  return plainSpaces(rows.map((row) => `  ${line(row)}\n`).join(""));
}

const moreText = (count: number, one: string, many: string): string =>
  count > 0 ? `  and ${count} ${count === 1 ? one : many} more, in predictions.csv\n` : "";
