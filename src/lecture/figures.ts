/** The pictures of docs/lecture.md as SVG. */

import {
  axisX,
  axisY,
  contour,
  dot,
  frame,
  gridY,
  line,
  type Markish,
  rect,
  ruleX,
  ruleY,
  text,
} from "@observablehq/plot";
import { type Markup, trusted } from "../drawing/markup.js";
import { colour, LIGHT } from "../drawing/theme.js";
import { drawChart, TEXT_SIZE } from "../report/charts/chart.js";

/** A point of a curve, or of the plane. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The size of a chart in the units of its text. */
interface Size {
  readonly width: number;
  readonly height: number;
}

const TITLE = 30;

/** Charts of one size in rows, as one SVG. */
function together(
  charts: readonly Markup[],
  columns: number,
  { width, height }: Size,
  gap: number,
  label: string,
): Markup {
  const across = Math.min(columns, charts.length);
  const rows = Math.ceil(charts.length / across);
  const placed = charts.map(({ text: svg }, i) => {
    const at = [(i % across) * (width + gap), Math.floor(i / across) * (height + gap)];
    const inner = svg.replace(/^<svg[^>]*>/, "").replace(/<\/svg>$/, "");
    return `<g transform="translate(${at.join()})">${inner}</g>`;
  });
  const whole = [across * width + (across - 1) * gap, rows * height + (rows - 1) * gap];
  return trusted(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${whole[0]}" height="${whole[1]}" viewBox="0 0 ${whole.join(" ")}" ` +
      `font-size="${TEXT_SIZE}" text-anchor="middle" role="img" aria-label="${label}">${placed.join("")}</svg>`,
  );
}

const heading = (title: string): Markish =>
  text([title], {
    frameAnchor: "top-left" as const,
    dy: -TITLE + 6,
    lineAnchor: "top" as const,
    fill: colour("ink"),
    fontSize: TEXT_SIZE + 1,
    fontWeight: 700,
  });

/** An activation and its slope. */
export interface Activation {
  readonly title: string;
  readonly curve: readonly Place[];
  readonly slope: readonly Place[];
}

/** Activations in ink, their slopes in the accent colour. */
export function activationFigure(activations: readonly Activation[]): Markup {
  const size = { width: 240, height: 190 };
  const charts = activations.map(({ title, curve, slope }) => {
    const stroke = { strokeWidth: 2, strokeLinejoin: "round" as const };
    return drawChart(
      {
        ...size,
        marginLeft: 26,
        marginRight: 6,
        marginTop: TITLE,
        marginBottom: 22,
        x: { domain: [-4, 4] },
        y: { domain: [-1.4, 2.4] },
        marks: [
          gridY([-1, 0, 1, 2], { stroke: colour("line"), strokeOpacity: 1 }),
          axisY([-1, 0, 1, 2], { tickSize: 0, tickPadding: 6, fill: colour("soft"), label: null }),
          axisX([-4, -2, 0, 2, 4], { tickSize: 0, tickPadding: 6, fill: colour("soft"), label: null }),
          ruleX([0], { stroke: colour("line") }),
          ruleY([0], { stroke: colour("quiet") }),
          line(slope.filter(inFrame), { x: "x", y: "y", stroke: colour("accent"), ...stroke, strokeWidth: 1.5 }),
          line(curve.filter(inFrame), { x: "x", y: "y", stroke: colour("ink"), ...stroke }),
          heading(title),
          ...(title === activations[0].title
            ? [
                text([{ x: 1.1, y: 1.25 }], { x: "x", y: "y", text: () => "y", fill: colour("ink"), fontWeight: 700 }),
                text([{ x: 2.7, y: 0.48 }], {
                  x: "x",
                  y: "y",
                  text: () => "dy/dx",
                  fill: colour("accent"),
                  fontWeight: 700,
                }),
              ]
            : []),
        ],
      },
      title,
    );
  });
  return together(charts, 3, size, 14, "Six activations and their slopes");
}

const inFrame = ({ y }: Place): boolean => y >= -1.4 && y <= 2.4;

/** How far the plane reaches: a little beyond the frame, so that no level ends in it. */
export const EDGE = 4.2;

/** Points of two classes, and the probability of the second one over the plane. */
export interface Boundary {
  readonly title: string;
  readonly points: readonly (Place & { readonly label: number })[];
  /** row by row from the lowest, of the square from −{@link EDGE} to {@link EDGE} */
  readonly probabilities: readonly number[];
}

/** What neurons think of the plane: red where they say yes, with the lines of 0.1, 0.5 and 0.9. */
export function boundaryFigure(boundaries: readonly Boundary[]): Markup {
  const size = { width: 250, height: 250 + TITLE };
  const charts = boundaries.map(({ title, points, probabilities }) => {
    const side = Math.sqrt(probabilities.length);
    const grid = { width: side, height: side, x1: -EDGE, y1: -EDGE, x2: EDGE, y2: EDGE, clip: true };
    const level = (threshold: number, strokeWidth: number): Markish =>
      contour(probabilities, { ...grid, thresholds: [threshold], stroke: colour("ink"), strokeWidth, fill: "none" });
    const dots = (label: number, fill: string): Markish =>
      dot(
        points.filter((point) => point.label === label),
        { x: "x", y: "y", r: 2.6, fill, stroke: colour("paper"), strokeWidth: 0.7 },
      );
    return drawChart(
      {
        ...size,
        marginLeft: 0,
        marginRight: 0,
        marginTop: TITLE,
        marginBottom: 0,
        x: { domain: [-4, 4], axis: null },
        y: { domain: [-4, 4], axis: null },
        marks: [
          rect([0], { x1: -4, x2: 4, y1: -4, y2: 4, fill: colour("panel") }),
          contour(probabilities, {
            ...grid,
            thresholds: [0.5],
            fill: colour("accent"),
            fillOpacity: 0.13,
            stroke: "none",
          }),
          level(0.1, 0.5),
          level(0.9, 0.5),
          dots(0, colour("soft")),
          dots(1, colour("accent")),
          level(0.5, 1.8),
          heading(title),
        ],
      },
      title,
    );
  });
  return together(charts, boundaries.length, size, 16, "Decision boundaries of one neuron and of a hidden layer");
}

/** A way down. */
export interface Descent {
  readonly title: string;
  readonly below: string;
  readonly way: readonly Place[];
}

/** Ways down the same valley, seen from above. */
export function descentFigure(descents: readonly Descent[], valley: (x: number, y: number) => number): Markup {
  const size = { width: 330, height: 196 };
  const [across, up] = [4, 1.9];
  const beyond = EDGE / across;
  const [columns, rows] = [160, 76];
  const heights = Array.from({ length: columns * rows }, (_, i) => {
    const x = beyond * across * (-1 + (2 * ((i % columns) + 0.5)) / columns);
    const y = beyond * up * (-1 + (2 * (Math.floor(i / columns) + 0.5)) / rows);
    return valley(x, y);
  });
  const charts = descents.map(({ title, below, way }) => {
    const seen = way.slice(0, firstOutside(way, across, up));
    return drawChart(
      {
        ...size,
        marginLeft: 0,
        marginRight: 0,
        marginTop: TITLE,
        marginBottom: 22,
        x: { domain: [-across, across], axis: null },
        y: { domain: [-up, up], axis: null },
        marks: [
          contour(heights, {
            width: columns,
            height: rows,
            clip: true,
            x1: -beyond * across,
            y1: -beyond * up,
            x2: beyond * across,
            y2: beyond * up,
            thresholds: [0.15, 0.6, 1.35, 2.4, 3.75, 5.4, 7.35, 9.6, 12.2, 15],
            stroke: colour("line"),
            strokeWidth: 1.2,
            fill: "none",
          }),
          line(seen, { x: "x", y: "y", stroke: colour("accent"), strokeWidth: 1.4, strokeLinejoin: "round" }),
          dot(seen, { x: "x", y: "y", r: 2.2, fill: colour("accent") }),
          dot(way.slice(0, 1), { x: "x", y: "y", r: 4, fill: colour("ink") }),
          dot([{ x: 0, y: 0 }], { x: "x", y: "y", symbol: "plus", r: 5, stroke: colour("ink") }),
          frame({ stroke: colour("line") }),
          heading(title),
          text([below], { frameAnchor: "bottom-left", dy: 18, fill: colour("soft") }),
        ],
      },
      title,
    );
  });
  return together(charts, 2, size, 20, "Gradient descent with four learning rates");
}

/** Curves over the same axis, each height a power of ten. */
export interface Powers {
  readonly title: string;
  /** what the axis counts */
  readonly below: string;
  /** the powers of ten that are written beside the frame, from the lowest to the highest, which end it */
  readonly ticks: readonly number[];
  /** y is the logarithm to base 10; the name stands where the curve ends */
  readonly curves: readonly { readonly name: string; readonly places: readonly Place[]; readonly strong: boolean }[];
}

/** Sizes that grow and vanish, on logarithmic scales. */
export function powersFigure(charts: readonly Powers[], label: string): Markup {
  const size = { width: 400, height: 260 };
  const drawn = charts.map(({ title, below, ticks, curves }) => {
    const most = Math.max(...curves.flatMap(({ places }) => places.map(({ x }) => x)));
    return drawChart(
      {
        ...size,
        marginLeft: 92,
        marginRight: 78,
        marginTop: TITLE,
        marginBottom: 42,
        x: { domain: [0, most] },
        y: { domain: [ticks[0], ticks[ticks.length - 1]] },
        marks: [
          gridY(ticks, { stroke: colour("line"), strokeOpacity: 1 }),
          axisY(ticks, { tickSize: 0, tickPadding: 6, fill: colour("soft"), label: null, tickFormat: inWords }),
          axisX([0, most / 2, most], { tickSize: 0, tickPadding: 6, fill: colour("soft"), label: null }),
          ...curves.flatMap(({ name, places, strong }) => {
            const paint = colour(strong ? "accent" : "ink");
            return [
              line(places, { x: "x", y: "y", stroke: paint, strokeWidth: 2, strokeLinejoin: "round" as const }),
              text(places.slice(-1), {
                x: "x",
                y: "y",
                text: () => name,
                fill: paint,
                textAnchor: "start" as const,
                dx: 6,
              }),
            ];
          }),
          text([below], { frameAnchor: "bottom" as const, dy: 34, fill: colour("soft") }),
          heading(title),
        ],
      },
      title,
    );
  });
  return together(drawn, 2, size, 20, label);
}

/** The fonts of charts have few raised digits. */
const inWords = (power: number): string => WORDS[power] ?? `1e${power}`;
const WORDS: Readonly<Record<number, string>> = {
  [-9]: "a billionth",
  [-6]: "a millionth",
  [-3]: "a thousandth",
  0: "1",
  3: "a thousand",
  6: "a million",
  9: "a billion",
};

/** How many points lie in the frame before the first that does not. */
function firstOutside(way: readonly Place[], across: number, up: number): number {
  const index = way.findIndex(({ x, y }) => Math.abs(x) > across || Math.abs(y) > up);
  return index < 0 ? way.length : index;
}

/** Numbers as a picture. */
export interface Plane {
  readonly title: string;
  readonly below: string;
  readonly height: number;
  readonly width: number;
  /** row by row */
  readonly values: ArrayLike<number>;
}

/** Planes of numbers side by side, row after row: red above zero, grey below, the stronger the larger in its plane. */
export function planesFigure(rows: readonly (readonly Plane[])[]): Markup {
  const size = { width: 150, height: 150 + TITLE + 20 };
  const charts = rows.flat().map(({ title, below, height, width, values }) => {
    const numbers = Array.from(values);
    const most = Math.max(1e-30, ...numbers.map(Math.abs));
    const cells = numbers.map((value, i) => ({ value, row: Math.floor(i / width), column: i % width }));
    const sign = (positive: boolean): Markish =>
      rect(
        cells.filter(({ value }) => (positive ? value > 0 : value < 0)),
        {
          x1: "column",
          x2: ({ column }: { column: number }) => Math.min(width, column + 1.02),
          y1: "row",
          y2: ({ row }: { row: number }) => Math.min(height, row + 1.02),
          fill: ({ value }: { value: number }) => mixed(positive ? LIGHT.accent : LIGHT.ink, Math.abs(value) / most),
        },
      );
    return drawChart(
      {
        ...size,
        marginLeft: 1,
        marginRight: 1,
        marginTop: TITLE,
        marginBottom: 20,
        x: { domain: [0, width], axis: null },
        y: { domain: [height, 0], axis: null },
        color: { type: "identity" },
        marks: [
          rect([0], { x1: 0, x2: width, y1: 0, y2: height, fill: colour("paper") }),
          sign(true),
          sign(false),
          rect([0], { x1: 0, x2: width, y1: 0, y2: height, fill: "none", stroke: colour("line") }),
          heading(title),
          text([below], { frameAnchor: "bottom-left", dy: 17, fill: colour("soft") }),
        ],
      },
      title,
    );
  });
  return together(charts, rows[0].length, size, 18, "A letter, filters, and what they give");
}

/** A share of a colour on white: squares that overlap by a hair then show no seam. */
function mixed(strong: string, share: number): string {
  const channels = [1, 3, 5].map((at) => {
    const full = Number.parseInt(strong.slice(at, at + 2), 16);
    return Math.round(255 + share * (full - 255));
  });
  return `rgb(${channels.join()})`;
}
