import { axisX, axisY, dot, gridY, line, type Markish, ruleY, scale, text } from "@observablehq/plot";
import type { Metric } from "../../blocks/loss/metrics.js";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import type { EpochStatistics, Statistics } from "../../training/statistics/epoch-statistics.js";
import { plural } from "../page/text/words.js";
import { CENTRED, drawChart, fromCorner, GRID, TEXT_SIZE, TICKED, titleMarks } from "./chart.js";
import { decades } from "./powers.js";

/** How a curve is drawn. */
interface CurveStyle {
  readonly title: string;
  /** a value as text, beside the ends of the curves and under the pointer */
  readonly format: (value: number) => string;
  /** a value of the axis as text */
  readonly tick: (value: number) => string;
  /** a logarithmic axis where the values differ by more than this factor; never unless given */
  readonly logarithmicFrom?: number;
  /** values that the axis has room for, besides those that are drawn: for charts that are compared */
  readonly room?: readonly number[];
}

/** What a curve shows of each epoch, and how. */
export interface CurveOptions extends CurveStyle {
  /** the epoch whose model is kept, which has a ring; unless given, that of the best value on validation has it */
  readonly kept?: number;
  /** which values are the better ones; lower unless given */
  readonly better?: Metric["better"];
  readonly value: (statistics: Statistics) => number | undefined;
}

interface Point {
  readonly epoch: number;
  readonly value: number;
}

interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly stroke: string;
  /** marked with a ring, unless it is the last, and what it is called */
  readonly ringed?: { readonly point: Point; readonly name: string };
}

const WIDTH = 360;
const HEIGHT = 250;
const LEFT = 46;
const RIGHT = 58;
const TOP = 52;
const BOTTOM = 42;
/** From so many epochs on, curves have no dots. */
const MANY = 40;

const pointOf = (epoch: number, value: number | undefined): Point[] => (value === undefined ? [] : [{ epoch, value }]);

/**
 * A quantity over the epochs: training in grey, validation in the accent colour with a ring around the epoch that is kept, or else its best value,
 * the last values beside their ends. Each epoch's value shows when the pointer rests on it.
 *
 * @throws RangeError when there is no epoch
 */
export function drawCurve(
  history: readonly EpochStatistics[],
  { value, kept, better = "lower", ...style }: CurveOptions,
): Markup {
  const training = history.flatMap((h) => pointOf(h.epoch, value(h.train)));
  const validation = history.flatMap((h) => pointOf(h.epoch, h.validation && value(h.validation)));
  const series: Series[] = [
    { name: "training", points: training, stroke: colour("quiet") },
    { name: "validation", points: validation, stroke: colour("accent"), ...ringOf(validation, kept, better) },
  ];
  return drawSeries(history, series, style);
}

/** The learning rate of each epoch's last step; undefined where it never changed. */
export function drawRates(history: readonly EpochStatistics[]): Markup | undefined {
  const points = history.map(({ epoch, learningRate }) => ({ epoch, value: learningRate }));
  if (points.every(({ value }) => value === points[0].value)) return undefined;
  const text = (value: number): string => `${Number(value.toPrecision(3))}`;
  const series: Series[] = [{ name: "at the end of the epoch", points, stroke: colour("quiet") }];
  return drawSeries(history, series, { title: "learning rate", format: text, tick: text });
}

/** The point of the epoch that is kept, or else the best, where it is not the last: the value of that one stands at the end of the curve. */
function ringOf(points: readonly Point[], kept: number | undefined, better: Metric["better"]): Pick<Series, "ringed"> {
  if (points.length === 0) return {};
  const last = points[points.length - 1];
  if (kept !== undefined) {
    const point = points.find(({ epoch }) => epoch === kept);
    return point && point !== last ? { ringed: { point, name: "kept" } } : {};
  }
  const sign = better === "higher" ? -1 : 1;
  const isBetter = (a: Point, b: Point): boolean => sign * a.value < sign * b.value;
  const point = points.reduce((best, each) => (isBetter(each, best) ? each : best));
  return isBetter(point, last) ? { ringed: { point, name: "best" } } : {};
}

function drawSeries(history: readonly EpochStatistics[], all: readonly Series[], style: CurveStyle): Markup {
  const { title, tick, logarithmicFrom = Number.POSITIVE_INFINITY, room = [] } = style;
  if (history.length === 0) throw new RangeError("A curve needs at least one epoch.");
  const series = all.filter(({ points }) => points.length > 0);
  const values = [...series.flatMap(({ points }) => points.map((point) => point.value)), ...room];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = low > 0 && high / low > logarithmicFrom;
  const y = logarithmic
    ? { type: "log" as const, domain: [low / 1.15, high * 1.15] }
    : { type: "linear" as const, domain: [Math.min(0, low * 1.06), high > 0 ? high * 1.06 : low < 0 ? 0 : 1] };
  const ticks = logarithmic ? decades(low / 1.15, high * 1.15) : 5;
  const { apply } = scale({ y: { ...y, range: [HEIGHT - BOTTOM, TOP] } });
  const ends = moveApart(series.map(({ points }) => Number(apply(points[points.length - 1].value))));
  const [first, last] = [history[0].epoch, history[history.length - 1].epoch];
  return drawChart(
    {
      width: WIDTH,
      height: HEIGHT,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { domain: first === last ? [first - 0.5, last + 0.5] : [first, last] },
      y: { ...y, label: null },
      marks: [
        gridY({ ticks, ...GRID }),
        axisY({ ticks, tickSize: 0, tickPadding: 6, tickFormat: tick, fill: colour("soft"), label: null }),
        axisX({
          ticks: epochTicks(first, last),
          tickFormat: (epoch: number) => `${epoch}`,
          ...TICKED,
          ...CENTRED,
          label: "epoch",
        }),
        logarithmic ? null : ruleY([0], { stroke: colour("quiet") }),
        ...legendMarks(logarithmic ? `${title} (logarithmic scale)` : title, series, style),
        ...series.flatMap((one, i) => seriesMarks(one, ends[i], style)),
      ],
    },
    `${title} over ${plural(history.length, "epoch")}`,
  );
}

/** The title, and below it the name of each series in its colour, and what its ring means. */
function legendMarks(title: string, series: readonly Series[], { format }: CurveStyle): Markish[] {
  const corner = { left: LEFT, top: TOP };
  const at = (dx: number, dy: number) => fromCorner(corner, dx, dy);
  return [
    ...titleMarks(corner, title),
    ...series.flatMap(({ name, stroke, ringed }, i) => {
      const ring = ringed
        ? [
            dot([name], { ...at(95 + 78 * i, 32), r: 4, stroke, strokeWidth: 2 }),
            text([`${ringed.name}: ${format(ringed.point.value)}`], { ...at(104 + 78 * i, 26), fill: stroke }),
          ]
        : [];
      return [
        dot([name], { ...at(4 + 78 * i, 32), r: 4, fill: stroke }),
        text([name], { ...at(13 + 78 * i, 26), fill: colour("soft") }),
        ...ring,
      ];
    }),
  ];
}

function seriesMarks({ name, stroke, points, ringed }: Series, end: number, { format }: CurveStyle): Markish[] {
  const last = points[points.length - 1];
  const channels = { x: "epoch", y: "value" };
  const title = ({ epoch, value }: Point): string => `epoch ${epoch}, ${name}: ${format(value)}`;
  return [
    line(points, { ...channels, stroke, strokeWidth: 2, strokeLinejoin: "round" }),
    points.length > MANY ? null : dot(points, { ...channels, r: 2.5, fill: stroke }),
    ringed ? dot([ringed.point], { ...channels, r: 5, stroke, fill: colour("paper"), strokeWidth: 2 }) : null,
    text([last], {
      x: "epoch",
      frameAnchor: "top",
      dy: end - TOP,
      dx: 8,
      textAnchor: "start",
      lineAnchor: "middle",
      text: (point: Point) => format(point.value),
      fill: stroke === colour("quiet") ? colour("soft") : stroke,
      fontWeight: 700,
    }),
    dot(points, { ...channels, r: 8, fill: stroke, fillOpacity: 0, title }),
  ];
}

/** Whole epochs, at most nine of them, at even steps. */
function epochTicks(first: number, last: number): number[] {
  let step = 1;
  for (let i = 0; (last - first) / step > 8; i++) step *= i % 3 === 1 ? 2.5 : 2;
  const from = Math.ceil(first / step) * step;
  const ticks: number[] = [];
  for (let epoch = from; epoch <= last; epoch += step) ticks.push(epoch);
  return ticks;
}

/** Moves two labels apart so that one does not cover the other. */
function moveApart(heights: readonly number[]): readonly number[] {
  if (heights.length < 2) return heights;
  const [a, b] = heights;
  const missing = TEXT_SIZE + 2 - Math.abs(a - b);
  if (missing <= 0) return heights;
  const up = a < b ? -1 : 1;
  return [a + (up * missing) / 2, b - (up * missing) / 2];
}
