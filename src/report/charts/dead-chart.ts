import { axisX, axisY, rectY, text } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { shortenName } from "../page/text/words.js";
import { CENTRED, drawChart, TICKED, titleMarks } from "./chart.js";

/** The dead channels of a rectifier in one epoch. */
export interface DeadPoint {
  /** the row */
  readonly name: string;
  readonly epoch: number;
  /** from 0 to 1 */
  readonly share: number;
  readonly channels: number;
}

const WIDTH = 560;
const [ROW, TOP, BOTTOM, RIGHT] = [20, 56, 42, 84];
/** The width of a letter of the row's names, about. */
const LETTER = 6.4;
const LONGEST = 26;
/** What is not 0 is seen. */
const LEAST = 0.12;

/**
 * How many channels of each rectifier are dead, over the epochs: a row for each rectifier, the first on top, the stronger a cell's colour the more are dead, and at the end how
 * many are in the last epoch.
 *
 * @param points at least one
 */
export function deadChart(points: readonly DeadPoint[]): Markup {
  const names = [...new Set(points.map(({ name }) => name))];
  const epochs = points.map(({ epoch }) => epoch);
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const left = 14 + LETTER * Math.max(...names.map((name) => shortenName(name, LONGEST).length));
  const row = ({ name }: DeadPoint): number => names.indexOf(name);
  const dead = ({ share, channels }: DeadPoint): string => `${Math.round(share * channels)} of ${channels}`;
  const edge = 0.06;
  return drawChart(
    {
      width: WIDTH,
      height: TOP + BOTTOM + ROW * names.length,
      ...{ marginLeft: left, marginRight: RIGHT, marginTop: TOP, marginBottom: BOTTOM },
      x: { domain: [first - 0.5, last + 0.5] },
      y: { domain: [names.length - 0.5, -0.5] },
      marks: [
        rectY(points, {
          x1: (point: DeadPoint) => point.epoch - 0.5,
          x2: (point: DeadPoint) => point.epoch + 0.5,
          y1: (point: DeadPoint) => row(point) - 0.5 + edge,
          y2: (point: DeadPoint) => row(point) + 0.5 - edge,
          fill: colour("accent"),
          fillOpacity: ({ share }: DeadPoint) => (share > 0 ? LEAST + (1 - LEAST) * share : 0),
          stroke: colour("line"),
          title: (point: DeadPoint) => `${point.name}, epoch ${point.epoch}: ${dead(point)}`,
        }),
        axisY({
          ticks: names.map((_, i) => i),
          ...{ tickSize: 0, tickPadding: 8, label: null, fill: colour("soft") },
          tickFormat: (i: number) => shortenName(names[i], LONGEST),
        }),
        axisX({
          ticks: [...new Set([first, ...(last - first > 1 ? [Math.round((first + last) / 2)] : []), last])],
          ...{ ...TICKED, ...CENTRED, label: "epoch" },
          tickFormat: (epoch: number) => `${epoch}`,
        }),
        text(
          points.filter(({ epoch }) => epoch === last),
          { x: last + 0.5, y: row, text: dead, textAnchor: "start", dx: 8, fill: colour("soft") },
        ),
        ...titleMarks(
          { left, top: TOP },
          "dead units of each rectifier",
          "channels that are 0 for every image of one batch; those that stay so learn no more",
        ),
      ],
    },
    "dead units of each rectifier over the epochs",
  );
}
