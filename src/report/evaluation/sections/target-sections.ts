import { html } from "../../../drawing/markup.js";
import type { ValueTable } from "../../../evaluation/table/predictions.js";
import { scatterChart } from "../../charts/scatter-chart.js";
import { pictureFiles, type Section } from "../../page/section.js";
import { numberColumns, table } from "../../page/text/table.js";
import type { TargetFigures } from "../target-figures.js";

/** The metrics of each attribute, value or class. */
export function metricsSection({ heading, rows }: TargetFigures): Section {
  const [name, ...metrics] = heading;
  const body = html`<div class="scroll">${table([{ title: name }, ...numberColumns(...metrics)], rows)}</div>`;
  return { id: "metrics", title: `Each ${name}`, body, pictures: [] };
}

/** Up to so many values, each has a chart. */
const MOST_CHARTS = 12;

/** What was predicted of each value over what it is. */
export function scatterSection({ names, values, predicted }: ValueTable): Section {
  const drawings = names.slice(0, MOST_CHARTS).map((name, k) => {
    const own = Array.from({ length: values.length / names.length }, (_, i) => i * names.length + k);
    return {
      name: `values-${k + 1}`,
      svg: scatterChart(
        name,
        own.map((i) => [values[i], predicted[i]] as const),
      ),
    };
  });
  const body = html`<p>Each dot is a sample; on the dashed line its value is predicted as it is. A cloud that is flatter than the line is drawn to the mean: the network is too careful, or cannot tell.</p>
<div class="curves">${drawings.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>`;
  return { id: "values", title: "Predicted and true", body, pictures: pictureFiles(drawings) };
}
