import { axisX, axisY, dot, gridX, gridY, line, type Markish, rectY } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { CENTRED, GRID } from "./chart.js";
import { diagonalMark, type SquareChart, squareChart } from "./square-chart.js";

/** A curve between 0 and 1 on both axes. */
export interface UnitCurve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a chart of shares shows. */
export interface UnitChartOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** a line of comparison: what chance gives, or what is perfectly calibrated */
  readonly diagonal?: boolean;
  /** bars from 0: [from, to, height] */
  readonly bars?: readonly (readonly [from: number, to: number, height: number])[];
  /** whether the points of the curves are marked */
  readonly dots?: boolean;
}

/** The room for the numbers at the vertical axis. */
const LEFT = 46;
const DOMAIN: SquareChart["domain"] = [0, 1];
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** A chart of shares against shares: the first curve in the accent colour, the others in greys; a name shows when the pointer rests on its curve. */
export function unitChart(curves: readonly UnitCurve[], options: UnitChartOptions): Markup {
  const { title, x, y, diagonal = false, bars = [], dots = false } = options;
  const axis = { ticks: TICKS, tickFormat: (share: number) => `${share}`, tickSize: 0, fill: colour("soft") };
  const shown = curves.map(({ name, points }, i) => ({
    name,
    points: points.map(([px, py]) => ({ x: px, y: py })),
    stroke: i === 0 ? colour("accent") : colour("quiet"),
  }));
  const marks: Markish[] = [
    gridX({ ticks: TICKS, ...GRID }),
    gridY({ ticks: TICKS, ...GRID }),
    axisX({ ...axis, ...CENTRED, label: x }),
    axisY({ ...axis, label: null }),
    rectY(
      bars.map(([x1, x2, height]) => ({ x1, x2, height })),
      { x1: "x1", x2: "x2", y1: 0, y2: "height", fill: colour("quiet"), fillOpacity: 0.3, inset: 0.5 },
    ),
    diagonal ? diagonalMark(DOMAIN) : null,
    ...[...shown]
      .reverse()
      .flatMap(({ name, points, stroke }) => [
        line(points, { x: "x", y: "y", stroke, strokeWidth: 2, strokeLinejoin: "round", title: () => name }),
        dots ? dot(points, { x: "x", y: "y", fill: stroke, r: 3.5 }) : null,
      ]),
  ];
  return squareChart({ title, y, left: LEFT, domain: DOMAIN, marks }, `${title}: ${y} over ${x}`);
}
