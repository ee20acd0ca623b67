import { html } from "../../../drawing/markup.js";
import { topError } from "../../../evaluation/metrics/metrics.js";
import { expectedCalibrationError, reliability } from "../../../evaluation/metrics/probabilities/calibration.js";
import type { ClassTable } from "../../../evaluation/table/predictions.js";
import { unitChart } from "../../charts/unit-chart.js";
import { pictureFiles, type Section } from "../../page/section.js";
import { numberText, percentText } from "../../page/text/words.js";
import { temperatureOf } from "../evaluation-figures.js";

/** Whether probabilities mean what they say. */
export function calibrationSection(table: ClassTable): Section {
  const bins = reliability(table);
  const total = table.labels.length;
  const svg = unitChart(
    [{ name: "accuracy", points: bins.map(({ confidence, accuracy }) => [confidence, accuracy]) }],
    {
      title: "reliability",
      x: "how sure it is",
      y: "how often it is right; bars: the share of the pictures",
      diagonal: true,
      dots: true,
      bars: bins.map(({ low, high, count }) => [low, high, count / total]),
    },
  );
  const body = html`<p>Of the pictures that it is 80 % sure of, 80 % should be right: the dots should lie on the dashed line. They are off by <b>${percentText(expectedCalibrationError(bins))}</b> on average (expected calibration error, ten bins of equal width). ${temperatureAdvice(table)}</p>
<div class="curves"><figure>${svg}</figure></div>`;
  const pictures = pictureFiles([{ name: "reliability", svg }]);
  return { id: "calibration", title: "How sure it may be", body, pictures };
}

function temperatureAdvice(table: ClassTable): string {
  if (topError(table, 1) === 0) return "Since all are right, it could not be too sure of these.";
  const temperature = temperatureOf(table);
  const verdict = temperature > 1.05 ? "too sure of itself" : temperature < 0.95 ? "not sure enough" : "about right";
  return `Dividing the scores by ${numberText(temperature)} would make them most likely: it is ${verdict}.`;
}
