import { GraphBuilder } from "../graph/builder.js";
import type { Graph, Node } from "../graph/types.js";
import { defined } from "../values/defined.js";

/** Writes a node of float32 numbers in another way; its output keeps its name. Returns whether it did; if not, the node is right as it is. */
export type Rewrite = (g: GraphBuilder, node: Node) => boolean;

/** Writes a node in another way and returns its output; undefined where it is right as it is. */
export type Rewriting = (g: GraphBuilder, node: Node, inputs: readonly string[]) => string | undefined;

/** The graph with some of ONNX's operators written in another way. Every value that is left has its name, which loops and branches may read. */
export function rewriteNodes(graph: Graph, rewrites: Readonly<Record<string, Rewrite>>): Graph {
  const isKnown = ({ operator, domain }: Node): boolean => domain === "" && Object.hasOwn(rewrites, operator);
  if (!graph.nodes.some(isKnown)) return graph;
  const g = new GraphBuilder(graph.name);
  for (const { name, type, shape } of graph.inputs) g.input(name, type, shape);
  for (const [name, value] of graph.initializers) g.initializer(name, value);
  for (const node of graph.nodes) {
    const applies = isKnown(node) && g.type(node.inputs[0]).type === "float32";
    if (!applies || !g.scope(node.name, () => rewrites[node.operator](g, node))) g.add(node);
  }
  for (const { name } of graph.outputs) g.output(name, name);
  const result = g.build();
  const outputs = result.outputs.map((output, i) => (output.opaque ? graph.outputs[i] : output));
  return { ...result, inputs: graph.inputs, outputs, ...defined({ opsets: graph.opsets }) };
}

/** The last node of several, in the place of another. */
export function finishNode(
  g: GraphBuilder,
  { name, outputs }: Node,
  operator: string,
  inputs: readonly string[],
): true {
  g.add({ operator, domain: "", name, inputs, outputs, attributes: {} });
  return true;
}
