import { type Confusion, type ConfusionMatrix, confusions, recall } from "../../evaluation/metrics/metrics.js";
import { countText, percentText, plural } from "../page/text/words.js";

/** A class that draws at least this share of all mistakes to itself is named. */
const DRAWS = 1 / 3;
/** A class is said to be recognised less often than the others where its recall is so far below that of all. */
const BELOW = 0.1;

/**
 * What is to be seen in a confusion matrix, in sentences: which two classes are confused most, which class draws others to itself, which is
 * recognised least, and which has no samples.
 *
 * @param matrix counts of samples, at least one
 */
export function matrixFindings(matrix: ConfusionMatrix): string[] {
  const { classes, counts } = matrix;
  const size = classes.length;
  let all = 0;
  for (const count of counts) all += count;
  const quoted = (k: number): string => `“${classes[k]}”`;
  const mistakes = confusions(matrix);
  const wrong = mistakes.reduce((sum, { count }) => sum + count, 0);
  const findings: string[] = [];
  if (wrong === 0) findings.push(`All ${plural(all, "sample")} were taken for what they are.`);
  else {
    findings.push(mostConfused(matrix, mistakes, wrong, quoted));
    findings.push(...drawing(matrix, mistakes, wrong, quoted));
  }
  const recalls = recall(matrix);
  const known = recalls.flatMap((value, k) => (Number.isNaN(value) ? [] : [k]));
  const lowest = Math.min(...known.map((k) => recalls[k]));
  if (size > 2 && lowest < (all - wrong) / all - BELOW) {
    const least = known.filter((k) => recalls[k] === lowest).map(quoted);
    const [are, each] = least.length > 1 ? ["are", " each"] : ["is", ""];
    findings.push(
      `${someOf(least)} ${are} recognised least: ${percentText(lowest, 1)}${each}, of all ${percentText((all - wrong) / all, 1)}.`,
    );
  }
  const absent = classes.flatMap((_, k) => (Number.isNaN(recalls[k]) ? [quoted(k)] : []));
  if (absent.length > 0) {
    findings.push(`No sample is of ${someOf(absent)}: nothing is known of their recall.`);
  }
  return findings;
}

/** "a, b, c and 4 more" */
const someOf = (names: readonly string[]): string =>
  names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");

/** Which two classes are confused most, or that no pair stands out. */
function mostConfused(
  { classes, counts }: ConfusionMatrix,
  mistakes: readonly Confusion[],
  wrong: number,
  quoted: (k: number) => string,
): string {
  const [{ truth, predicted, count, share }] = mistakes;
  const equal = mistakes.filter((each) => each.count === count).length;
  if (equal > 1) {
    const times = count === 1 ? "once" : `${countText(count)} times`;
    return `No pair of classes stands out: of ${plural(wrong, "mistake")}, ${equal} pairs are confused ${times} each.`;
  }
  const back = counts[predicted * classes.length + truth];
  const other = back > 0 ? `, and ${countText(back)} the other way round` : "";
  return `The most frequent mistake: ${quoted(truth)} taken for ${quoted(predicted)}, ${countText(count)} of ${plural(wrong, "mistake")} (${percentText(share, 1)} of its kind)${other}.`;
}

/** The class that draws most others to itself, where it does. */
function drawing(
  { classes }: ConfusionMatrix,
  mistakes: readonly Confusion[],
  wrong: number,
  quoted: (k: number) => string,
): string[] {
  if (classes.length < 3) return [];
  const drawn = new Float64Array(classes.length);
  const sources = new Map<number, number>();
  for (const { predicted, count } of mistakes) {
    drawn[predicted] += count;
    sources.set(predicted, (sources.get(predicted) ?? 0) + 1);
  }
  const most = drawn.indexOf(Math.max(...drawn));
  if (drawn[most] < DRAWS * wrong || (sources.get(most) ?? 0) < 2) return [];
  return [
    `${quoted(most)} draws others to itself: ${countText(drawn[most])} of the ${plural(wrong, "mistake")} are in its column.`,
  ];
}
