import { axisX, dot, line } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { CENTRED, drawChart, TICKED, titleMarks } from "../charts/chart.js";
import { percentText, plural } from "../page/text/words.js";
import { errorAxis, errorScale } from "./error-scale.js";
import type { ShownTrial } from "./input.js";

const WIDTH = 720;
const HEIGHT = 320;
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 20, 54, 42];
/** At most so many ticks on the axis of the epochs. */
const TICKS = 12;

/** The mean of a trial's seeds after each epoch that all of them have. */
function meanCurve({ curves }: ShownTrial): number[] {
  const epochs = Math.min(...curves.map(({ length }) => length));
  return Array.from(
    { length: epochs },
    (_, epoch) => curves.reduce((sum, curve) => sum + curve[epoch], 0) / curves.length,
  );
}

/**
 * The validation errors of all trials over the epochs, the mean of each one's seeds: the best in the accent colour, those that cannot be told apart from it
 * dark.
 *
 * @throws RangeError when no trial has an epoch
 */
export function trialCurves(
  trials: readonly ShownTrial[],
  { best, tied }: { readonly best: number; readonly tied: readonly number[] },
): Markup {
  const rank = ({ number }: ShownTrial): number => (number === best ? 2 : tied.includes(number) ? 1 : 0);
  const strokes = [colour("quiet"), colour("ink"), colour("accent")];
  const all = trials
    .map((trial) => ({ trial, curve: meanCurve(trial) }))
    .filter(({ curve }) => curve.length > 0)
    .sort((a, b) => rank(a.trial) - rank(b.trial));
  if (all.length === 0) throw new RangeError("Learning curves need at least one epoch.");
  const scale = errorScale(all.flatMap(({ curve }) => curve));
  const epochs = Math.max(...all.map(({ curve }) => curve.length));
  const step = Math.ceil(epochs / TICKS);
  const ticks = Array.from({ length: Math.floor(epochs / step) }, (_, i) => (i + 1) * step);
  const points = (curve: readonly number[]) =>
    curve.map((error, i) => ({ epoch: i + 1, error: Math.max(scale.domain[0], error) }));
  return drawChart(
    {
      width: WIDTH,
      height: HEIGHT,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { domain: epochs === 1 ? [0.5, 1.5] : [1, epochs] },
      y: { type: scale.type, domain: [...scale.domain], label: null },
      marks: [
        ...errorAxis(scale),
        axisX({ ticks, tickFormat: (epoch: number) => `${epoch}`, ...TICKED, ...CENTRED, label: "epoch" }),
        ...all.flatMap(({ trial, curve }) => {
          const title = () => `trial ${trial.number}: ${percentText(curve[curve.length - 1])}`;
          const style = { stroke: strokes[rank(trial)], strokeOpacity: rank(trial) === 0 ? 0.55 : 1 };
          const data = points(curve);
          return [
            line(data, { x: "epoch", y: "error", ...style, strokeWidth: 1.2 + 0.5 * rank(trial), title }),
            dot(data.slice(-1), {
              x: "epoch",
              y: "error",
              r: 2.5,
              fill: style.stroke,
              fillOpacity: style.strokeOpacity,
              title,
            }),
          ];
        }),
        ...titleMarks({ left: LEFT, top: TOP }, "validation error", "of each trial, as far as it was trained"),
      ],
    },
    `validation error of ${plural(all.length, "trial")} over ${plural(epochs, "epoch")}`,
  );
}
