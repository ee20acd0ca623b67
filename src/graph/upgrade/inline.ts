/** The nodes of a local function in the place of one that calls it. */

import { defaultAttributes, referenceIn } from "../codec/graph-codec.js";
import type { LocalFunction } from "../model.js";
import { mapSubgraphs } from "../sort.js";
import type { Attributes, Graph, Node, Value } from "../types.js";

/**
 * The nodes that a call stands for: the function's inputs and outputs are the call's, everything inside has a name of its own, and attributes that
 * refer to one of the function's are what the call says, else the function's default, else left out.
 *
 * @param unique makes a name that no value has yet
 */
export function inlined(call: Node, local: LocalFunction, unique: (name: string) => string): Node[] {
  const inside = `${call.name || call.outputs[0]}/`;
  const values = new Map<string, string>([["", ""]]);
  const names: Names = {
    value(name) {
      const own = values.get(name) ?? unique(inside + name);
      values.set(name, own);
      return own;
    },
    node: (name) => (name === "" ? "" : unique(inside + name)),
  };
  for (const [i, input] of local.inputs.entries()) values.set(input, call.inputs[i] ?? "");
  const passed: Node[] = [];
  for (const [i, output] of local.outputs.entries()) {
    const wanted = call.outputs[i] ?? "";
    if (wanted === "") continue;
    const same = values.get(output);
    if (same === undefined) values.set(output, wanted);
    else passed.push({ operator: "Identity", domain: "", name: "", inputs: [same], outputs: [wanted], attributes: {} });
  }
  const given = { ...defaultAttributes(local), ...call.attributes };
  return [...local.nodes.map((node) => renamedNode(node, names, given)), ...passed];
}

/** What values and nodes are called. */
interface Names {
  value(name: string): string;
  node(name: string): string;
}

function renamedNode(node: Node, names: Names, given: Attributes): Node {
  const renamed = mapSubgraphs(node, (graph) => renamedGraph(graph, names, given));
  return {
    ...renamed,
    name: names.node(node.name),
    inputs: node.inputs.map(names.value),
    outputs: node.outputs.map(names.value),
    attributes: resolved(renamed.attributes, given),
  };
}

function renamedGraph(graph: Graph, names: Names, given: Attributes): Graph {
  const value = (v: Value): Value => ({ ...v, name: names.value(v.name) });
  const { declared: _, ...rest } = graph;
  return {
    ...rest,
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    initializers: new Map(Array.from(graph.initializers, ([name, tensor]) => [names.value(name), tensor])),
    nodes: graph.nodes.map((node) => renamedNode(node, names, given)),
  };
}

const resolved = (attributes: Attributes, given: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, attribute]) => {
      const reference = referenceIn(attribute);
      if (reference === undefined) return [[name, attribute]];
      return Object.hasOwn(given, reference) ? [[name, given[reference]]] : [];
    }),
  );
