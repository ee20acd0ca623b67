import { histogramChart, histogramOf } from "../../drawing/histogram.js";
import { html } from "../../drawing/markup.js";
import type { TrainedModel } from "../../network/model/model.js";
import { pictureFiles, type Section } from "../page/section.js";
import { countText, plural } from "../page/text/words.js";

/** So many layers are shown; of more, the first, the last, and some evenly between. */
const SHOWN = 48;
const LONGEST = 25;

/** Histograms of the weights of each layer. @returns undefined where the network has none */
export function weightsSection({ network, parameters }: TrainedModel): Section | undefined {
  const all = network.layers.flatMap(({ name, parameters: own }) => {
    const [first] = own;
    const value = first && parameters.get(first.name);
    return value && value.shape.length > 1 ? [{ name, values: value.data }] : [];
  });
  if (all.length === 0) return undefined;
  const count = Math.min(SHOWN, all.length);
  const shown = Array.from(
    { length: count },
    (_, i) => all[count === 1 ? 0 : Math.round((i * (all.length - 1)) / (count - 1))],
  );
  const drawings = shown.map(({ name, values }, i) => ({
    name: `weights-${i + 1}`,
    svg: histogramChart(
      histogramOf(values),
      // names of layers that stand in blocks differ at their end
      name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name,
      `${countText(values.length)}, σ = ${deviation(values).toPrecision(2)}`,
    ),
  }));
  const some = shown.length < all.length ? ` Shown are ${shown.length} of ${all.length}.` : "";
  const body = html`<p>How large the weights of ${plural(all.length, "layer")} are, from the first to the last.${some} It shows whether a layer has learned: one that is trained far leaves the bell that it began with, many weights at zero are not used, a few far from the others rule. It does not show what they do.</p>
<div class="weights">${drawings.map(({ svg }) => svg)}</div>`;
  return { id: "weights", title: "Weights", body, pictures: pictureFiles(drawings) };
}

/** The root of the mean square distance from the mean. */
function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
