import { axisX, axisY, dot, gridX, rectX } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { plural, shortenName } from "../page/text/words.js";
import { drawChart, GRID, TICKED, titleMarks } from "./chart.js";
import { powersOfTen, powerText } from "./powers.js";

/** One figure of a layer or parameter in one epoch. */
export interface StripPoint {
  /** the row */
  readonly name: string;
  readonly epoch: number;
  readonly value: number;
}

/** What a strip chart shows. */
export interface StripOptions {
  readonly title: string;
  /** what is good to know of the axis, below the title */
  readonly note: string;
  /** values between these are as they should be */
  readonly usual?: readonly [number, number];
  /** the epoch in colour; the last */
  readonly told?: number;
}

const WIDTH = 560;
const ROW = 20;
const TOP = 56;
const BOTTOM = 30;
/** The width of a letter of the row's names, about. */
const LETTER = 6.4;
const LONGEST = 26;

/**
 * Figures of layers over the epochs: a row for each layer, the first on top, a grey dot for each epoch and an accented one for one of them, the
 * last unless another is told of, on a logarithmic axis. Values of 0 have no place there and are left out.
 *
 * @throws RangeError when there is no positive value
 */
export function stripChart(points: readonly StripPoint[], { title, note, usual, told }: StripOptions): Markup {
  const shown = points.filter(({ value }) => value > 0 && Number.isFinite(value));
  if (shown.length === 0) throw new RangeError("A strip chart needs at least one positive value.");
  const names = [...new Set(points.map(({ name }) => name))];
  const last = Math.max(...points.map(({ epoch }) => epoch));
  const values = [...shown.map(({ value }) => value), ...(usual ?? [])];
  const domain = [10 ** Math.floor(Math.log10(Math.min(...values))), 10 ** Math.ceil(Math.log10(Math.max(...values)))];
  const left = 14 + LETTER * Math.max(...names.map((name) => shortenName(name, LONGEST).length));
  const channels = { x: "value", y: "name" };
  const titleOf = ({ name, epoch, value }: StripPoint): string => `${name}, epoch ${epoch}: ${value.toPrecision(2)}`;
  const ticks = powersOfTen(domain[0], domain[1]);
  return drawChart(
    {
      width: WIDTH,
      height: TOP + BOTTOM + ROW * names.length,
      marginLeft: left,
      marginRight: 20,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { type: "log", domain },
      y: { type: "point", domain: names, label: null, padding: 0.5 },
      marks: [
        usual ? rectX([usual], { x1: "0", x2: "1", fill: colour("panel"), fillOpacity: 1 }) : null,
        gridX({ ticks, ...GRID }),
        axisY({
          tickSize: 0,
          tickPadding: 8,
          tickFormat: (name: string) => shortenName(name, LONGEST),
          fill: colour("soft"),
          label: null,
        }),
        axisX({ ticks, tickFormat: powerText, ...TICKED, label: null }),
        dot(shown, { ...channels, r: 3, fill: colour("quiet"), fillOpacity: 0.45, title: titleOf }),
        dot(
          shown.filter(({ epoch }) => epoch === (told ?? last)),
          { ...channels, r: 4.5, fill: colour("accent"), title: titleOf },
        ),
        ...titleMarks({ left, top: TOP }, title, note),
      ],
    },
    `${title}, for ${plural(names.length, "row")} and ${plural(last, "epoch")}`,
  );
}
