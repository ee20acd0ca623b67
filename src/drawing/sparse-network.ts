/** What a filter and a fully connected layer have in common, drawn. */

import { coloursOf, placesIn } from "./colour-map.js";
import { html, type Markup } from "./markup.js";
import { colour } from "./theme.js";

/** Pixels beyond the filter's own. */
const MORE = 5;
const [STEP, TOP, APART, RADIUS] = [46, 44, 150, 9];
const CELL = 18;

/**
 * A filter of a few weights as a fully connected layer: on the left the neurons, each joined to as many inputs as the filter has weights, all others with the weight 0; on the right the
 * same layer as its matrix of weights, a row for each neuron. Every row has the same weights, one place further.
 *
 * @param weights of one row of a filter, 2 to 9 of them
 * @returns an `<svg>`, in which a weight has one colour wherever it stands
 * @example
 * sparseNetwork([1, 0, -1]).text.startsWith("<svg"); // true
 */
export function sparseNetwork(weights: ArrayLike<number>): Markup {
  const size = weights.length;
  const [inputs, neurons] = [size + MORE, MORE + 1];
  const map = coloursOf("diverging");
  const most = Math.max(...Array.from(weights, Math.abs));
  const fills = [...placesIn("diverging", weights, [-most, most])].map(
    (i) => `rgb(${map.subarray(3 * i, 3 * i + 3).join()})`,
  );
  const x = (i: number): number => 20 + i * STEP;
  const over = (neuron: number): number => x(neuron) + ((size - 1) * STEP) / 2;
  const [low, high] = [TOP + APART, TOP];
  const none = Array.from({ length: neurons }, (_, o) =>
    Array.from({ length: inputs }, (_, i) =>
      i >= o && i < o + size
        ? undefined
        : html`<path d="M${x(i)} ${low}L${over(o)} ${high}" stroke="${colour("quiet")}" stroke-width="0.5" stroke-dasharray="2 4"/>`,
    ),
  );
  const joined = Array.from({ length: neurons }, (_, o) =>
    fills.map(
      (fill, k) => html`<path d="M${x(o + k)} ${low}L${over(o)} ${high}" stroke="${fill}" stroke-width="2.5"/>`,
    ),
  );
  const node = (at: number, y: number): Markup =>
    html`<circle cx="${at}" cy="${y}" r="${RADIUS}" fill="${colour("paper")}" stroke="${colour("soft")}"/>`;
  const nodes = [
    ...Array.from({ length: inputs }, (_, i) => node(x(i), low)),
    ...Array.from({ length: neurons }, (_, o) => node(over(o), high)),
  ];
  const left = x(inputs) + 40;
  const cells = Array.from({ length: neurons }, (_, o) =>
    Array.from({ length: inputs }, (_, i) => {
      const k = i - o;
      const own = k >= 0 && k < size;
      return html`<rect x="${left + i * CELL}" y="${TOP + o * CELL}" width="${CELL - 1}" height="${CELL - 1}" fill="${own ? fills[k] : colour("panel")}"/>${own ? undefined : html`<text x="${left + i * CELL + CELL / 2}" y="${TOP + o * CELL + 12.5}" text-anchor="middle" fill="${colour("quiet")}">0</text>`}`;
    }),
  );
  const width = left + Math.max(inputs * CELL, 150) + 4;
  const height = low + 36;
  const label = (at: number, y: number, text: string): Markup =>
    html`<text x="${at}" y="${y}" font-size="12" fill="${colour("soft")}">${text}</text>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="10" role="img" aria-label="A filter of ${size} weights as a fully connected layer"><g fill="none">${none}${joined}</g>${nodes}${label(12, 18, `${neurons} neurons`)}${label(12, low + 28, `${inputs} pixels of a row`)}${label(left, 18, "their weights, a row each")}${cells}</svg>`;
}
