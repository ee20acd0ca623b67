import { axisX, dot, ruleX } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import type { Setting, SettingValue, SettingValues } from "../../search/space.js";
import { drawChart, TICKED, titleMarks } from "../charts/chart.js";
import { decades } from "../charts/powers.js";
import { percentText, plural, shortenName } from "../page/text/words.js";
import { type ErrorScale, errorAxis } from "./error-scale.js";

const WIDTH = 360;
const HEIGHT = 260;
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 16, 54, 38];

/** A trial with its error, where it has one. */
export interface Comparable {
  readonly number: number;
  readonly values: SettingValues;
  readonly error: number;
}

/** The mean of the errors that one value has, and how sure it is. */
export interface ValueMean {
  readonly value: SettingValue;
  readonly mean: number;
  /** of the mean, from the spread of the trials; 0 where there is one */
  readonly standardError: number;
  readonly count: number;
}

/** The mean error of each value that was tried, over whatever else was tried with it. */
export function meansOf(setting: Setting, trials: readonly Comparable[]): ValueMean[] {
  if (!("values" in setting)) return [];
  return setting.values.flatMap((value) => {
    const errors = trials.filter(({ values }) => values[setting.name] === value).map(({ error }) => error);
    const count = errors.length;
    if (count === 0) return [];
    const mean = errors.reduce((sum, error) => sum + error, 0) / count;
    const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / Math.max(1, count - 1);
    return [{ value, mean, standardError: Math.sqrt(variance / count), count }];
  });
}

/**
 * The error against the values of one setting: a dot for each trial, the best one in the accent colour; for a setting of a few values also the mean over
 * whatever else was tried with each, with a bar of one standard error to either side.
 *
 * @param scale the axis of the errors, the same in all charts of a search
 */
export function settingChart(
  setting: Setting,
  trials: readonly Comparable[],
  { scale, best }: { readonly scale: ErrorScale; readonly best: number },
): Markup {
  const { name } = setting;
  const own = trials.filter(({ values }) => Object.hasOwn(values, name));
  const isList = "values" in setting;
  const labels = isList ? setting.values.map((value) => shortenName(`${value}`, 20)) : [];
  const labelOf = (value: SettingValue): string | number =>
    isList ? labels[setting.values.indexOf(value)] : Number(value);
  const means = meansOf(setting, own).map((each) => ({ ...each, label: labelOf(each.value) }));
  const [low, high] = scale.domain;
  const within = (error: number): number => Math.min(high, Math.max(low, error));
  const dots = own.map((trial) => ({ ...trial, label: labelOf(trial.values[name]), y: within(trial.error) }));
  const title = ({ number, error, values }: Comparable): string =>
    `trial ${number}, ${name} ${values[name]}: ${percentText(error)}`;
  const x = isList
    ? { type: "point" as const, domain: labels, padding: 0.5 }
    : { type: setting.scale, domain: [setting.low, setting.high] };
  const ticks = isList ? undefined : setting.scale === "log" ? decades(setting.low, setting.high, [1]) : 5;
  const isBest = ({ number }: Comparable): boolean => number === best;
  return drawChart(
    {
      width: WIDTH,
      height: HEIGHT,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { ...x, label: null },
      y: { type: scale.type, domain: [...scale.domain], label: null },
      marks: [
        ...errorAxis(scale),
        axisX({
          ...(ticks === undefined ? {} : { ticks, tickFormat: (tick: number) => `${tick}` }),
          ...TICKED,
          label: null,
        }),
        dot(
          dots.filter((trial) => !isBest(trial)),
          { x: "label", y: "y", r: 3, fill: colour("quiet"), fillOpacity: 0.6, title },
        ),
        ruleX(
          means.filter(({ count }) => count > 1),
          {
            x: "label",
            y1: ({ mean, standardError }: ValueMean) => within(mean - standardError),
            y2: ({ mean, standardError }: ValueMean) => within(mean + standardError),
            stroke: colour("ink"),
            strokeWidth: 1.5,
          },
        ),
        dot(means, {
          ...{ x: "label", y: ({ mean }: ValueMean) => within(mean), r: 4, fill: colour("ink"), symbol: "diamond" },
          title: ({ value, mean, standardError, count }: ValueMean) =>
            `${name} ${value}: ${percentText(mean)} ± ${percentText(standardError)}, the mean of ${plural(count, "trial")}`,
        }),
        dot(dots.filter(isBest), { x: "label", y: "y", r: 4.5, fill: colour("accent"), title }),
        ...titleMarks({ left: LEFT, top: TOP }, name, isList ? "error; black: mean ± standard error" : "error"),
      ],
    },
    `error against ${name}, of ${plural(own.length, "trial")}`,
  );
}
