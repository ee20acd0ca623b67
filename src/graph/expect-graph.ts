/** What plain JavaScript hands to a function of graphs in the place of one. */

import { ARGUMENTS, within, wrongKind } from "../values/place.js";
import type { Graph } from "./types.js";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Expects a graph, with its lists and nodes; what the nodes mean is not looked at. @throws TypeError, saying which part is none */
export function expectGraph(graph: Graph): void {
  const given: unknown = graph;
  const at = within(ARGUMENTS, "graph");
  if (!isRecord(given)) throw wrongKind(at, "a graph", given);
  for (const part of ["inputs", "outputs", "nodes"]) {
    const list = given[part];
    if (!Array.isArray(list)) throw wrongKind(within(at, part), "a list", list);
    const bad = list.findIndex((each) => !isRecord(each));
    if (bad >= 0) throw wrongKind(within(within(at, part), bad), "an object", list[bad]);
  }
  if (!(given.initializers instanceof Map)) throw wrongKind(within(at, "initializers"), "a Map", given.initializers);
  for (const [i, node] of graph.nodes.entries()) {
    const place = within(within(at, "nodes"), i);
    for (const part of ["inputs", "outputs"] as const) {
      if (!Array.isArray(node[part])) throw wrongKind(within(place, part), "a list", node[part]);
    }
    if (typeof node.operator !== "string") throw wrongKind(within(place, "operator"), "a text", node.operator);
    if (!isRecord(node.attributes)) throw wrongKind(within(place, "attributes"), "an object", node.attributes);
  }
}
