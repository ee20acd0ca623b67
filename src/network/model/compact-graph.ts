/** A trained model as the shortest graph of ONNX's operators that computes its scores. */

import { geluOf } from "../../blocks/activation/activation.js";
import { float } from "../../graph/attributes.js";
import { GraphBuilder } from "../../graph/builder.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Graph, Node, Tensor } from "../../graph/types.js";
import { withoutUnused } from "../../graph/unused.js";
import type { ImageShape } from "../../values/image-shape.js";
import { hasMeanImage } from "../../values/normalization.js";
import { buildNetwork } from "../build-network.js";
import { parameterNames } from "../edit/rename.js";
import { flatLayers, isPixel } from "../flat-layers.js";
import { outputsOf, type PlacedLayer, parametersOf, scoresOf, withoutLoss } from "../network.js";
import { expectFit, MEAN, resultOf, SCALE, type TrainedModel } from "./model.js";
import { meanTensor, scaleTensor } from "./normalization.js";
import { isOfOneSize } from "./one-size.js";
import { MOMENT_NAMES } from "./parameters-in.js";

/**
 * The graph of a model, with the inputs and outputs of `modelGraph`, in as few nodes as ONNX allows:
 *
 * - A batch normalisation is one node, and so are a local response normalisation and a hard sigmoid.
 * - A convolution that sees all of its input at once, and of which only such layers and activations follow, is a Gemm behind a Flatten. The scores are
 *   N×K then, and the images of the network's own size; so they are of any network that makes one score for each class.
 * - A mean of 0 is not taken away, and nothing is multiplied by 1.
 *
 * @throws RangeError when parameters, classes or mean do not fit the network
 * @example
 * compactGraph(deployModel(model)).nodes.map(({ operator }) => operator).slice(-3); // ["Flatten", "Gemm", "Softmax"]
 */
export function compactGraph(model: TrainedModel): Graph {
  expectFit(model);
  const { network, parameters } = model;
  const body = withoutLoss(network);
  const flat = flatLayers(body);
  const [first, ...others] = network.inputs;
  const scoresVariable = scoresOf(network);
  const isFixed = isPixel(scoresVariable.shape) || isOfOneSize(model);

  const g = new GraphBuilder(network.name);
  const { channels, height, width } = first.shape;
  const image = g.input("image", "float32", ["N", channels, ...(isFixed ? [height, width] : ["H", "W"])]);
  const matrices = new Set(
    [...flat].flatMap(({ layer, parameters: [filters] }) => (layer.type === "conv" ? [filters.name] : [])),
  );
  for (const { name } of parametersOf(body)) {
    const value = parameters.get(name);
    if (value) g.initializer(name, matrices.has(name) ? asMatrix(value) : value);
  }
  const values = buildNetwork(
    g,
    body,
    {
      ...Object.fromEntries(
        others.map(({ name, shape }) => [
          name,
          g.input(name, "float32", ["N", shape.channels, shape.height, shape.width]),
        ]),
      ),
      [first.name]: normalized(g, image, model, first.shape),
    },
    undefined,
    (placed, from) =>
      compactForm(g, placed, flat.has(placed) ? from.map((value) => flattened(g, value)) : from, parameters),
  );
  const made = (name: string, shape: ImageShape): string => {
    const value = values.get(name) ?? image;
    return isPixel(shape) ? flattened(g, value) : value;
  };
  const { name: main, squash } = resultOf(network);
  const scores = g.output("scores", made(main, scoresVariable.shape));
  if (squash) g.output("probabilities", g.op(squash, [scores], squash === "Softmax" ? { axis: 1 } : {}));
  for (const { name, shape } of outputsOf(body)) if (name !== scoresVariable.name) g.output(name, made(name, shape));
  const shapes = new Map(
    [...outputsOf(body), { ...scoresVariable, name: "scores" }].map(({ name, shape }) => [name, shape]),
  );
  return withRanks(withoutUnused(withoutReshapes(g.build())), (name) => shapes.get(name)?.channels);
}

/** The graph with a shape for each output, which ONNX's checker wants: of those that depend on what is computed, height and width have names. */
function withRanks(graph: Graph, channelsOf: (name: string) => number | undefined): Graph {
  const outputs = graph.outputs.map((output) => {
    const { name, shape } = output;
    return { ...output, shape: shape ?? ["N", channelsOf(name) ?? `${name}.C`, `${name}.H`, `${name}.W`] };
  });
  return { ...graph, outputs };
}

/** Filters as a matrix: a row each. */
const asMatrix = ({ data, shape }: Tensor<"float32">): Tensor<"float32"> =>
  float32(data, [shape[0], elementCount(shape.slice(1))]);

/** N×C×h×w as N×C·h·w, where it is not so already. */
const flattened = (g: GraphBuilder, value: string): string =>
  g.type(value).shape?.length === 2 ? value : g.op("Flatten", [value], { axis: 1 });

/** (x − mean)·scale, as far as it changes anything. */
function normalized(g: GraphBuilder, x: string, { normalization }: TrainedModel, image: ImageShape): string {
  const [mean, scale] = [meanTensor(normalization, image), scaleTensor(normalization, image)];
  const isZero = mean.data.every((value) => value === 0) && !hasMeanImage(normalization, image);
  const centred = isZero ? x : g.op("Sub", [x, g.initializer(MEAN, mean)]);
  return scale.data.every((value) => value === 1) ? centred : g.op("Mul", [centred, g.initializer(SCALE, scale)]);
}

/** A layer in fewer nodes than its block builds; undefined where there is no such form. */
function compactForm(
  g: GraphBuilder,
  placed: PlacedLayer,
  from: readonly string[],
  parameters: TrainedModel["parameters"],
): string | undefined {
  const { layer } = placed;
  const [x] = from;
  const named = new Map(parameterNames(placed));
  const parameter = (name: string): string => named.get(name) ?? "";
  switch (layer.type) {
    case "batchNorm": {
      const [mean, variance, epsilon] = moments(g, parameter("moments"), parameters, layer.epsilon);
      const inputs = [x, parameter("gain"), parameter("bias"), mean, variance];
      return g.op("BatchNormalization", inputs, { epsilon: float(epsilon) });
    }
    case "conv":
      if (g.type(x).shape?.length !== 2) return undefined;
      return g.op("Gemm", [x, parameter("filters"), ...(layer.biases ? [parameter("biases")] : [])], { transB: 1 });
    case "localResponseNorm": {
      const { size, kappa, alpha, beta } = layer;
      // ONNX Runtime has it for odd sizes and positive numbers only
      if (size % 2 === 0 || alpha <= 0 || beta <= 0) return undefined;
      return g.op("LRN", [x], { size, alpha: float(alpha * size), beta: float(beta), bias: float(kappa) });
    }
    case "hardSigmoid":
      return g.op("HardSigmoid", [x], { alpha: float(layer.slope), beta: float(layer.offset) });
    case "hardSwish":
      return g.op("Mul", [x, g.op("HardSigmoid", [x], { alpha: float(1 / 6), beta: float(0.5) })]);
    case "gelu":
      return geluOf(g, x, x);
    case "sum":
      return from.length > 2 ? g.op("Sum", from) : undefined;
  }
  return undefined;
}

/**
 * The means and variances of a batch normalisation as ONNX has them, and what it adds to the variances. Ours, whose deviations have this in them already, may
 * be smaller than that; then it is 0.
 */
function moments(
  g: GraphBuilder,
  name: string,
  parameters: TrainedModel["parameters"],
  epsilon: number,
): readonly [mean: string, variance: string, epsilon: number] {
  const data = parameters.get(name)?.data ?? new Float32Array();
  const channels = data.length / 2;
  const squares = Float64Array.from(data.subarray(channels), (deviation) => deviation ** 2);
  const within = squares.every((square) => square >= epsilon) ? epsilon : 0;
  const add = (suffix: string, values: ArrayLike<number>): string =>
    g.has(name + suffix) ? name + suffix : g.initializer(name + suffix, float32(Float32Array.from(values), [channels]));
  return [
    add(MOMENT_NAMES.mean, data.subarray(0, channels)),
    add(
      MOMENT_NAMES.variance,
      squares.map((square) => square - within),
    ),
    within,
  ];
}

/** The graph without nodes that only write a parameter in another shape: it is kept in that shape. */
function withoutReshapes(graph: Graph): Graph {
  const { initializers, nodes } = graph;
  const shapes = new Map<string, readonly number[]>();
  for (const [name, value] of initializers) {
    const targets = nodes.flatMap(({ operator, inputs }) =>
      inputs.flatMap((input, i) => (input === name ? [operator === "Reshape" && i === 0 ? inputs[1] : ""] : [])),
    );
    const target = initializers.get(targets[0] ?? "");
    if (!target || targets.some((each) => each !== targets[0])) continue;
    shapes.set(name, sizesOf(value.shape, Array.from(target.data, Number)));
  }
  const isNeedless = ({ operator, inputs }: Node): boolean => operator === "Reshape" && shapes.has(inputs[0]);
  const instead = new Map(nodes.filter(isNeedless).map(({ inputs, outputs }) => [outputs[0], inputs[0]]));
  return {
    ...graph,
    initializers: new Map(
      [...initializers].map(([name, value]) => [name, { ...value, shape: shapes.get(name) ?? value.shape }]),
    ),
    nodes: nodes
      .filter((node) => !isNeedless(node))
      .map((node) => ({ ...node, inputs: node.inputs.map((input) => instead.get(input) ?? input) })),
  };
}

/** The shape that a Reshape makes of another. */
function sizesOf(shape: readonly number[], target: readonly number[]): readonly number[] {
  const kept = target.map((size, i) => (size === 0 ? shape[i] : size));
  const rest = elementCount(shape) / elementCount(kept.filter((size) => size !== -1));
  return kept.map((size) => (size === -1 ? rest : size));
}
