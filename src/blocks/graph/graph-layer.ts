import { intOf } from "../../graph/attributes.js";
import { GraphBuilder } from "../../graph/builder.js";
import { isStatic, product } from "../../graph/dimension.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { codeOf } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import type { ImageShape } from "../../values/image-shape.js";
import { flag, list, number, text, whole } from "../../values/kind.js";
import { defaulted, optional, type RecordOf, record, required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom, PIXEL, wholeField } from "../block.js";
import { enlargedField, onlyWindow } from "./graph-field.js";
import { ELEMENT_TYPE, NODE, nodeOf, TENSOR_DATA, tensorOf } from "./node-data.js";

/** What the nodes read of an input of the layer. */
const READ = record({
  /** what the nodes call it */
  value: required(text()),
  /** its sizes behind the batch's, where they are not C×H×W: [C] for N×C */
  shape: optional(list(whole(1))),
  type: defaulted(ELEMENT_TYPE, "float32"),
});

/** An array that is a parameter of the layer. */
const WEIGHT = record({
  /** what the nodes call it */
  value: required(text()),
  /** its name within the layer; what the nodes call it where it is left out */
  name: optional(text()),
  shape: required(list(whole(1))),
  /** the type that the nodes read; what is no float32 is a constant, kept as one */
  type: defaulted(ELEMENT_TYPE, "float32"),
  /** whether training changes it; true */
  learned: defaulted(flag(), true),
});

const CONSTANT = record({ value: required(text()), tensor: required(TENSOR_DATA) });

const FIELDS = {
  /** what the nodes read of each input */
  reads: required(list(READ, 1)),
  /** operators of ONNX, each after those that it reads */
  nodes: required(list(NODE, 1)),
  /** the value that becomes the layer's output: N×C×H×W, or N×C, which is a map of one pixel */
  makes: required(text()),
  /** arrays that are parameters: learned ones, and constants that are too large for JSON */
  weights: defaulted(list(WEIGHT), []),
  /** small constants */
  constants: defaulted(list(CONSTANT), []),
  /** multiplies the run's learning rate for the arrays that are learned; 1 */
  learningRate: optional(number({ least: 0 })),
};

type Piece = RecordOf<typeof FIELDS>;

/** The block of a piece of graph; see {@link graphLayer}. */
export const graphBlock = declareBlock("graph", FIELDS, {
  inputCount: [1, Number.POSITIVE_INFINITY],
  called: () => "graphLayer",
  outputShape: (layer, ...inputs) => madeOf(layer, inputs),
  parameters: (layer) =>
    layer.weights.map(({ value, name, shape, type, learned }) => {
      const isLearned = learned && type === "float32";
      return {
        ...{ name: name ?? value, shape, initialization: { type: "zeros" } },
        ...(isLearned ? { learningRate: layer.learningRate ?? 1 } : { learningRate: 0, weightDecay: 0 }),
      };
    }),
  window: (layer) => onlyWindow(layer) ?? PIXEL,
  field: (layer, input) =>
    onlyWindow(layer) ? undefined : (enlargedField(layer, input, () => madeOf(layer, [input])) ?? wholeField(input)),
  multiplyAdds(layer, ...inputs) {
    const { g } = scratch(layer, inputs);
    return g.nodes.reduce((sum, node) => sum + multiplyAddsOf(g, node), 0);
  },
  build: (g, layer, from, parameters) => spliced(g, layer, from, parameters),
});

/** A piece of graph. See {@link graphLayer} for the meaning of each field. */
export type GraphLayer = LayerFrom<typeof graphBlock>;

/** The options of {@link graphLayer}. */
export type GraphLayerOptions = OptionsFrom<typeof graphBlock>;

/**
 * A piece of graph as a layer: ONNX's operators as they are, for what no other block computes. The import of a foreign model makes these of
 * whatever it has no pattern for (`importGraph`).
 *
 * The nodes know each value by a name of their own: the inputs of the layer by `reads`, its parameters by `weights`, small numbers by `constants`.
 * The output is `makes`. All of them are plain data, so that a network with such layers is saved and read like any other; large constants are
 * parameters that training leaves alone. Operators are differentiated by their rules (docs/models.md); one that has none can be used, and not be
 * trained through. The layer sees all of its input, as far as is known; one of a single node that slides a window sees that, one that
 * enlarges or shrinks sees what it takes each pixel from, and one of elementwise operators, or of such along the channels, keeps each pixel to itself.
 *
 * @throws TypeError, RangeError when a field is wrong; ShapeError, when the network is made, where the nodes do not fit each other
 * @example
 * graphLayer({
 *   reads: [{ value: "x" }],
 *   nodes: [{ operator: "Mul", inputs: ["x", "slope"], outputs: ["y"] }],
 *   makes: "y",
 *   weights: [{ value: "slope", shape: [3, 1, 1] }],
 * });
 */
export const graphLayer = (options: GraphLayerOptions): GraphLayer => graphBlock.make(options);

/** Writes the nodes into a graph, and returns the output as N×C×H×W. */
function spliced(
  g: GraphBuilder,
  layer: Piece,
  from: readonly string[],
  parameters: Readonly<Record<string, string>>,
): string {
  if (from.length !== layer.reads.length) {
    throw new ShapeError(`expected ${layer.reads.length} inputs, one for each of its reads, got ${from.length}`);
  }
  const values = new Map([["", ""]]);
  const cast = (value: string, type: (typeof layer.reads)[number]["type"]): string =>
    type === "float32" ? value : g.op("Cast", [value], { to: codeOf(type) });
  layer.reads.forEach(({ value, shape, type }, i) => {
    const read = shape ? g.op("Reshape", [from[i], g.ints(0, ...shape)]) : from[i];
    values.set(value, cast(read, type));
  });
  for (const { value, name, type } of layer.weights) values.set(value, cast(parameters[name ?? value], type));
  for (const { value, tensor } of layer.constants) values.set(value, g.constant(tensorOf(tensor)));
  for (const data of layer.nodes) {
    const node = nodeOf(data);
    const inputs = node.inputs.map((input) => {
      const value = values.get(input);
      if (value === undefined) throw new ShapeError(`${node.operator} reads '${input}', which nothing before it makes`);
      return value;
    });
    const outputs = g.ops(node.operator, inputs, node.outputs.length, node.attributes);
    node.outputs.forEach((output, i) => {
      if (output !== "") values.set(output, outputs[i]);
    });
  }
  const made = values.get(layer.makes);
  if (made === undefined) throw new ShapeError(`no node makes '${layer.makes}'`);
  return asImages(g, made);
}

/** A value as N×C×H×W: further axes are pixels of one row, or one row of pixels. */
function asImages(g: GraphBuilder, value: string): string {
  const { type, shape } = g.type(value);
  const float = type === "float32" ? value : g.op("Cast", [value], { to: codeOf("float32") });
  const sizes = [
    [-1, 1, 1, 1],
    [-1, 1, 1, 1],
    [0, -1, 1, 1],
    [0, 0, 1, -1],
  ][shape?.length ?? 4];
  if (sizes) return g.op("Reshape", [float, g.ints(...sizes)]);
  return shape && shape.length > 4 ? g.op("Reshape", [float, g.ints(0, 0, 0, -1)]) : float;
}

/** The shape of the output. @throws ShapeError when the nodes do not fit */
function madeOf(layer: Piece, inputs: readonly ImageShape[]): ImageShape {
  const [, channels, height, width] = scratch(layer, inputs).shape;
  return { channels, height, width };
}

/** The nodes in a graph of their own, for one image. @throws ShapeError when they do not fit, or their output has no known shape */
function scratch(
  layer: Piece,
  inputs: readonly ImageShape[],
): { readonly g: GraphBuilder; readonly shape: readonly number[] } {
  const g = new GraphBuilder("piece");
  const from = inputs.map(({ channels, height, width }, i) =>
    g.input(`input ${i}`, "float32", [1, channels, height, width]),
  );
  const parameters = Object.fromEntries(
    layer.weights.map(({ value, name, shape }) => [
      name ?? value,
      g.input(`parameter ${name ?? value}`, "float32", shape),
    ]),
  );
  const made = spliced(g, layer, from, parameters);
  const { shape } = g.type(made);
  if (shape?.length === 4 && isStatic(shape)) return { g, shape };
  throw new ShapeError(`the shape of its output '${layer.makes}' is not known`);
}

function multiplyAddsOf(g: GraphBuilder, node: Node): number {
  const { operator, inputs, outputs } = node;
  const sizes = (value: string): readonly number[] => {
    const { shape } = g.type(value);
    return shape && isStatic(shape) ? shape : [0];
  };
  const count = (shape: readonly number[]): number => Number(product(shape));
  switch (operator) {
    case "MatMul":
      return count(sizes(outputs[0])) * (sizes(inputs[0]).at(-1) ?? 0);
    case "Gemm":
      return count(sizes(outputs[0])) * (sizes(inputs[0]).at(intOf(node, "transA", 0) === 1 ? 0 : -1) ?? 0);
    case "Conv":
      return count(sizes(outputs[0])) * count(sizes(inputs[1]).slice(1));
    case "ConvTranspose":
      return count(sizes(inputs[0])) * count(sizes(inputs[1]).slice(1));
    default:
      return 0;
  }
}
