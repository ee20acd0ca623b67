/** A network as part of a graph. */

import { type BuildMode, FOR_USE } from "../blocks/block.js";
import { blockOf } from "../blocks/layer.js";
import type { GraphBuilder } from "../graph/builder.js";
import { isStatic } from "../graph/dimension.js";
import { ShapeError } from "../graph/infer/infer.js";
import { type ImageShape, shapeText } from "../values/image-shape.js";
import { type Network, type PlacedLayer, withoutLoss } from "./network.js";

/**
 * Adds a network to a graph, all but its losses.
 *
 * @param g the graph; it must already hold a value for each parameter, under the parameter's name
 * @param network the layers
 * @param inputs the value of each input by its name; images are N×C×H×W
 * @param mode what the layers are built for; for use unless said otherwise
 * @param instead builds a layer in another way than its block, where it returns a value
 * @returns the value of each variable by its name, inputs included
 * @throws ShapeError when a layer of one's own makes something else than it says; TypeError when its build returns no value of the graph
 * @example
 * const g = new GraphBuilder("the first pooling");
 * for (const { name, shape } of parametersOf(network)) g.input(name, "float32", shape);
 * const values = buildNetwork(g, network, { image: g.input("image", "float32", [1, 1, 32, 32]) });
 * g.output("features", values.get("pool1") ?? "");
 * g.type("features").shape; // [1, 20, 14, 14]
 */
export function buildNetwork(
  g: GraphBuilder,
  network: Network,
  inputs: Readonly<Record<string, string>>,
  mode: BuildMode = FOR_USE,
  instead?: (placed: PlacedLayer, from: readonly string[]) => string | undefined,
): Map<string, string> {
  const values = new Map(Object.entries(inputs));
  for (const placed of withoutLoss(network).layers) {
    const { name, layer, inputs: read, output, parameters } = placed;
    const block = blockOf(layer);
    const own = block.parameters(layer, read[0].shape, ...read.slice(1).map(({ shape }) => shape));
    const byName = Object.fromEntries(own.map((spec, i) => [spec.name, parameters[i].name]));
    const from = read.map((variable) => values.get(variable.name) ?? "");
    const layerMode = layer.frozen === true ? FOR_USE : mode;
    const made = g.scope(name, () => instead?.(placed, from) ?? block.build(g, layer, from, byName, layerMode));
    if (!g.has(made)) {
      const where = `layer ${placed.number} '${name}'`;
      throw new TypeError(
        `${where}: its build of type '${layer.type}' returned ${made}; expected the name of a value of the graph.`,
      );
    }
    expectMade(g, placed, from, made);
    values.set(output.name, made);
  }
  return values;
}

/** What a layer makes of inputs of the sizes that it was made for must have the size that it says. */
function expectMade(
  g: GraphBuilder,
  { number, name, inputs, output }: PlacedLayer,
  from: readonly string[],
  made: string,
) {
  const sizes = (value: string): ImageShape | undefined => {
    const { shape } = g.type(value);
    if (shape?.length !== 4 || !isStatic(shape.slice(1))) return undefined;
    const [channels, height, width] = shape.slice(1).map(Number);
    return { channels, height, width };
  };
  const asDeclared = inputs.every(({ shape }, i) => {
    const given = sizes(from[i]);
    return given && shapeText(given) === shapeText(shape);
  });
  const got = sizes(made);
  if (asDeclared && got && shapeText(got) !== shapeText(output.shape)) {
    throw new ShapeError(
      `layer ${number} '${name}': its outputShape says ${shapeText(output.shape)}, its build makes ${shapeText(got)}`,
    );
  }
}
