/** The axis of errors in the charts of a search: logarithmic where they differ much, as one trial that learns nothing would hide what the others show. */

import { axisY, gridY, type Markish } from "@observablehq/plot";
import { colour } from "../../drawing/theme.js";
import { GRID } from "../charts/chart.js";
import { decades } from "../charts/powers.js";

/** Errors that differ by more than this factor are drawn on a logarithmic axis. */
const FAR = 6;

/** How errors are drawn. */
export interface ErrorScale {
  readonly type: "log" | "linear";
  readonly domain: readonly [number, number];
  readonly ticks: number[] | number;
  /** the place of an error on the axis, from 0 to 1 */
  place(error: number): number;
}

/** The axis for some errors, which are shares. One of 0 has no place on a logarithmic axis, and is drawn at its lower end. */
export function errorScale(errors: readonly number[]): ErrorScale {
  const positive = errors.filter((error) => error > 0);
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  if (positive.length === 0 || high / low < FAR) {
    const [least, most] = [Math.min(...errors), Math.max(...errors)];
    const room = Math.max(0.002, 0.08 * (most - least));
    const domain = [Math.max(0, least - room), most + room] as const;
    return { type: "linear", domain, ticks: 5, place: (error) => (error - domain[0]) / (domain[1] - domain[0]) };
  }
  const domain = [low / 1.2, high * 1.2] as const;
  return {
    type: "log",
    domain,
    ticks: decades(...domain),
    place: (error) => Math.log(Math.max(domain[0], error) / domain[0]) / Math.log(domain[1] / domain[0]),
  };
}

/** The axis of errors with its grid, as marks. */
export const errorAxis = ({ ticks }: ErrorScale): Markish[] => [
  gridY({ ticks, ...GRID }),
  axisY({ ticks, tickFormat: errorTick, tickSize: 0, tickPadding: 6, fill: colour("soft"), label: null }),
];

/** "3.5 %": an error at an axis */
export const errorTick = (error: number): string => `${Number((100 * error).toPrecision(3))}\u00a0%`;
