/** What a network makes of pictures on the way to its scores. */

import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/types.js";
import { buildNetwork } from "../network/build-network.js";
import { type Network, parametersOf, type Variable } from "../network/network.js";
import type { Normalization } from "../values/normalization.js";
import type { Parameters } from "./step/initialize.js";
import { addImages, BATCH_INPUTS } from "./step/objective.js";

/** The name of the output that has the variable of a number. */
export const featureOutput = (number: number): string => `value/${number}`;

/**
 * Some variables of a network in use: the input is `images`, N×C×H×W bytes, the outputs are `value/0` and so on, N×C×H×W, in the order of the variables.
 *
 * @param front what computes them, a network of one input
 * @param parameters those of the front, which become a part of the graph
 * @param batchSize the number of images in a batch
 */
export function featureGraph(
  front: Network,
  variables: readonly Variable[],
  parameters: Parameters,
  normalization: Normalization,
  batchSize: number,
): Graph {
  const g = new GraphBuilder(`${front.name}: features`);
  for (const { name } of parametersOf(front)) {
    const value = parameters.get(name);
    if (value) g.initializer(name, value);
  }
  const [image] = front.inputs;
  const values = buildNetwork(g, front, { [image.name]: addImages(g, image, normalization, batchSize) });
  variables.forEach(({ name }, i) => {
    g.output(featureOutput(i), values.get(name) ?? BATCH_INPUTS.images);
  });
  return g.build();
}
