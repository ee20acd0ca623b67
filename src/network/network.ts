import type { ImageShape, ParameterSpec } from "../blocks/block.js";
import { blockOf, type Layer } from "../blocks/layer.js";
import type { GraphBuilder } from "../graph/builder.js";
import { ShapeError } from "../graph/infer.js";

/** A layer in its place: with its name, its number (from 1) and the shapes that go in and come out. */
export interface PlacedLayer {
  readonly number: number;
  readonly name: string;
  readonly layer: Layer;
  readonly input: ImageShape;
  readonly output: ImageShape;
  /** The layer's parameters, named "conv1/filters" and so on. */
  readonly parameters: readonly ParameterSpec[];
}

/** A chain of layers, each fed by the one before it. Made by {@link sequential}, which checks it. */
export interface Network {
  readonly name: string;
  readonly input: ImageShape;
  readonly layers: readonly PlacedLayer[];
}

/**
 * Puts layers one after the other, names those without a name ("conv1", "pool1", …) and checks that each fits.
 *
 * @param name what the network is called
 * @param input the size of the images it takes
 * @param layers from the image to the scores or the loss
 * @throws ShapeError naming the layer that does not fit: "layer 5 'conv3': support 6×6 does not fit its 5×5 input"
 * @example
 * sequential("tiny", { channels: 1, height: 8, width: 8 }, [conv(3, 4), relu(), conv(6, 2), softmaxLogLoss()]);
 */
export function sequential(name: string, input: ImageShape, layers: readonly Layer[]): Network {
  const names = new Set<string>();
  const counts = new Map<string, number>();
  const placed: PlacedLayer[] = [];
  let shape = input;
  layers.forEach((layer, index) => {
    const count = (counts.get(layer.type) ?? 0) + 1;
    counts.set(layer.type, count);
    const layerName = layer.name ?? `${layer.type}${count}`;
    const where = `layer ${index + 1} '${layerName}'`;
    if (names.has(layerName)) throw new ShapeError(`${where}: another layer has the same name`);
    names.add(layerName);
    if (layer.type === "softmaxLogLoss" && index < layers.length - 1) {
      throw new ShapeError(`${where}: a loss stands last in a network`);
    }
    const block = blockOf(layer);
    let output: ImageShape;
    try {
      output = block.outputShape(layer, shape);
    } catch (error) {
      throw error instanceof ShapeError ? new ShapeError(`${where}: ${error.message}`) : error;
    }
    const parameters = block.parameters(layer, shape).map((spec) => ({ ...spec, name: `${layerName}/${spec.name}` }));
    placed.push({ number: index + 1, name: layerName, layer, input: shape, output, parameters });
    shape = output;
  });
  return { name, input, layers: placed };
}

/**
 * The network's learnable parameters, layer by layer.
 *
 * @example
 * parametersOf(ocr())[0].shape; // conv1/filters: [20, 1, 5, 5]
 */
export function parametersOf(network: Network): ParameterSpec[] {
  return network.layers.flatMap((l) => l.parameters);
}

/**
 * The shape of what comes out of the last layer; that of the image where there is no layer.
 *
 * @example
 * outputOf(vgg16()); // {"channels": 1000, "height": 1, "width": 1}
 */
export function outputOf(network: Network): ImageShape {
  return network.layers.at(-1)?.output ?? network.input;
}

/**
 * The network without its loss: what is left computes scores.
 *
 * @example
 * outputOf(withoutLoss(ocr())); // {"channels": 26, "height": 1, "width": 1}
 */
export function withoutLoss(network: Network): Network {
  return { ...network, layers: network.layers.filter(({ layer }) => layer.type !== "softmaxLogLoss") };
}

/**
 * Adds a network to a graph.
 *
 * @param g the graph; it must already hold a value for each parameter, under the parameter's name
 * @param network the layers
 * @param x the images, N×C×H×W
 * @returns the output of each layer, in order
 */
export function buildNetwork(g: GraphBuilder, network: Network, x: string): string[] {
  let value = x;
  return network.layers.map(({ name, layer, parameters }) => {
    const byName = Object.fromEntries(parameters.map((p) => [p.name.slice(name.length + 1), p.name]));
    value = g.scope(name, () => blockOf(layer).build(g, layer, value, byName));
    return value;
  });
}
