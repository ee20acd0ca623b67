import { html, type Markup } from "../../drawing/markup.js";
import type { Network } from "../../network/network.js";
import { isLowered, rectifiersOf } from "../../training/statistics/diagnosis.js";
import type { EpochStatistics, LayerStatistics } from "../../training/statistics/epoch-statistics.js";
import { deadChart } from "../charts/dead-chart.js";
import { type StripOptions, type StripPoint, stripChart } from "../charts/strip-chart.js";
import { pictureFiles, type Section } from "../page/section.js";
import { numberColumns, table } from "../page/text/table.js";
import { numberText, percentText } from "../page/text/words.js";

type Inspected = EpochStatistics & { readonly layerStatistics: LayerStatistics };

/** The figures that are drawn, and of what. */
const CHARTS: readonly (StripOptions & {
  readonly name: string;
  points(epoch: number, layerStatistics: LayerStatistics): StripPoint[];
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

/** What went on inside the network while it learned. @returns undefined where it was not looked at */
export function layerSection(network: Network, history: readonly EpochStatistics[]): Section | undefined {
  const inspected = history.filter((epoch): epoch is Inspected => epoch.layerStatistics !== undefined);
  const last = inspected.at(-1);
  if (!last) return undefined;
  // The tail of a schedule makes small steps on purpose: they tell nothing of the network.
  const highest = Math.max(...inspected.map(({ learningRate }) => learningRate));
  const told = inspected.findLast(({ learningRate }) => !isLowered(learningRate, highest)) ?? last;
  const drawings = CHARTS.flatMap(({ name, points, ...options }) => {
    const all = inspected.flatMap(({ epoch, layerStatistics }) => points(epoch, layerStatistics));
    return all.some(({ value }) => value > 0)
      ? [{ name, svg: stripChart(all, name === "updates" ? { ...options, told: told.epoch } : options) }]
      : [];
  });
  const dead = rectifiersOf(network).flatMap(({ name, output }) =>
    inspected.flatMap(({ epoch, layerStatistics }) => {
      const own = layerStatistics.layers.find(({ layer }) => layer === name);
      return own ? [{ name, epoch, share: own.dead, channels: output.shape.channels }] : [];
    }),
  );
  const isAlive = dead.every(({ share }) => share === 0);
  if (!isAlive) drawings.push({ name: "dead-units", svg: deadChart(dead) });
  const alive = dead.length > 0 && isAlive ? html`<p>No channel of a rectifier was dead in any epoch.</p>` : undefined;
  const body = html`<p>One batch of each epoch, seen from inside: grey for every epoch, in colour the last${told === last ? "" : `; of the steps, epoch ${told.epoch}, as in later ones the schedule has lowered the rate to less than a tenth, and steps are small on purpose`}. Read each picture from top to bottom, along the layers.</p>
${drawings.map(({ svg }) => html`<figure class="scroll strips">${svg}</figure>`)}${alive}
<details><summary>The numbers of the last epoch</summary><div class="scroll">${layerTable(last.layerStatistics)}</div></details>`;
  return { id: "inside", title: "Inside the network", body, pictures: pictureFiles(drawings) };
}

/** Sizes that may be very different: 0.0123, 1.2e−7. */
function sizeText(value: number): string {
  const size = Math.abs(value);
  return size === 0 || (size >= 0.001 && size < 1e4) ? numberText(value) : value.toExponential(1).replaceAll("-", "−");
}

function layerTable({ layers, parameters }: LayerStatistics): Markup {
  const ofLayers = layers.map(({ layer, mean, deviation, largest, zeros, dead, gradient }) => [
    layer,
    ...[mean, deviation, largest].map(sizeText),
    ...[zeros, dead].map((share) => percentText(share)),
    sizeText(gradient),
  ]);
  const ofParameters = parameters.map(({ parameter, weight, gradient, update }) => [
    parameter,
    ...[weight, gradient, update].map(sizeText),
    weight > 0 ? sizeText(update / weight) : undefined,
  ]);
  const figures = numberColumns("mean", "deviation", "largest", "zeros", "dead channels", "gradient");
  return html`${table([{ title: "layer" }, ...figures], ofLayers)}
${table([{ title: "parameter" }, ...numberColumns("size", "gradient", "step", "step / size")], ofParameters)}`;
}
