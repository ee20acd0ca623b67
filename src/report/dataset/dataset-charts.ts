import { axisX, axisY, barX, dot, gridX, gridY, text } from "@observablehq/plot";
import { median, type Size } from "../../data/pictures/picture-size.js";
import type { ClassCount } from "../../data/scan/scan.js";
import type { ScanSummary } from "../../data/scan/scan-summary.js";
import { PARTS } from "../../data/sources/dataset.js";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { CENTRED, drawChart, GRID, TEXT_SIZE, TICKED } from "../charts/chart.js";
import { decades } from "../charts/powers.js";
import { countText, plural, shortenName } from "../page/text/words.js";
import { classesWithBars } from "./classes-with-bars.js";

const ROW = 24;
const LETTER = 6.4;
const LONGEST = 26;

const PART_COLOURS = { training: colour("quiet"), validation: colour("soft"), test: colour("ink") };

const rowName = (name: string): string => shortenName(name, LONGEST);

/** How many pictures each class has, as bars, in the parts of the split where the data set has one. */
export function classBars(classes: readonly ClassCount[]): Markup {
  const shown = classesWithBars(classes);
  const stated = PARTS.filter((part) => shown.some(({ parts }) => (parts[part] ?? 0) > 0));
  const left = 16 + LETTER * Math.max(...shown.map(({ name }) => rowName(name).length));
  const top = stated.length > 0 ? 34 : 6;
  const bars = shown.flatMap(({ name, count, parts }) =>
    stated.length === 0
      ? [{ name, count, fill: colour("quiet"), title: `${name}: ${countText(count)}` }]
      : stated.map((part) => ({
          name,
          count: parts[part] ?? 0,
          fill: PART_COLOURS[part],
          title: `${name}, ${part}: ${countText(parts[part] ?? 0)}`,
        })),
  );
  return drawChart(
    {
      width: 720,
      height: top + 6 + ROW * shown.length,
      marginLeft: left,
      marginRight: 70,
      marginTop: top,
      marginBottom: 6,
      x: { domain: [0, Math.max(1, ...shown.map(({ count }) => count))], axis: null },
      y: { type: "band", domain: shown.map(({ name }) => name), padding: 0.2 },
      color: { type: "identity" },
      marks: [
        barX(bars, { x: "count", y: "name", fill: "fill", title: "title" }),
        axisY({ tickSize: 0, tickPadding: 8, tickFormat: rowName, fill: colour("ink"), label: null }),
        text(shown, {
          x: "count",
          y: "name",
          dx: 6,
          textAnchor: "start",
          fill: colour("soft"),
          text: ({ count }: ClassCount) => countText(count),
        }),
        ...stated.flatMap((part, i) => [
          dot([part], { frameAnchor: "top-left", dx: 5 + 90 * i, dy: -20, r: 4, fill: PART_COLOURS[part] }),
          text([part], { frameAnchor: "top-left", dx: 14 + 90 * i, dy: -26, fill: colour("soft") }),
        ]),
      ],
    },
    `Pictures of each of ${plural(shown.length, "class", "classes")}`,
  );
}

/** The widths and heights of pictures: a dot for each size, its area by how many there are; logarithmic where some are far larger. */
export function sizesChart({ sizes, proposed }: ScanSummary): Markup {
  const most = sizes[0].count;
  const [x, y] = [sideScale(sizes, proposed, "width"), sideScale(sizes, proposed, "height")];
  const axis = { ...TICKED, ...CENTRED };
  const at = { x: "width", y: "height" };
  return drawChart(
    {
      width: 560,
      height: 400,
      marginLeft: 64,
      marginRight: 20,
      marginTop: 12,
      marginBottom: 46,
      x: x.scale,
      y: y.scale,
      r: { type: "identity" },
      marks: [
        gridX(x.ticks, GRID),
        gridY(y.ticks, GRID),
        axisX(x.ticks, { ...axis, text: x.names, label: "width in pixels" }),
        axisY(y.ticks, { ...axis, text: y.names, label: "height in pixels", labelOffset: 56 }),
        dot(sizes, {
          ...at,
          fill: colour("soft"),
          fillOpacity: 0.55,
          r: ({ count }: { count: number }) => Math.max(2.5, 16 * Math.sqrt(count / most)),
          title: ({ width, height, count }: { width: number; height: number; count: number }) =>
            `${width}×${height}: ${plural(count, "picture")}`,
        }),
        dot([proposed], { ...at, r: 5, stroke: colour("accent"), strokeWidth: 2 }),
        text([proposed], {
          ...at,
          dx: 10,
          dy: 1,
          textAnchor: "start",
          fill: colour("accent"),
          fontSize: TEXT_SIZE,
          text: () => "proposed for training",
          stroke: colour("paper"),
          strokeWidth: 4,
        }),
      ],
    },
    `Widths and heights of the pictures, ${sizes.length} different sizes`,
  );
}

/** From this factor between the longest side and a middle one on, a logarithmic axis shows more. */
const FAR = 4;
/** From this factor between the ends of a logarithmic axis on, only the powers of ten have a tick. */
const WIDE = 500;

function sideScale(sizes: readonly Size[], proposed: Size, side: keyof Size) {
  const lengths = sizes.map((size) => size[side]);
  const [low, high] = [Math.min(...lengths, proposed[side]), Math.max(...lengths, proposed[side])];
  const logarithmic = high >= FAR * median(lengths);
  const domain = logarithmic ? [low / 1.2, high * 1.2] : [0, high * 1.08];
  const digits = domain[1] / domain[0] > WIDE ? [1] : [1, 2, 5];
  const ticks = logarithmic ? decades(domain[0], domain[1], digits) : evenTicks(high);
  // as texts, because a logarithmic axis leaves out some of the numbers that it is given
  return {
    scale: { type: logarithmic ? ("log" as const) : ("linear" as const), domain },
    ticks,
    names: ticks.map(countText),
  };
}

/** From 0 in at most six even steps. */
function evenTicks(high: number): number[] {
  const step =
    [1, 2, 5]
      .flatMap((digit) => [0, 1, 2, 3, 4, 5].map((power) => digit * 10 ** power))
      .sort((a, b) => a - b)
      .find((s) => high / s <= 6) ?? high;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => i * step);
}
