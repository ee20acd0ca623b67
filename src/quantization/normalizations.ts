import { attributes, floatOf, intOf } from "../graph/attributes.js";
import { inferShapes } from "../graph/infer/infer.js";
import { float32 } from "../graph/tensor.js";
import type { Graph, Node, Tensor } from "../graph/types.js";
import { withoutUnused } from "../graph/unused.js";

/**
 * The graph with each batch normalisation of images, in use, as a convolution of one pixel and one filter for each channel, which the runtime computes with 8 bits:
 *
 *     γ (x − μ) / √(σ² + ε) + β = w x + b,   w = γ / √(σ² + ε),   b = β − w μ
 *
 * Those that could be merged into a convolution are none any more; these stand before one, as in DenseNet.
 */
export function normalizationsAsConvolutions(graph: Graph): Graph {
  const types = inferShapes(graph);
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.map((node): Node => {
    const [x] = node.inputs;
    const rank = types.get(x ?? "")?.shape?.length;
    if (node.operator !== "BatchNormalization" || node.domain !== "" || rank !== 4) return node;
    const [gain, bias, mean, variance] = node.inputs.slice(1).map((name) => numbersOf(graph.initializers.get(name)));
    if (!gain || !bias || !mean || !variance || intOf(node, "training_mode", 0) !== 0) return node;
    const epsilon = floatOf(node, "epsilon", 1e-5);
    const factors = gain.map((value, k) => value / Math.sqrt(variance[k] + epsilon));
    const count = factors.length;
    const [weights, biases] = ["weights", "biases"].map((what) => `${node.outputs[0]}/${what}`);
    initializers.set(weights, float32(factors, [count, 1, 1, 1]));
    initializers.set(
      biases,
      float32(
        factors.map((factor, k) => bias[k] - factor * mean[k]),
        [count],
      ),
    );
    const window = attributes({ group: count, kernel_shape: [1, 1] });
    return { ...node, operator: "Conv", inputs: [x, weights, biases], attributes: window };
  });
  return withoutUnused({ ...graph, initializers, nodes });
}

const numbersOf = (value: Tensor | undefined): Float64Array | undefined =>
  value?.type === "float32" ? Float64Array.from(value.data, Number) : undefined;
