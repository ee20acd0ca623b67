/** What `bellpepper quantize` prints when it is done. */

import { wilsonInterval } from "../../evaluation/statistics/intervals.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import type { EightBitMeasurement, EightBitNearness, QuantizedPictures } from "../../jobs/index.js";
import { errorInterval, intervalText } from "../../report/evaluation/evaluation-figures.js";
import { comparisonWords } from "../../report/evaluation/sections/other-model-section.js";
import { percentText, plural } from "../../report/page/text/words.js";
import { TERMINAL, wrapLines } from "../../report/page/text/wrap.js";
import { plainSpaces } from "./job-text.js";

/** Size, time and error of both, and the layers that lose most. */
export function quantizedText(result: QuantizedPictures): string {
  const { bytes, calibration, rule, layers, left, decibels, worst, speed, threads, measured, near } = result;
  const rows: [string, string][] = [
    ["size", `${sizeText(bytes.float)} → ${sizeText(bytes.eightBit)}, ${percentText(bytes.eightBit / bytes.float, 0)}`],
    ...speed.map(({ pictures, float, eightBit, ratio }, i): [string, string] => [
      i === 0 ? "time" : "",
      `${plural(pictures, "picture")}${pictures > 1 ? " together" : ""}: ${timeText(float)} → ${timeText(eightBit)}, ${ratio.toFixed(1)} times as fast${i === 0 ? ` (${plural(threads, "thread")}, measured in turn)` : ""}`,
    ]),
    ...(measured ? errorRows(measured) : []),
    ...(near ? [nearRow(near)] : []),
    [
      "ranges",
      `of ${plural(calibration.count, "picture")}, ${calibration.from} (seed ${calibration.seed}): ${RULES[rule]}`,
    ],
    [
      "scores",
      `${decibels.toFixed(0)} dB above what rounding changes; least of ${worst.map((each) => `${each.layer} ${each.decibels.toFixed(0)}`).join(", ")}`,
    ],
    [
      "layers",
      `${layers} with weights in 8 bits${left.length === 0 ? "" : `; as they were: ${left.map(({ layer, why }) => `${layer} (${why})`).join(", ")}`}`,
    ],
    ["model", result.file],
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const indent = " ".repeat(width);
  return plainSpaces(
    rows
      .map(
        ([name, text]) => `${name.padEnd(width)}${wrapLines(text, TERMINAL - width).replaceAll("\n", `\n${indent}`)}\n`,
      )
      .join(""),
  );
}

const RULES = {
  extremes: "from the least number to the largest",
  "least squares": "where the mean square of what is lost is least",
} as const;

function errorRows({ float, eightBit, agreeing, comparison }: EightBitMeasurement): [string, string][] {
  const count = float.labels.length;
  const { low, high } = wilsonInterval(agreeing, count);
  const agreement: [string, string] = [
    "agreement",
    `${percentText(agreeing / count)}: both take ${agreeing} of ${plural(count, "picture")} for the same (95 %: ${percentText(low)} to ${percentText(high)})`,
  ];
  if (!comparison) return [agreement];
  return [
    ["error", `${errorText(float)} with floating-point numbers`],
    ["", `${errorText(eightBit)} with 8 bits, of ${plural(count, "picture")}`],
    ["", comparisonWords(comparison)],
    agreement,
  ];
}

const decibelText = (decibels: number): string =>
  decibels === Number.POSITIVE_INFINITY ? "no difference" : `${decibels.toFixed(0)} dB`;

/** Of what says no class. */
const nearRow = ({ pictures, decibels }: EightBitNearness): [string, string] => [
  "agreement",
  `${decibelText(decibels)} between what both give of ${plural(pictures, "other picture")}`,
];

function errorText(table: ClassTable): string {
  const interval = errorInterval(table);
  return `${percentText(interval.error)} (${intervalText(interval)})`;
}

const sizeText = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toPrecision(3)} kB` : `${(bytes / 1e6).toPrecision(3)} MB`;

const timeText = (milliseconds: number): string => `${Number(milliseconds.toPrecision(2))} ms`;

/** The same for a program. */
export function quantizedJson({ measured, ...result }: QuantizedPictures): string {
  const errors = measured && {
    pictures: measured.float.labels.length,
    agreeing: measured.agreeing,
    ...(measured.comparison
      ? {
          float: errorInterval(measured.float),
          eightBit: errorInterval(measured.eightBit),
          mcNemar: measured.comparison,
        }
      : {}),
  };
  return `${JSON.stringify({ ...result, ...(errors ? { measured: errors } : {}) }, null, 2)}\n`;
}
