import { gradients } from "../../src/autodiff/differentiate.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import type { Graph } from "../../src/graph/types.js";
import { type Network, parametersOf, withoutLoss } from "../../src/network/network.js";
import { trainingMode } from "../../src/training/step/graphs.js";
import { buildObjective } from "../../src/training/step/objective.js";
import { trainedParameters } from "../../src/training/step/update.js";
import type { Normalization } from "../../src/values/normalization.js";

/** All that a step computes on the way: `layer/…` for the output of each layer, and `gradient/…` for each parameter's gradient. */
export function everythingGraph(network: Network, normalization: Normalization, batchSize: number): Graph {
  const g = new GraphBuilder(`${network.name}: everything`);
  for (const { name, shape } of parametersOf(network)) g.input(name, "float32", shape);
  const { mean, values } = buildObjective(g, network, normalization, batchSize, trainingMode(g));
  for (const { name, output } of withoutLoss(network).layers) {
    g.output(`layer/${name}`, values.get(output.name) ?? "");
  }
  const names = trainedParameters(network).map((spec) => spec.name);
  for (const [name, gradient] of gradients(g, mean, names)) g.output(`gradient/${name}`, gradient);
  return g.build();
}
