import type { Graph, Node } from "./types.js";

/** The graph without nodes and constants that no output needs. */
export function withoutUnused(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((output) => output.name));
  const nodes = [...graph.nodes].reverse().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false;
    for (const input of readBy(node)) needed.add(input);
    return true;
  });
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...graph, nodes: nodes.reverse(), initializers };
}

/** The graphs inside a node: branches, bodies of loops. */
export const subgraphs = (node: Node): readonly Graph[] =>
  Object.values(node.attributes).flatMap((attribute) => {
    if (attribute.type === "graph") return [attribute.value];
    return attribute.type === "graphs" ? attribute.value : [];
  });

/** What a node reads, itself or in the graphs inside it, of the values around it. */
export const readBy = (node: Node): readonly string[] => [...node.inputs, ...subgraphs(node).flatMap(readFromOutside)];

/** What a graph inside a node reads and does not make. */
function readFromOutside({ inputs, initializers, nodes, outputs }: Graph): readonly string[] {
  const own = new Set([
    ...inputs.map(({ name }) => name),
    ...initializers.keys(),
    ...nodes.flatMap((node) => node.outputs),
  ]);
  return [...nodes.flatMap(readBy), ...outputs.map(({ name }) => name)].filter((name) => !own.has(name));
}
