import { axisX, axisY, dot, gridX, gridY } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { countText } from "../page/text/words.js";
import { CENTRED, GRID, TICKED } from "./chart.js";
import { diagonalMark, type SquareChart, squareChart } from "./square-chart.js";

/** The room for the numbers at the vertical axis. */
const LEFT = 56;
/** More dots than that, evenly picked, only make the page larger. */
const MOST_DOTS = 2000;
/** So many ticks at each axis, about: long numbers stand beside each other, too. */
const TICKS = 4;
/** Free of dots at each side, as a share of the range. */
const ROOM = 0.04;

/**
 * What was predicted over what it is, on equal axes: on the dashed line the two are equal.
 *
 * @param values what each sample is, and what was predicted
 */
export function scatterChart(title: string, values: readonly (readonly [truth: number, predicted: number])[]): Markup {
  const shown = Math.min(values.length, MOST_DOTS);
  const dots = Array.from({ length: shown }, (_, i) => values[Math.floor((i * values.length) / shown)]);
  const [low, high] = values.flat().reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const room = ROOM * (high - low) || 1;
  const domain: SquareChart["domain"] = [low - room, high + room];
  const marks = [
    gridX({ ticks: TICKS, ...GRID }),
    gridY({ ticks: TICKS, ...GRID }),
    axisX({ ticks: TICKS, tickFormat: tickText, ...TICKED, ...CENTRED, label: "what it is" }),
    axisY({ ticks: TICKS, tickFormat: tickText, tickSize: 0, tickPadding: 6, fill: colour("soft"), label: null }),
    diagonalMark(domain),
    dot(dots, { x: "0", y: "1", r: 2, fill: colour("accent"), fillOpacity: 0.5 }),
  ];
  return squareChart(
    { title, y: "what was predicted", left: LEFT, domain, marks },
    `${title}: what was predicted over what it is, of ${countText(values.length)} samples`,
  );
}

/** -120000 → "−120 000", 2.5e7 → "2.5e7" */
function tickText(value: number): string {
  const size = Number(Math.abs(value).toPrecision(6));
  const text =
    size >= 1e6 || (size > 0 && size < 1e-3)
      ? size.toExponential().replace("+", "")
      : size >= 1e4
        ? countText(size)
        : `${size}`;
  return value < 0 ? `−${text}` : text;
}
