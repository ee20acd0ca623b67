import { mapSubgraphs } from "../sort.js";
import type { Attribute, Graph, Node, Tensor } from "../types.js";

/** A branch in the place of the node that chose it. */
export interface Branch {
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
}

/** The nodes of the branch that a condition chooses, with names of their own; undefined where the node has no such branch. */
export function chosenBranch(node: Node, condition: boolean, unique: (name: string) => string): Branch | undefined {
  const attribute: Attribute | undefined = node.attributes[condition ? "then_branch" : "else_branch"];
  if (attribute?.type !== "graph" || attribute.value.foreign) return undefined;
  const graph = attribute.value;
  const made = new Set([...graph.initializers.keys(), ...graph.nodes.flatMap((inner) => inner.outputs)]);
  made.delete("");
  const names = new Map(Array.from(made, (name) => [name, unique(`${node.name || node.outputs[0]}/${name}`)]));
  const rename = (name: string): string => names.get(name) ?? name;
  const nodes = graph.nodes.map((inner) => renamed(inner, rename, unique));
  const handed = node.outputs.flatMap((output, i): Node[] => {
    if (output === "") return [];
    return [
      {
        operator: "Identity",
        domain: "",
        name: "",
        inputs: [rename(graph.outputs[i].name)],
        outputs: [output],
        attributes: {},
      },
    ];
  });
  return {
    nodes: [...nodes, ...handed],
    initializers: new Map(Array.from(graph.initializers, ([name, value]) => [rename(name), value])),
  };
}

/** Everything with another name, in the graphs inside, too: names are not given twice in a model. */
function renamed(node: Node, rename: (name: string) => string, unique: (name: string) => string): Node {
  const inner = mapSubgraphs(node, (graph) => renamedGraph(graph, rename, unique));
  const name = node.name === "" ? "" : unique(node.name);
  return { ...inner, name, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
}

function renamedGraph(graph: Graph, rename: (name: string) => string, unique: (name: string) => string): Graph {
  const value = <V extends { readonly name: string }>(v: V): V => ({ ...v, name: rename(v.name) });
  return {
    ...graph,
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    initializers: new Map(Array.from(graph.initializers, ([name, tensor]) => [rename(name), tensor])),
    nodes: graph.nodes.map((node) => renamed(node, rename, unique)),
  };
}
