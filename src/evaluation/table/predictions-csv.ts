/** A prediction table as text: comma-separated values, as RFC 4180 has them. */

import { formatFields } from "../../files/csv.js";
import { softmax } from "../../values/softmax.js";
import { type ClassTable, namesOf, type PredictionTable, sampleCount, type TableOf } from "./predictions.js";

/** Before the name of a class, attribute or value, in the heading of a column. */
export const COLUMN = {
  /** what it is */
  truth: "truth ",
  /** its score, before the softmax or the sigmoid */
  score: "score ",
  /** its probability */
  probability: "probability ",
  /** the value that was predicted */
  predicted: "predicted ",
  /** the probability of the predicted class */
  confidence: "confidence",
  /** the probability of all classes whose scores are left out */
  others: "probability of the others",
} as const;

/** Up to so many classes, each has its probability and its score in every line. */
const MOST_CLASSES = 100;
/** Of more classes, the scores of so many are written for each sample, the highest, and that of its label. */
export const BEST_SCORES = 10;
/** And so many guesses with their probabilities, the likeliest first. */
const GUESSES = 5;

/** The kinds of tables that are written as CSV: those with as many numbers for each sample. */
export type CsvKind = "classes" | "attributes" | "values";

/** The options of {@link predictionsToCsv}. */
export interface CsvOptions {
  /**
   * "best": where there are more than 100 classes, only the ten highest scores of a sample and that of its label are written: the file of
   * 10 000 pictures of 3 000 classes has 32 MB in place of 300, and what is read from it has the same guesses, error rates, confusions,
   * confidences and log-loss; "all"
   */
  readonly scores?: "all" | "best";
}

/**
 * A table as CSV: a heading, then a line for each sample: its path, or its number where there are no paths; its group and fold, where
 * they are known; and
 *
 * - of classes the names of its label and of the class that was predicted, how sure that was (`confidence`, its probability), the probability of each
 *   class, and the score of each, before the softmax; of more than 100 classes, the five likeliest and their probabilities in place of those of all;
 * - of attributes what each is (1, −1, 0), its probability, and its score, before the sigmoid;
 * - of values what each is, and what was predicted.
 *
 * Scores and values have as many digits as tell a float32 from its neighbours, probabilities six.
 *
 * @throws RangeError when two classes, attributes or values have the same name; TypeError for maps of labels and boxes
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(1), Float32Array.of(2.5, 1), { paths: ["pictures/1.png"] });
 * const [heading, line] = predictionsToCsv(table).split("\n");
 * heading; // "path,label,predicted,confidence,probability a,probability b,score a,score b"
 * line; // "pictures/1.png,b,a,0.817574,0.817574,0.182426,2.5,1"
 * const values = valueTable(["height"], Float32Array.of(1.5), Float32Array.of(1.25));
 * predictionsToCsv(values); // "sample,truth height,predicted height\n0,1.5,1.25\n"
 */
export const predictionsToCsv = (table: PredictionTable, options: CsvOptions = {}): string =>
  [...csvLines(table, options)].join("");

/** The lines of {@link predictionsToCsv} one by one, each with its end: of thousands of classes, all together take as much memory as the table. */
export function* csvLines(
  table: PredictionTable,
  { scores = "all" }: CsvOptions = {},
): Generator<string, void, undefined> {
  if (table.kind === "labelMap" || table.kind === "boxes") {
    throw new TypeError(
      `A table of classes, attributes or values can be written as CSV; this one is of ${table.kind}.`,
    );
  }
  const names = namesOf(table);
  if (new Set(names).size < names.length) {
    const twice = names.find((name, k) => names.indexOf(name) !== k);
    throw new RangeError(`Two ${table.kind} have the name ${JSON.stringify(twice)}.`);
  }
  const { paths, groups, folds } = table;
  const { heading, row } = columnsOf(table, scores);
  const whence = [paths ? "path" : "sample", ...(groups ? ["group"] : []), ...(folds ? ["fold"] : [])];
  const whenceOf = (sample: number): string[] => [
    paths ? paths[sample] : `${sample}`,
    ...(groups ? [groups[sample]] : []),
    ...(folds ? [`${folds[sample]}`] : []),
  ];
  yield `${formatFields([...whence, ...heading])}\n`;
  for (let sample = 0; sample < sampleCount(table); sample++) {
    yield `${formatFields(whenceOf(sample))},${row(sample)}\n`;
  }
}

/** The columns of a table that are not of where its samples come from. */
interface Columns {
  readonly heading: string[];
  /** the fields of a sample, as a line has them */
  row(sample: number): string;
}

function columnsOf(table: TableOf[CsvKind], scores: "all" | "best"): Columns {
  const names = namesOf(table);
  const called = (before: string): string[] => names.map((name) => before + name);
  const numbers = (all: Float32Array | Int32Array, sample: number): string[] =>
    Array.from(all.subarray(sample * names.length, (sample + 1) * names.length), shortestText);
  switch (table.kind) {
    case "classes":
      return classColumns(table, scores);
    case "attributes":
      return {
        heading: [...called(COLUMN.truth), ...called(COLUMN.probability), ...called(COLUMN.score)],
        row: (sample) =>
          formatFields([
            ...numbers(table.signs, sample),
            ...Array.from(table.scores.subarray(sample * names.length, (sample + 1) * names.length), (score) =>
              shareText(1 / (1 + Math.exp(-score))),
            ),
            ...numbers(table.scores, sample),
          ]),
      };
    case "values":
      return {
        heading: [...called(COLUMN.truth), ...called(COLUMN.predicted)],
        row: (sample) => formatFields([...numbers(table.values, sample), ...numbers(table.predicted, sample)]),
      };
  }
}

function classColumns(table: ClassTable, scores: "all" | "best"): Columns {
  const { classes, labels } = table;
  const count = classes.length;
  const many = count > MOST_CLASSES;
  const few = many && scores === "best";
  const guesses = Array.from({ length: many ? GUESSES - 1 : 0 }, (_, i) => i + 2);
  return {
    heading: [
      ...["label", "predicted", COLUMN.confidence],
      ...guesses.flatMap((n) => [`guess ${n}`, `probability of guess ${n}`]),
      ...(many ? [] : classes.map((name) => COLUMN.probability + name)),
      ...(few ? [COLUMN.others] : []),
      ...classes.map((name) => COLUMN.score + name),
    ],
    row(sample) {
      const own = table.scores.subarray(sample * count, (sample + 1) * count);
      const shares = softmax(own);
      const label = labels[sample];
      // A stable order: of equal scores the first class is the one that was predicted.
      const order = many ? highest(own, BEST_SCORES) : [own.indexOf(own.reduce((a, b) => Math.max(a, b)))];
      const written = new Set([...order, label]);
      const others = few ? shares.reduce((sum, share, k) => (written.has(k) ? sum : sum + share), 0) : 0;
      const fields = [
        ...[classes[label], classes[order[0]], shareText(shares[order[0]])],
        ...guesses.flatMap((n) => [classes[order[n - 1]], shareText(shares[order[n - 1]])]),
        ...(many ? [] : Array.from(shares, shareText)),
        ...(few ? [shareText(others)] : []),
      ];
      const texts = few ? sparseFields(own, written) : Array.from(own, shortestText).join(",");
      return `${formatFields(fields)},${texts}`;
    },
  };
}

/** Fields of which few have a number; an array of thousands for each line would take most of the time. */
function sparseFields(scores: Float32Array, written: ReadonlySet<number>): string {
  let [text, at] = ["", 0];
  for (const k of [...written].sort((a, b) => a - b)) {
    text += ",".repeat(k - at) + shortestText(scores[k]);
    at = k;
  }
  return text + ",".repeat(scores.length - 1 - at);
}

/** The classes of the highest scores, the highest first; of equal ones the first. */
function highest(scores: Float32Array, count: number): number[] {
  const best: number[] = [];
  scores.forEach((score, k) => {
    if (best.length === count && !(score > scores[best[count - 1]])) return;
    let at = best.length;
    while (at > 0 && score > scores[best[at - 1]]) at--;
    best.splice(at, 0, k);
    if (best.length > count) best.pop();
  });
  return best;
}

/** A probability with six digits that count. */
const shareText = (share: number): string => `${Number(share.toPrecision(6))}`;

/** The fewest digits that give the same float32 again. */
function shortestText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  const precision = [6, 7, 8, 9].find((count) => Math.fround(Number(value.toPrecision(count))) === value);
  return `${Number(value.toPrecision(precision ?? 9))}`;
}
