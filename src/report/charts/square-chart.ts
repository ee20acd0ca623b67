import { line, type Markish } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { drawChart, titleMarks } from "./chart.js";

const SIZE = 300;
const [RIGHT, TOP, BOTTOM] = [14, 50, 44];

/** What a chart on equal axes shows. */
export interface SquareChart {
  readonly title: string;
  /** what the vertical axis is, below the title */
  readonly y: string;
  /** the room for the numbers at the vertical axis */
  readonly left: number;
  /** of both axes */
  readonly domain: readonly [low: number, high: number];
  readonly marks: readonly Markish[];
}

/**
 * Draws a chart whose axes are equal.
 *
 * @param label what it shows, for those who cannot see it
 */
export const squareChart = ({ title, y, left, domain, marks }: SquareChart, label: string): Markup =>
  drawChart(
    {
      width: SIZE + left + RIGHT,
      height: SIZE + TOP + BOTTOM,
      marginLeft: left,
      marginRight: RIGHT,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { domain },
      y: { domain },
      marks: [...marks, ...titleMarks({ left, top: TOP }, title, y)],
    },
    label,
  );

/** The dashed line on which both axes have the same value. */
export const diagonalMark = (domain: SquareChart["domain"]): Markish =>
  line(domain, { x: (d: number) => d, y: (d: number) => d, stroke: colour("quiet"), strokeDasharray: "3,3" });
