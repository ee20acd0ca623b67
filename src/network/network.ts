import type { ParameterSpec } from "../blocks/block.js";
import { blockOf, type Layer, layerFrom } from "../blocks/layer.js";
import { comparedBy, type Loss } from "../blocks/loss/loss.js";
import { ShapeError } from "../graph/infer/infer.js";
import { IMAGE_SHAPE, type ImageShape } from "../values/image-shape.js";
import { objectOf } from "../values/kind.js";
import { wrongKind } from "../values/place.js";
import { type Draft, draftLayers, orderLayers } from "./order.js";

/** A named value in a network: an input, or what a layer makes. */
export interface Variable {
  readonly name: string;
  /** its size for one image */
  readonly shape: ImageShape;
}

/** A layer in its place: with its name, its number (from 1) and the variables that it reads and makes. */
export interface PlacedLayer {
  readonly number: number;
  readonly name: string;
  readonly layer: Layer;
  readonly inputs: readonly [Variable, ...Variable[]];
  readonly output: Variable;
  /** The layer's parameters under their network-wide names: "conv1/filters" and so on. */
  readonly parameters: readonly ParameterSpec[];
}

/**
 * Layers and the variables between them: a directed graph without cycles, in an order in which each layer comes after those that it
 * reads. Made by {@link dag} and {@link sequential}, which check it.
 */
export interface Network {
  readonly name: string;
  /** The first is the image; the others, where there are any, are float arrays of one item for each image. */
  readonly inputs: readonly [Variable, ...Variable[]];
  readonly layers: readonly PlacedLayer[];
}

/** The sizes of a network's inputs, by their names. */
export type InputShapes = Readonly<Record<string, ImageShape>>;

/**
 * Puts layers together to a network, names those without a name ("conv1", "pool1", …) and checks that each fits.
 *
 * A layer reads the output of the one before it in the list (the first layer: the first input) unless its `inputs` say otherwise,
 * and makes a variable of its own name unless its `output` says otherwise. A variable may be read by several layers. The
 * list need not be in order: layers are sorted so that each comes after what it reads, and otherwise stay where they are.
 *
 * @param name what the network is called
 * @param inputs the sizes of what goes in, by name; the first is the image
 * @param layers from the image to the scores and losses
 * @throws ShapeError naming the layer that does not fit: "layer 5 'conv3': support 6×6 does not fit its 5×5 input"; a variable that
 *   nothing makes, or two layers make; the layers of a cycle
 * @throws TypeError, RangeError naming the layer, when one that was written by hand has a wrong field, or a type that nobody has defined
 * @example
 * const image = { channels: 16, height: 8, width: 8 };
 * dag("residual", { image }, [
 *   conv(3, 16, { name: "conv", pad: 1 }),
 *   sum({ inputs: ["conv", "image"] }),
 *   relu(),
 * ]);
 */
export function dag(name: string, inputs: InputShapes, layers: readonly Layer[]): Network {
  expectShapes(inputs);
  if (!Array.isArray(layers)) throw wrongKind({ path: "layers" }, "a list of layers", layers);
  const [first, ...others] = Object.entries(inputs).map(([input, shape]): Variable => ({ name: input, shape }));
  if (!first) throw new ShapeError(`network '${name}' has no input`);
  const checked = layers.map((layer, i) => layerFrom(layer, `layer ${i + 1}`));
  const drafts = orderLayers(
    draftLayers(checked, first.name),
    [first, ...others].map((variable) => variable.name),
  );
  const variables = new Map([first, ...others].map((variable) => [variable.name, variable]));
  const shared = new Map<string, ParameterSpec>();
  const layersInPlace = drafts.map((draft, index) => {
    const made = placedLayer(draft, index + 1, variables, shared);
    variables.set(made.output.name, made.output);
    return made;
  });
  return { name, inputs: [first, ...others], layers: layersInPlace };
}

/** @throws TypeError, RangeError unless each input has the sizes of an image; what else its object has is not looked at */
function expectShapes(inputs: InputShapes): void {
  for (const [name, shape] of Object.entries(objectOf(inputs, { path: "inputs" }))) {
    const { channels, height, width }: Partial<ImageShape> = objectOf(shape, { path: name });
    IMAGE_SHAPE.take({ channels, height, width }, { path: name });
  }
}

/**
 * A network of one input, "image": layers one after the other, where they do not say otherwise. See {@link dag}.
 *
 * @param name what the network is called
 * @param input the size of the images it takes
 * @param layers from the image to the scores or the loss
 * @throws ShapeError naming the layer that does not fit: "layer 5 'conv3': support 6×6 does not fit its 5×5 input"
 * @example
 * sequential("tiny", { channels: 1, height: 8, width: 8 }, [conv(3, 4), relu(), conv(6, 2), softmaxLogLoss()]);
 */
export function sequential(name: string, input: ImageShape, layers: readonly Layer[]): Network {
  return dag(name, { image: input }, layers);
}

/** Gives a layer its number, its shapes and its parameters. */
function placedLayer(
  { name, layer, reads, makes }: Draft,
  number: number,
  variables: ReadonlyMap<string, Variable>,
  shared: Map<string, ParameterSpec>,
): PlacedLayer {
  const where = `layer ${number} '${name}'`;
  const block = blockOf(layer);
  const [first, ...others] = reads.flatMap((variable) => variables.get(variable) ?? []);
  const [least, most] = block.inputCount ?? [1, 1];
  if (!first || reads.length < least || reads.length > most) {
    const expected =
      least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
    throw new ShapeError(`${where}: expected ${expected} input${expected === "1" ? "" : "s"}, got ${reads.length}`);
  }
  const inputs: PlacedLayer["inputs"] = [first, ...others];
  const shapes: readonly [ImageShape, ...ImageShape[]] = [first.shape, ...others.map(({ shape }) => shape)];
  try {
    const shape = block.outputShape(layer, ...shapes);
    const specs = block.parameters(layer, ...shapes);
    const stranger = Object.keys(layer.parameters ?? {}).find((own) => specs.every((spec) => spec.name !== own));
    if (stranger !== undefined) throw new ShapeError(`it has no parameter '${stranger}'`);
    const parameters = specs.map((spec) => {
      const full = layer.parameters?.[spec.name] ?? `${name}/${spec.name}`;
      const rate = layer.frozen === true ? { learningRate: 0 } : {};
      return sharedSpec({ ...spec, ...rate, name: full }, shared);
    });
    return { number, name, layer, inputs, output: { name: makes, shape }, parameters };
  } catch (error) {
    throw error instanceof ShapeError ? new ShapeError(`${where}: ${error.message}`) : error;
  }
}

/** A parameter that another layer has already is that layer's; both must want the same shape. */
function sharedSpec(spec: ParameterSpec, shared: Map<string, ParameterSpec>): ParameterSpec {
  const known = shared.get(spec.name);
  if (!known) shared.set(spec.name, spec);
  else if (known.shape.join() !== spec.shape.join()) {
    const sizes = [spec, known].map(({ shape }) => shape.join("×"));
    throw new ShapeError(`it wants the shared parameter '${spec.name}' to be ${sizes[0]}, another layer ${sizes[1]}`);
  }
  return known ?? spec;
}

/**
 * The network's learnable parameters, layer by layer; one that several layers share comes once.
 *
 * @example
 * parametersOf(ocr())[0].shape; // conv1/filters: [20, 1, 5, 5]
 */
export function parametersOf({ layers }: Network): ParameterSpec[] {
  return [
    ...new Map(layers.flatMap(({ parameters }) => parameters.map((spec) => [spec.name, spec] as const))).values(),
  ];
}

/**
 * The size of the images that a network takes.
 *
 * @example
 * inputOf(ocr()); // {"channels": 1, "height": 32, "width": 32}
 */
export const inputOf = ({ inputs: [image] }: Network): ImageShape => image.shape;

/** A loss in its place. */
export type PlacedLoss = PlacedLayer & { readonly layer: Loss };

/** The losses of a network, in order. */
export const lossesOf = ({ layers }: Network): PlacedLoss[] =>
  layers.filter((placed): placed is PlacedLoss => placed.layer.type === "loss");

/** The variable of the network that a loss of values is compared with; undefined where that is an array of the batch. */
export const comparedVariable = ({ inputs, layers }: Network, layer: Loss): Variable | undefined =>
  comparedBy(layer) === "values"
    ? [...inputs, ...layers.map(({ output }) => output)].find(({ name }) => name === layer.target)
    : undefined;

/** The variable that holds a network's scores: what its first loss reads; without a loss, what the last layer makes. */
export function scoresOf(network: Network): Variable {
  const [loss] = lossesOf(network);
  return loss?.inputs[0] ?? network.layers.at(-1)?.output ?? network.inputs[0];
}

/**
 * The shape of a network's scores: of what its first loss reads, or of what its last layer makes.
 *
 * @example
 * outputOf(vgg16()); // {"channels": 1000, "height": 1, "width": 1}
 */
export const outputOf = (network: Network): ImageShape => scoresOf(network).shape;

/**
 * The variables that no layer reads: what a network gives. Losses are among them.
 *
 * @example
 * outputsOf(vgg16()).map(({ name }) => name); // ["prob"]
 */
export function outputsOf({ inputs, layers }: Network): Variable[] {
  const read = new Set(layers.flatMap((layer) => layer.inputs.map(({ name }) => name)));
  return [...inputs, ...layers.map(({ output }) => output)].filter(({ name }) => !read.has(name));
}

/**
 * The network without its losses: what is left computes scores.
 *
 * @example
 * outputOf(withoutLoss(ocr())); // {"channels": 26, "height": 1, "width": 1}
 */
export function withoutLoss(network: Network): Network {
  return { ...network, layers: network.layers.filter(({ layer }) => layer.type !== "loss") };
}

/** The layers that a variable depends on, and no others. */
export function layersUpTo(network: Network, variable: string): Network {
  const needed = new Set([variable]);
  const layers = [...network.layers].reverse().filter(({ inputs, output }) => {
    if (!needed.has(output.name)) return false;
    for (const { name } of inputs) needed.add(name);
    return true;
  });
  return { ...network, layers: layers.reverse() };
}
