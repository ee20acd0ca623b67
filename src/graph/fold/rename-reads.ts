import { mapSubgraphs } from "../sort.js";
import type { Graph, Node } from "../types.js";

/** The node with other names for what it reads, itself or in the graphs inside it, of the values around it. */
export function renameReads(node: Node, rename: (name: string) => string): Node {
  const inner = mapSubgraphs(node, (graph) => renameOutside(graph, rename));
  return { ...inner, inputs: node.inputs.map((input) => (input === "" ? "" : rename(input))) };
}

function renameOutside(graph: Graph, rename: (name: string) => string): Graph {
  const own = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
  const outside = (name: string): string => (own.has(name) ? name : rename(name));
  // What a graph puts out has its own name; a value from outside would get two.
  const passed = graph.outputs.filter(({ name }) => outside(name) !== name);
  const copies = passed.map(
    ({ name }): Node => ({
      operator: "Identity",
      domain: "",
      name: "",
      inputs: [outside(name)],
      outputs: [name],
      attributes: {},
    }),
  );
  return { ...graph, nodes: [...graph.nodes.map((node) => renameReads(node, outside)), ...copies] };
}

/** The graph without nodes that hand on what they get, but for those that make an output of the graph. */
export function withoutIdentities(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const names = new Map<string, string>();
  const rename = (name: string): string => names.get(name) ?? name;
  const nodes = graph.nodes.flatMap((node) => {
    const renamed = renameReads(node, rename);
    const isIdentity = node.operator === "Identity" && node.domain === "" && node.inputs[0] !== "";
    if (!isIdentity || outputs.has(node.outputs[0])) return [renamed];
    names.set(node.outputs[0], renamed.inputs[0]);
    return [];
  });
  return { ...graph, nodes };
}
