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

/**
 * The graph without nodes that hand on what they get. What makes the input of one that makes an output of the graph gets the output's name; such a
 * node stays where the input is none of a node's, or has two of them.
 */
export function withoutIdentities(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const names = new Map<string, string>();
  const rename = (name: string): string => names.get(name) ?? name;
  const gone = new Set<Node>();
  for (const node of graph.nodes.toReversed()) {
    const [input, output] = [node.inputs[0], rename(node.outputs[0])];
    if (!isIdentity(node) || !outputs.has(output)) continue;
    if (!made.has(input) || outputs.has(input) || names.has(input)) continue;
    names.set(input, output);
    gone.add(node);
  }
  const nodes = graph.nodes.flatMap((node) => {
    if (gone.has(node)) return [];
    const renamed = { ...renameReads(node, rename), outputs: node.outputs.map(rename) };
    if (!isIdentity(node) || outputs.has(renamed.outputs[0])) return [renamed];
    names.set(node.outputs[0], renamed.inputs[0]);
    return [];
  });
  return { ...graph, nodes };
}

const isIdentity = ({ operator, domain, inputs }: Node): boolean =>
  operator === "Identity" && domain === "" && (inputs[0] ?? "") !== "";
