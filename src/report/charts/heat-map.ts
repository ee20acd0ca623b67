import { axisX, axisY, cell, frame, type Markish, text } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { type ConfusionMatrix, recall } from "../../evaluation/metrics/metrics.js";
import { countText, percentText, shortenName } from "../page/text/words.js";
import { CENTRED, drawChart, TEXT_SIZE } from "./chart.js";

/** Up to so many classes, cells hold their counts and rows their recall. */
export const COUNTS_UP_TO = 30;
/** Up to so many classes, rows and columns hold their names. */
const NAMES_UP_TO = 100;
const LONGEST = 18;

/** The options of {@link heatMap}. */
export interface HeatMapOptions {
  readonly href?: (truth: number, guess: number) => string | undefined;
}

interface Cell {
  readonly truth: number;
  readonly guess: number;
  readonly count: number;
  readonly title: string;
}

/**
 * A confusion matrix as a heat map: rows are the true classes, columns the predicted ones. Mistakes are the more strongly
 * coloured the more there are (by the square root, so that single ones are seen); the diagonal is only hinted at.
 * What a cell means shows when the pointer rests on it.
 *
 * @param options.href where a cell leads to: its row and its column from 0; nowhere
 */
export function heatMap(matrix: ConfusionMatrix, { href }: HeatMapOptions = {}): Markup {
  const { classes } = matrix;
  const size = classes.length;
  const numbers = size <= COUNTS_UP_TO;
  const named = size <= NAMES_UP_TO;
  const side = size <= 6 ? 40 : numbers ? 25 : Math.max(3, Math.min(14, 760 / size));
  const names = classes.map((name) => shortenName(name, LONGEST));
  const nameWidth = named ? Math.max(...names.map((name) => name.length)) * 0.56 * TEXT_SIZE : 0;
  const upright = nameWidth > side;
  const [left, top] = [nameWidth + 34, (upright ? nameWidth : TEXT_SIZE) + 34];
  const right = numbers ? 62 : 10;

  const cells = filledCells(matrix);
  const mistakes = cells.filter(({ truth, guess }) => truth !== guess);
  const most = Math.max(1, ...mistakes.map(({ count }) => count));
  const strength = ({ truth, guess, count }: Cell): number =>
    truth === guess ? 0.1 : 0.2 + 0.75 * Math.sqrt(count / most);
  const at = { x: "guess", y: "truth" };
  const indices = classes.map((_, i) => i);
  const axis = { ticks: named ? indices : [], tickFormat: (i: number) => names[i], tickSize: 0, tickPadding: 5 };
  const axisText = { fill: colour("soft"), ...CENTRED };
  const recalls = recall(matrix);
  const marks: Markish[] = [
    cell(cells, {
      ...at,
      inset: side > 8 ? 0.75 : 0,
      fill: ({ truth, guess }: Cell) => (truth === guess ? colour("soft") : colour("accent")),
      fillOpacity: strength,
      title: "title",
      ...(href ? { href: ({ truth, guess }: Cell) => href(truth, guess) } : {}),
    }),
    axisY({ ...axis, ...axisText, label: "it is", labelOffset: left - 4 }),
    axisX({
      ...axis,
      ...axisText,
      anchor: "top",
      label: "it was taken for",
      labelOffset: top - 4,
      ...(upright ? { tickRotate: -90 } : {}),
    }),
  ];
  if (numbers) {
    const label = (part: readonly Cell[], fill: string): Markish =>
      text(part, { ...at, text: (c: Cell) => `${c.count}`, fill, fontSize: TEXT_SIZE - 2, pointerEvents: "none" });
    marks.push(
      label(
        cells.filter((c) => c.truth === c.guess),
        colour("soft"),
      ),
      label(
        mistakes.filter((c) => strength(c) <= 0.6),
        colour("ink"),
      ),
      label(
        mistakes.filter((c) => strength(c) > 0.6),
        colour("paper"),
      ),
      text(indices, {
        frameAnchor: "right",
        textAnchor: "end",
        dx: right - 6,
        y: (i: number) => i,
        text: (i: number) => percentText(recalls[i], 1),
        fill: colour("soft"),
        fontSize: TEXT_SIZE - 1,
      }),
      text(["recall"], { frameAnchor: "top-right", textAnchor: "end", dx: right - 6, dy: -19, fill: colour("soft") }),
    );
  }
  // without numbers at its side it does not show where it ends
  if (!numbers) marks.push(frame({ stroke: colour("line") }));
  return drawChart(
    {
      width: left + side * size + right,
      height: top + side * size + 6,
      marginLeft: left,
      marginTop: top,
      marginRight: right,
      marginBottom: 6,
      padding: 0,
      x: { type: "band", domain: indices },
      y: { type: "band", domain: indices },
      color: { type: "identity" },
      opacity: { type: "identity" },
      marks,
    },
    `Confusion matrix of ${size} classes, ${countText(cells.reduce((sum, { count }) => sum + count, 0))} samples`,
  );
}

/** The cells that are not empty. */
function filledCells({ classes, counts }: ConfusionMatrix): Cell[] {
  return classes.flatMap((name, truth) => {
    const row = Array.from(counts.subarray(truth * classes.length, (truth + 1) * classes.length));
    const total = row.reduce((a, b) => a + b, 0);
    return classes.flatMap((other, guess): Cell[] => {
      const count = row[guess];
      if (count === 0) return [];
      const what = truth === guess ? `${name} taken for itself` : `${name} taken for ${other}`;
      return [{ truth, guess, count, title: `${what}: ${countText(count)} of ${countText(total)}` }];
    });
  });
}
