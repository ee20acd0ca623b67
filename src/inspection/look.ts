/** A network as a graph to look into. */

import type { Values } from "../engine/engine.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph, Tensor } from "../graph/types.js";
import { withoutUnused } from "../graph/unused.js";
import { buildNetwork } from "../network/build-network.js";
import { MEAN, resultOf, SCALE, type TrainedModel } from "../network/model/model.js";
import { addNormalization, meanTensor, scaleTensor } from "../network/model/normalization.js";
import { parametersOf, withoutLoss } from "../network/network.js";
import { firstOf } from "./batches.js";

/** A network as a graph in which each value has its name. */
export class Look {
  readonly g: GraphBuilder;
  readonly #values = new Map<string, string>();

  /** @param instead the shapes of the values that are given in the place of those of layers */
  constructor(
    model: TrainedModel,
    images: readonly number[],
    instead: ReadonlyMap<string, readonly number[]> = new Map(),
  ) {
    const { network, parameters, normalization } = model;
    const [input] = network.inputs;
    const g = new GraphBuilder(`${network.name}: a look inside`);
    this.g = g;
    const given = new Map<string, string>();
    for (const [name, shape] of instead) given.set(name, g.input(givenName(name), "float32", shape));
    const image = g.input("image", "float32", images);
    const body = withoutLoss(network);
    for (const { name } of parametersOf(body)) {
      const value = parameters.get(name);
      if (value) g.initializer(name, value);
    }
    const mean = g.initializer(MEAN, meanTensor(normalization, input.shape));
    const x = addNormalization(g, image, mean, g.initializer(SCALE, scaleTensor(normalization, input.shape)));
    const made = buildNetwork(g, body, { [input.name]: x }, undefined, ({ name }) => given.get(name));
    for (const { name, output } of body.layers) this.#values.set(name, made.get(output.name) ?? "");
    this.#values.set("image", image);
    const { name, squash } = resultOf(network);
    const scores = given.get("scores") ?? made.get(name) ?? x;
    this.#values.set("scores", scores);
    if (!squash) return;
    const probabilities = given.get("probabilities");
    this.#values.set("probabilities", probabilities ?? g.op(squash, [scores], squash === "Softmax" ? { axis: 1 } : {}));
  }

  /** The graph's name of a value. */
  valueOf = (name: string): string => this.#values.get(name) ?? "";

  /** The graph that reads these values; {@link readingOf} gives them their names back. */
  reading(names: readonly string[]): Graph {
    for (const [i, name] of names.entries()) this.g.output(readName(i), this.g.op("Identity", [this.valueOf(name)]));
    return this.graph();
  }

  graph = (): Graph => withoutUnused(this.g.build());
}

/** The graph's input that is given in the place of a layer's value. */
export const givenName = (layer: string): string => `given/${layer}`;

const readName = (i: number): string => `read/${i}`;

/** What {@link Look.reading} read: the first so many items of each value. */
export const readingOf = (values: Values, names: readonly string[], count: number): Record<string, Tensor<"float32">> =>
  Object.fromEntries(names.map((name, i) => [name, firstOf(values[readName(i)], count)]));
