import { dot, line, text } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { placeIn, type Setting, type Space } from "../../search/space.js";
import { drawChart, titleMarks } from "../charts/chart.js";
import { percentText, plural, shortenName } from "../page/text/words.js";
import { errorScale, errorTick } from "./error-scale.js";
import type { ShownTrial } from "./input.js";

const WIDTH = 960;
const HEIGHT = 330;
const [LEFT, RIGHT, TOP, BOTTOM] = [60, 76, 62, 44];
/** Where trials go that do not read a setting, below its axis. */
const BELOW = -0.14;
/** Values beside an axis have at most so many letters. */
const LONGEST = 16;

/** An axis of the chart. */
interface Axis {
  readonly name: string;
  /** where a trial crosses it, from 0 to 1 */
  place(trial: ShownTrial): number;
  readonly ticks: readonly { readonly place: number; readonly text: string }[];
}

/** A trial with its error. */
interface Line {
  readonly trial: ShownTrial;
  readonly error: number;
}

/**
 * Parallel coordinates: an axis for each setting and one for the error, and a line for each trial that crosses each axis at its value. The best trial has the
 * accent colour, those that cannot be told apart from it are dark. A trial that does not read a setting crosses below its axis.
 *
 * @param errorOf the error of a trial; undefined where it has none that can be compared
 * @throws RangeError when no trial has an error
 */
export function parallelChart(
  space: Space,
  trials: readonly ShownTrial[],
  {
    best,
    tied,
    errorOf,
    note,
  }: {
    readonly best: number;
    readonly tied: readonly number[];
    errorOf(trial: ShownTrial): number | undefined;
    /** what the errors are */
    readonly note: string;
  },
): Markup {
  const lines = trials.flatMap((trial): Line[] => {
    const error = errorOf(trial);
    return error === undefined ? [] : [{ trial, error }];
  });
  if (lines.length === 0) throw new RangeError("Parallel coordinates need at least one trial with an error.");
  const scale = errorScale(lines.map(({ error }) => error));
  const errors: Axis = {
    name: "error",
    place: (trial) => scale.place(errorOf(trial) ?? 0),
    ticks: (typeof scale.ticks === "number" ? evenly(scale.domain, scale.ticks) : scale.ticks).map((error) => ({
      place: scale.place(error),
      text: errorTick(error),
    })),
  };
  const axes = [...space.map(axisOf), errors];
  const rank = ({ trial }: Line): number => (trial.number === best ? 2 : tied.includes(trial.number) ? 1 : 0);
  const strokes = [colour("quiet"), colour("ink"), colour("accent")];
  const points = (one: Line) => axes.map((axis, x) => ({ x, y: axis.place(one.trial) }));
  const ends = axes.map((axis, x) => ({ x, axis }));
  return drawChart(
    {
      width: WIDTH,
      height: HEIGHT,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { domain: [0, axes.length - 1], axis: null },
      y: { domain: [BELOW, 1], axis: null },
      marks: [
        ...ends.map(({ x }) =>
          line(
            [0, 1].map((y) => ({ x, y })),
            { x: "x", y: "y", stroke: colour("line"), strokeWidth: 2 },
          ),
        ),
        ...lines
          .toSorted((a, b) => rank(a) - rank(b) || b.error - a.error)
          .map((one) =>
            line(points(one), {
              x: "x",
              y: "y",
              curve: "monotone-x",
              stroke: strokes[rank(one)],
              strokeWidth: 1 + 0.6 * rank(one),
              strokeOpacity: rank(one) === 0 ? 0.5 : 1,
              title: () => titleOf(one),
            }),
          ),
        ...ends.flatMap(({ x, axis }) => [
          dot(axis.ticks, { x: () => x, y: "place", r: 2, fill: colour("soft") }),
          text(axis.ticks, {
            ...{ x: () => x, y: "place", text: "text", fill: colour("ink") },
            ...{ stroke: colour("paper"), strokeWidth: 3, textAnchor: "start", dx: 6, lineAnchor: "middle" },
          }),
        ]),
        text(ends, {
          ...{ x: "x", y: () => BELOW, dy: 26, fill: colour("soft"), fontWeight: 700 },
          text: ({ axis }: (typeof ends)[number]) => shortenName(axis.name, LONGEST),
        }),
        ...titleMarks({ left: LEFT, top: TOP }, "each trial, and its error", note),
      ],
    },
    `${plural(lines.length, "trial")} across ${plural(axes.length, "axis", "axes")}`,
  );
}

/** So many numbers at even distances. */
const evenly = ([low, high]: readonly [number, number], count: number): number[] =>
  Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

function axisOf(setting: Setting): Axis {
  const { name } = setting;
  const unread = (trial: ShownTrial): boolean => !Object.hasOwn(trial.values, name);
  if ("values" in setting) {
    const { values } = setting;
    const place = (i: number): number => (values.length === 1 ? 0.5 : i / (values.length - 1));
    return {
      name,
      place: (trial) => (unread(trial) ? BELOW : place(values.indexOf(trial.values[name]))),
      ticks: values.map((value, i) => ({ place: place(i), text: shortenName(`${value}`, LONGEST) })),
    };
  }
  const ends = [setting.low, setting.high];
  return {
    name,
    place: (trial) => (unread(trial) ? BELOW : placeIn(setting, Number(trial.values[name]))),
    ticks: ends.map((value) => ({ place: placeIn(setting, value), text: `${value}` })),
  };
}

const titleOf = ({ trial, error }: Line): string =>
  `trial ${trial.number}: ${Object.entries(trial.values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ")}: ${percentText(error)}`;
