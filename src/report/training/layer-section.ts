import type { EpochStatistics } from "../../training/events.js";
import type { Inspection } from "../../training/statistics/layer-statistics.js";
import { type StripOptions, type StripPoint, stripChart } from "../charts/strip-chart.js";
import { html, type Markup } from "../page/markup.js";
import { numberText, percentText } from "../page/words.js";
import type { ReportInput, Section } from "./input.js";

type Inspected = EpochStatistics & { readonly inspection: Inspection };

/** The figures that are drawn, and of what. */
const CHARTS: readonly (StripOptions & {
  readonly name: string;
  points(epoch: number, inspection: Inspection): StripPoint[];
})[] = [
  {
    name: "updates",
    title: "how far a step moves the filters, as a share of their size",
    note: "usually about 0.001; above 0.1 parameters explode, below 1e−6 nothing happens",
    usual: [1e-4, 1e-2],
    points: (epoch, { parameters }) =>
      parameters
        .filter(({ parameter, weight }) => parameter.endsWith("/filters") && weight > 0)
        .map(({ parameter, weight, update }) => ({
          name: parameter.slice(0, -"/filters".length),
          epoch,
          value: update / weight,
        })),
  },
  {
    name: "layer-outputs",
    title: "the spread of each layer's output",
    note: "standard deviation over a batch; it should neither grow nor shrink by much from layer to layer",
    points: (epoch, { layers }) => layers.map(({ layer, deviation }) => ({ name: layer, epoch, value: deviation })),
  },
  {
    name: "layer-gradients",
    title: "the size of the gradient that reaches each layer",
    note: "root mean square; where it vanishes, the layers before learn nothing",
    points: (epoch, { layers }) => layers.map(({ layer, gradient }) => ({ name: layer, epoch, value: gradient })),
  },
];

/** What went on inside the network while it learned; left out where it was not looked at. */
export function inspectionSection({ history }: ReportInput): Section | undefined {
  const inspected = history.filter((epoch): epoch is Inspected => epoch.inspection !== undefined);
  const last = inspected.at(-1);
  if (!last) return undefined;
  const drawn = CHARTS.flatMap(({ name, points, ...options }) => {
    const all = inspected.flatMap(({ epoch, inspection }) => points(epoch, inspection));
    return all.some(({ value }) => value > 0) ? [{ name, svg: stripChart(all, options) }] : [];
  });
  const body = html`<p>One batch of each epoch, seen from inside: grey for every epoch, in colour the last. Read each picture from top to bottom, along the layers.</p>
${drawn.map(({ svg }) => html`<figure class="scroll strips">${svg}</figure>`)}
<details><summary>The numbers of the last epoch</summary><div class="scroll">${layerTable(last.inspection)}</div></details>`;
  const pictures = drawn.map(({ name, svg }) => ({ name, content: { svg: svg.text } }));
  return { id: "inside", title: "Inside the network", body, pictures };
}

/** Figures of very different sizes: 0.0123, 1.2e−7. */
function figure(value: number): string {
  const size = Math.abs(value);
  return size === 0 || (size >= 0.001 && size < 1e4) ? numberText(value) : value.toExponential(1).replaceAll("-", "−");
}

function layerTable({ layers, parameters }: Inspection): Markup {
  const cell = (text: string): Markup => html`<td class="number">${text}</td>`;
  const head = (text: string): Markup => html`<th class="number">${text}</th>`;
  return html`<table><thead><tr><th>layer</th>${["mean", "deviation", "largest", "zeros", "dead channels", "gradient"].map(head)}</tr></thead>
<tbody>${layers.map(
    ({ layer, mean, deviation, largest, zeros, dead, gradient }) =>
      html`<tr><td>${layer}</td>${[figure(mean), figure(deviation), figure(largest), percentText(zeros), percentText(dead), figure(gradient)].map(cell)}</tr>`,
  )}</tbody></table>
<table><thead><tr><th>parameter</th>${["size", "gradient", "step", "step / size"].map(head)}</tr></thead>
<tbody>${parameters.map(
    ({ parameter, weight, gradient, update }) =>
      html`<tr><td>${parameter}</td>${[weight, gradient, update].map((value) => cell(figure(value)))}${cell(weight > 0 ? figure(update / weight) : "–")}</tr>`,
  )}</tbody></table>`;
}
