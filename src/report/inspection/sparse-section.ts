import { html } from "../../drawing/markup.js";
import { sparseNetwork } from "../../drawing/sparse-network.js";
import { elementCount } from "../../graph/tensor.js";
import type { TrainedModel } from "../../network/model/model.js";
import { pictureFiles, type Section } from "../page/section.js";
import { countText } from "../page/text/words.js";

/** The longest row of weights that is drawn. */
const LONGEST = 7;

/** A filter of the first convolution as a sparse fully connected layer. @returns undefined where none is wider than a pixel, or all are wide */
export function sparseSection({ network, parameters }: TrainedModel): Section | undefined {
  const found = network.layers.flatMap((placed) => {
    if (placed.layer.type !== "conv") return [];
    const filters = parameters.get(placed.parameters[0].name);
    const { height, width } = placed.output.shape;
    const [, , , across] = filters?.shape ?? [];
    return filters && height * width > 1 && across > 1 && across <= LONGEST ? [{ placed, filters }] : [];
  });
  if (found.length === 0) return undefined;
  const [{ placed, filters }] = found;
  const { name, inputs, output } = placed;
  const [count, depth, down, across] = filters.shape;
  // the middle row of the filter that differs most from zero
  const size = depth * down * across;
  const strength = (k: number): number =>
    filters.data.subarray(k * size, (k + 1) * size).reduce((sum, w) => sum + w * w, 0);
  const strongest = Array.from({ length: count }, (_, k) => k).reduce((a, b) => (strength(b) > strength(a) ? b : a));
  const start = strongest * size + Math.floor(down / 2) * across;
  const svg = sparseNetwork(filters.data.subarray(start, start + across));
  const [read, made] = [inputs[0].shape, output.shape].map((s) => s.channels * s.height * s.width);
  const joined = made * size;
  const learned = elementCount(filters.shape);
  const body = html`<p>A filter that is moved over a picture is a fully connected layer in which most weights are 0 and the others are shared. Drawn is the middle row of filter ${strongest + 1} of ${name}: blue weights are below zero, red ones above; broken lines are weights that are 0. It shows why a convolution needs so few weights; it leaves out the other rows, channels and filters.</p>
<figure class="scroll drawing">${svg}</figure>
<p>${name} reads ${countText(read)} numbers and makes ${countText(made)}. Fully connected it would have ${countText(read * made)} weights; as each number looks at ${countText(size)} others it has ${countText(joined)} that need not be 0, and as they are shared only <b>${countText(learned)}</b> to be learned.</p>`;
  return {
    id: "sparse",
    title: "A filter is a sparse network",
    body,
    pictures: pictureFiles([{ name: "sparse-network", svg }]),
  };
}
