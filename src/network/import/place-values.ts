/** Which values of a graph become variables, and what makes each. */

import type { Node } from "../../graph/types.js";
import { readBy } from "../../graph/unused.js";
import type { GraphView } from "./graph-view.js";
import { type Match, matchNode } from "./patterns.js";
import type { Piece } from "./pieces.js";

/** What makes the variables, in the order of the nodes: layers that patterns know, and pieces of graph. */
export interface Made {
  readonly value: string;
  readonly node: Node;
  readonly by: { readonly match: Match } | { readonly piece: Piece };
}

/**
 * Goes back from the outputs: each value that a layer reads is made by a layer or by a piece of graph, which is cut at what others make and at images that
 * several pieces read.
 */
export function placeValues(view: GraphView, outputs: readonly string[]): Made[] {
  const order = new Map(view.graph.nodes.map((node, i) => [node, i]));
  const matches = withoutEnclosed(
    view,
    new Map(view.graph.nodes.map((node) => [node, matchNode(node, view)])),
    outputs,
  );
  const matchOf = (node: Node): Match | undefined => matches.get(node);
  const cuts = new Set<string>();
  for (;;) {
    const made = placed(view, outputs, matchOf, cuts, order);
    const shared = sharedImages(view, made);
    const more = shared.filter((value) => !cuts.has(value));
    if (more.length === 0) return [...made].sort((a, b) => (order.get(a.node) ?? 0) - (order.get(b.node) ?? 0));
    for (const value of more) cuts.add(value);
  }
}

/** Layers with windows or statistics of their own, which are worth a name wherever they stand. */
const HEAVY = ["conv", "convTranspose", "pool", "globalPool", "batchNorm", "layerNorm", "localResponseNorm"];

/**
 * The matches without those of activations, sums and the like that have pieces of graph before and behind them: the product of an attention's queries with a
 * number, say, which is part of what surrounds it.
 */
function withoutEnclosed(
  view: GraphView,
  matches: ReadonlyMap<Node, Match | undefined>,
  outputs: readonly string[],
): ReadonlyMap<Node, Match | undefined> {
  const results = new Set(outputs.map(view.same));
  const readers = new Map<string, Node[]>();
  for (const node of view.graph.nodes) {
    for (const value of new Set(readBy(node))) readers.set(value, [...(readers.get(value) ?? []), node]);
  }
  const enclosed = new Map(
    [...matches].flatMap(([node, match]) =>
      match && !HEAVY.includes(match.layer.type) ? [[node, match] as const] : [],
    ),
  );
  const isLayer = (node: Node | undefined): boolean =>
    node === undefined || (matches.get(node) !== undefined && !enclosed.has(node));
  const touches = (node: Node, { reads }: Match): boolean =>
    results.has(node.outputs[0]) ||
    reads.some((value) => isLayer(view.maker(view.same(value)))) ||
    (readers.get(node.outputs[0]) ?? []).some(isLayer);
  for (let before = -1; before !== enclosed.size; ) {
    before = enclosed.size;
    for (const [node, match] of enclosed) if (touches(node, match)) enclosed.delete(node);
  }
  return new Map([...matches].filter(([node]) => !enclosed.has(node)));
}

function placed(
  view: GraphView,
  outputs: readonly string[],
  matchOf: (node: Node) => Match | undefined,
  cuts: ReadonlySet<string>,
  order: ReadonlyMap<Node, number>,
): Made[] {
  const made = new Map<string, Made>();
  const waiting = [...outputs];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const value = view.same(next);
    const node = view.maker(value);
    if (!node || made.has(value)) continue;
    const match = matchOf(node);
    if (match) made.set(value, { value, node, by: { match } });
    else made.set(value, { value, node, by: { piece: pieceOf(view, value, node, matchOf, cuts, order) } });
    const { by } = made.get(value) ?? { by: { match: { reads: [] } } };
    waiting.push(...("match" in by ? by.match.reads : by.piece.reads));
  }
  return [...made.values()];
}

/** The nodes that a value needs, back to what layers make and to the inputs. */
function pieceOf(
  view: GraphView,
  makes: string,
  last: Node,
  matchOf: (node: Node) => Match | undefined,
  cuts: ReadonlySet<string>,
  order: ReadonlyMap<Node, number>,
): Piece {
  const nodes = new Set([last]);
  const reads = new Set<string>();
  for (const node of nodes) {
    for (const value of readBy(node)) {
      if (value === "" || view.constant(value)) continue;
      const maker = view.maker(value);
      const isVariable = !maker || cuts.has(value) || (view.image(value) !== undefined && matchOf(maker) !== undefined);
      if (isVariable) reads.add(value);
      else nodes.add(maker);
    }
  }
  const sorted = [...nodes].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  return { nodes: sorted, reads: [...reads], makes };
}

/** Images inside of several pieces that nodes of fewer pieces read: what is computed once becomes a variable. */
function sharedImages(view: GraphView, made: readonly Made[]): string[] {
  const pieces = made.flatMap(({ by }) => ("piece" in by ? [by.piece] : []));
  const holders = new Map<Node, number>();
  for (const { nodes } of pieces) for (const node of nodes) holders.set(node, (holders.get(node) ?? 0) + 1);
  const found = new Set<string>();
  for (const node of holders.keys()) {
    for (const value of readBy(node)) {
      const maker = view.maker(value);
      const count = maker ? (holders.get(maker) ?? 0) : 0;
      if (count > 1 && count > (holders.get(node) ?? 0) && view.image(value)) found.add(value);
    }
  }
  return [...found];
}
