import { axisX, axisY, dot, gridX, gridY, line, type Markish, rectY } from "@observablehq/plot";
import type { Markup } from "../page/text/markup.js";
import { colour } from "../page/theme.js";
import { CENTRED, drawChart, GRID, titleMarks } from "./chart.js";

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

const SIZE = 300;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 14, 50, 44];
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
    ...(diagonal
      ? [line([0, 1], { x: (d: number) => d, y: (d: number) => d, stroke: colour("quiet"), strokeDasharray: "3,3" })]
      : []),
    ...[...shown]
      .reverse()
      .flatMap(({ name, points, stroke }) => [
        line(points, { x: "x", y: "y", stroke, strokeWidth: 2, strokeLinejoin: "round", title: () => name }),
        dots ? dot(points, { x: "x", y: "y", fill: stroke, r: 3.5 }) : null,
      ]),
    ...titleMarks({ left: LEFT, top: TOP }, title, y),
  ];
  return drawChart(
    {
      width: SIZE + LEFT + RIGHT,
      height: SIZE + TOP + BOTTOM,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { domain: [0, 1] },
      y: { domain: [0, 1] },
      marks,
    },
    `${title}: ${y} over ${x}`,
  );
}
