import { axisX, axisY, dot, gridY, line, ruleX } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import type { RangeTest, RatePoint } from "../../training/solver/learning-rate.js";
import { plural } from "../page/text/words.js";
import { CENTRED, drawChart, GRID, TICKED, titleMarks } from "./chart.js";
import { powersOfTen, powerText } from "./powers.js";

const WIDTH = 560;
const HEIGHT = 320;
const LEFT = 46;
const TOP = 58;
/** How far above the smallest objective and the first one the axis goes, as a share of their distance. */
const ROOM = 0.35;

/**
 * The learning-rate range test: the objective of each batch as a dot, its smoothed course as a line, and the suggested rate.
 * What explodes at the right leaves the picture at the top.
 *
 * @throws RangeError when there is no point
 */
export function learningRateChart({ points, suggestion }: RangeTest): Markup {
  if (points.length === 0) throw new RangeError("The chart of a range test needs at least one point.");
  const smoothed = points.map((point) => point.smoothed);
  const [low, first] = [Math.min(...smoothed), smoothed[0]];
  const room = ROOM * (first - low) || 0.5 * first || 1;
  const domain = [Math.max(0, low - room), first + room] as const;
  const inside = points.filter(({ objective }) => objective >= domain[0] && objective <= domain[1]);
  const rates = [points[0].rate, points[points.length - 1].rate];
  const channels = { x: "rate", y: "smoothed" };
  const titleOf = ({ rate, objective }: RatePoint): string =>
    `learning rate ${rate.toPrecision(2)}: objective ${objective.toPrecision(3)}`;
  const chosen = suggestion === undefined ? [] : points.filter(({ rate }) => rate === suggestion);
  return drawChart(
    {
      width: WIDTH,
      height: HEIGHT,
      marginLeft: LEFT,
      marginRight: 20,
      marginTop: TOP,
      marginBottom: 42,
      x: { type: "log", domain: rates },
      y: { domain, label: null, clamp: false },
      marks: [
        gridY({ ticks: 5, ...GRID }),
        axisY({ ticks: 5, tickSize: 0, tickPadding: 6, fill: colour("soft"), label: null }),
        axisX({
          ticks: powersOfTen(rates[0], rates[1]),
          tickFormat: powerText,
          ...TICKED,
          ...CENTRED,
          label: "learning rate",
        }),
        ruleX(chosen, { x: "rate", stroke: colour("accent") }),
        dot(inside, { x: "rate", y: "objective", r: 2, fill: colour("quiet"), title: titleOf }),
        line(points, { ...channels, stroke: colour("accent"), strokeWidth: 2, strokeLinejoin: "round", clip: true }),
        dot(chosen, { ...channels, r: 5, fill: colour("accent"), stroke: colour("paper"), strokeWidth: 2 }),
        ...titleMarks({ left: LEFT, top: TOP }, "objective over the learning rate", legend(suggestion)),
      ],
    },
    `The objective over the learning rate in ${plural(points.length, "step")}`,
  );
}

const legend = (suggestion: number | undefined): string =>
  suggestion === undefined
    ? "dots: each batch; line: smoothed; it never falls"
    : `dots: each batch; line: smoothed; it falls fastest at ${suggestion.toPrecision(2)}`;
