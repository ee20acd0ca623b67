import { ShapeError } from "./shape-error.js";
import type { Graph, Node } from "./types.js";
import { readBy, subgraphs } from "./unused.js";

/**
 * The graph with its nodes in topological order, also in the graphs inside of them. Nodes that are in order stay as they are; of the others each
 * comes right after the last one that makes what it reads.
 *
 * @throws ShapeError when nodes read each other in a circle, or a value is made twice; the message names them
 * @example
 * sortNodes({ ...graph, nodes: [...graph.nodes].reverse() }).nodes.map(({ operator }) => operator); // ["MatMul"]
 */
export function sortNodes(graph: Graph): Graph {
  const nodes = graph.nodes.map(withSortedGraphs);
  const makers = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (output === "") continue;
      if (makers.has(output) || graph.initializers.has(output))
        throw new ShapeError(`${called(node)} makes '${output}', which is there already.`);
      makers.set(output, i);
    }
  });
  const needs = nodes.map((node) => [...new Set(readBy(node))].flatMap((name) => makers.get(name) ?? []));
  const order: Node[] = [];
  const state = new Uint8Array(nodes.length);
  for (const first of nodes.keys()) {
    // A path from a node to what it needs, each with the next of its needs to look at; a list, for chains may be long.
    const path: [node: number, next: number][] = state[first] === DONE ? [] : [[first, 0]];
    state[first] ||= OPEN;
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const [at, next] = top;
      const need = needs[at].at(next);
      if (next === needs[at].length || need === undefined) {
        path.pop();
        state[at] = DONE;
        order.push(nodes[at]);
        continue;
      }
      top[1]++;
      if (state[need] === OPEN)
        throw circle(path.slice(path.findIndex(([node]) => node === need)).map(([i]) => nodes[i]));
      if (state[need] === DONE) continue;
      state[need] = OPEN;
      path.push([need, 0]);
    }
  }
  return { ...graph, nodes: order };
}

const called = ({ operator, name, outputs }: Node): string => `${operator} '${name || outputs[0]}'`;

const OPEN = 1;
const DONE = 2;

/** So many nodes of a circle are named. */
const NAMED = 8;

function circle(nodes: readonly Node[]): ShapeError {
  const names = nodes.slice(0, NAMED).map(called);
  const more = nodes.length > NAMED ? ` and ${nodes.length - NAMED} more` : "";
  return new ShapeError(`These nodes read each other in a circle: ${names.join(", ")}${more}.`);
}

function withSortedGraphs(node: Node): Node {
  return subgraphs(node).length === 0 ? node : mapSubgraphs(node, sortNodes);
}

/** The node with other graphs inside of it. */
export function mapSubgraphs(node: Node, change: (graph: Graph) => Graph): Node {
  if (subgraphs(node).length === 0) return node;
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => {
    if (attribute.type === "graph") return [name, { ...attribute, value: change(attribute.value) }];
    if (attribute.type === "graphs") return [name, { ...attribute, value: attribute.value.map(change) }];
    return [name, attribute];
  });
  return { ...node, attributes: Object.fromEntries(attributes) };
}
