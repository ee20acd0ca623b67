/** Windows whose padding depends on the size of the image, with the padding said. */

import { attributes, intOf, intsOf, stringOf } from "../../graph/attributes.js";
import { isStatic } from "../../graph/dimension.js";
import { inferShapes } from "../../graph/infer/infer.js";
import type { Graph, Node, ValueType } from "../../graph/types.js";

/**
 * The graph with `auto_pad` and `ceil_mode` of convolutions and poolings written as pads, for images of the size that it is of. What cannot be said by pads
 * stays: averages that count them.
 */
export function withExplicitWindows(graph: Graph): Graph {
  const types = inferShapes(graph);
  return { ...graph, nodes: graph.nodes.map((node) => explicit(node, types)) };
}

function explicit(node: Node, types: ReadonlyMap<string, ValueType>): Node {
  if (node.domain !== "" || !["Conv", "MaxPool", "AveragePool"].includes(node.operator)) return node;
  const auto = stringOf(node, "auto_pad", "NOTSET");
  const hangs = intOf(node, "ceil_mode", 0) === 1;
  const counted = node.operator === "AveragePool" && intOf(node, "count_include_pad", 0) === 1;
  if ((auto === "NOTSET" && !hangs) || counted) return node;
  const sizes = types.get(node.inputs[0])?.shape?.slice(2);
  const filters = types.get(node.inputs[1] ?? "")?.shape?.slice(2);
  const kernel = intsOf(node, "kernel_shape") ?? filters;
  if (!sizes || !isStatic(sizes) || !kernel || !isStatic(kernel)) return node;
  const ones = kernel.map(() => 1);
  const [strides, dilations] = ["strides", "dilations"].map((name) => intsOf(node, name) ?? ones);
  const given = (auto === "NOTSET" && intsOf(node, "pads")) || [...ones, ...ones].map(() => 0);
  const pads = sizes.map(Number).map((size, i): readonly [number, number] => {
    const reach = (kernel[i] - 1) * dilations[i] + 1;
    const [before, after] = [given[i], given[sizes.length + i]];
    if (auto.startsWith("SAME")) {
      const total = Math.max(0, (Math.ceil(size / strides[i]) - 1) * strides[i] + reach - size);
      const less = Math.floor(total / 2);
      return auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
    }
    if (!hangs) return [before, after];
    // A last window may begin inside the image or its first padding, not behind.
    const most = Math.ceil((size + before + after - reach) / strides[i]);
    const last = (most * strides[i] >= size + before ? most - 1 : most) * strides[i];
    return [before, Math.max(after, last + reach - size - before)];
  });
  const { auto_pad: _, ceil_mode: __, ...rest } = node.attributes;
  const said = attributes({ kernel_shape: kernel, pads: [...pads.map(([b]) => b), ...pads.map(([, a]) => a)] });
  return { ...node, attributes: { ...rest, ...said } };
}
