/**
 * For WebAssembly: what ONNX Runtime 1.30 computes slowly there, written in another way of the same meaning.
 *
 * Its activations are loops that compilers make vectors of, but where a value takes the place of the one it is made from: there each number costs a
 * branch, which is guessed wrongly half of the time. 819 200 numbers took Relu 8 ms in place and 0.1 elsewhere, and Max 0.2 in both.
 */

import { floatOf } from "../graph/attributes.js";
import type { Graph, Node } from "../graph/types.js";
import { finishNode, type Rewrite, rewriteNodes } from "./rewrite-nodes.js";

const relu: Rewrite = (g, node) => finishNode(g, node, "Max", [node.inputs[0], g.scalar(0)]);

const leakyRelu: Rewrite = (g, node) =>
  finishNode(g, node, "PRelu", [node.inputs[0], g.scalar(floatOf(node, "alpha", 0.01))]);

/** min(max(x, least), most), where the bounds are given. */
const clip: Rewrite = (g, node) => {
  const [x, least = "", most = ""] = node.inputs;
  if (most === "") return least !== "" && finishNode(g, node, "Max", [x, least]);
  return finishNode(g, node, "Min", [least === "" ? x : g.op("Max", [x, least]), most]);
};

/** A graph that takes less time in WebAssembly. What the runtime does in one pass with the convolution before it stays as it is. */
export function forWebAssembly(graph: Graph): Graph {
  const joined = joinedWithNext(graph);
  const unlessJoined =
    (rewrite: Rewrite): Rewrite =>
    (g, node) =>
      !joined.has(node.inputs[0]) && rewrite(g, node);
  return rewriteNodes(graph, {
    Relu: unlessJoined(relu),
    LeakyRelu: unlessJoined(leakyRelu),
    Clip: unlessJoined(clip),
  });
}

/** What the runtime makes together with an activation: convolutions, normalised or not, and matrix products. */
function joinedWithNext({ nodes }: Graph): ReadonlySet<string> {
  const joined = new Set<string>();
  const joins = ({ operator, inputs }: Node): boolean =>
    operator === "Conv" || operator === "Gemm" || (operator === "BatchNormalization" && joined.has(inputs[0]));
  for (const node of nodes) if (joins(node)) joined.add(node.outputs[0]);
  return joined;
}
