/** What goes on inside a network while it learns: the lecture's "parameters explode" and "nothing happens", in figures. */

import { gradients } from "../../autodiff/differentiate.js";
import type { Values } from "../../engine/engine.js";
import { GraphBuilder } from "../../graph/builder.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { type Network, type PlacedLayer, parametersOf, withoutLoss } from "../../network/network.js";
import type { Normalization } from "../../values/normalization.js";
import { trainingMode } from "../step/graphs.js";
import { buildObjective } from "../step/objective.js";
import { trainedParameters } from "../step/update.js";
import type { LayerStatistics } from "./epoch-statistics.js";

const LAYER_FIGURES = 6;
const LAYERS = "layers";
const PARAMETERS = "parameters";

/**
 * The figures of {@link LayerStatistics} that need a batch: inputs as those of a training step without the solver's; outputs `layers`,
 * six numbers for each layer that is not frozen, losses aside (mean, deviation, largest, zeros, dead, gradient), and `parameters`, two for each trained
 * parameter (weight, gradient).
 *
 * @throws RangeError when the network has no loss to be trained by
 */
export function layerStatisticsGraph(network: Network, normalization: Normalization, batchSize: number): Graph {
  const g = new GraphBuilder(`${network.name}: layerStatistics`);
  for (const { name, shape } of parametersOf(network)) g.input(name, "float32", shape);
  const { mean, values } = buildObjective(g, network, normalization, batchSize, trainingMode(g));
  const outputs = inspected(network).map(({ output }) => values.get(output.name) ?? "");
  const names = trainedParameters(network).map(({ name }) => name);
  const gradientOf = gradients(g, mean, [...outputs, ...names]);

  const one = (value: string): string => g.op("Reshape", [value, g.ints(1)]);
  const average = (value: string): string => g.op("ReduceMean", [value], { keepdims: 0 });
  const rms = (value: string): string => g.op("Sqrt", [average(g.op("Mul", [value, value]))]);
  const figures = outputs.flatMap((y) => {
    const size = g.op("Abs", [y]);
    const still = g.op("Cast", [g.op("Equal", [size, g.scalar(0)])], { to: 1 });
    const largest = g.op("ReduceMax", [size, g.ints(0, 2, 3)], { keepdims: 0 });
    const dead = g.op("Cast", [g.op("Equal", [largest, g.scalar(0)])], { to: 1 });
    const middle = average(y);
    const deviation = rms(g.op("Sub", [y, middle]));
    const highest = g.op("ReduceMax", [largest], { keepdims: 0 });
    return [middle, deviation, highest, average(still), average(dead), rms(gradientOf.get(y) ?? "")];
  });
  g.output(LAYERS, g.op("Concat", figures.map(one), { axis: 0 }));
  const sizes = names.flatMap((name) => [rms(name), rms(gradientOf.get(name) ?? "")]);
  g.output(PARAMETERS, sizes.length > 0 ? g.op("Concat", sizes.map(one), { axis: 0 }) : g.scalar(0));
  return g.build();
}

/** The layers that are looked at: all but losses and those that training leaves as they are, through which no gradient need go. */
const inspected = (network: Network): readonly PlacedLayer[] =>
  withoutLoss(network).layers.filter(({ layer }) => layer.frozen !== true);

/**
 * The figures that an {@link layerStatisticsGraph} gave, with how far the step moved each parameter.
 *
 * @param outputs what the graph gave
 * @param before the parameters that the step began with
 * @param after the same parameters after the step
 */
export function layerStatisticsOf(network: Network, outputs: Values, before: Values, after: Values): LayerStatistics {
  const of = (name: string): number[] => Array.from(outputs[name].data, Number);
  const [figures, sizes] = [of(LAYERS), of(PARAMETERS)];
  return {
    layers: inspected(network).map(({ name }, i) => {
      const own = figures.slice(i * LAYER_FIGURES, (i + 1) * LAYER_FIGURES);
      const [mean, deviation, largest, zeros, dead, gradient] = own;
      return { layer: name, mean, deviation, largest, zeros, dead, gradient };
    }),
    parameters: trainedParameters(network).map(({ name }, i) => ({
      parameter: name,
      weight: sizes[2 * i],
      gradient: sizes[2 * i + 1],
      update: distance(before[name], after[name]),
    })),
  };
}

/** √ mean (a − b)² */
function distance({ data: a }: Tensor, { data: b }: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (Number(a[i]) - Number(b[i])) ** 2;
  return Math.sqrt(sum / a.length);
}
