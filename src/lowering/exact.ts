/**
 * What ONNX Runtime 1.30 computes inexactly on every device, or on processors, written in another way of the same meaning: long sums in stages,
 * and functions that lose the digits of small results. Only for float32 numbers.
 */

import { floatOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Graph, Node } from "../graph/types.js";
import { FIRST_STAGE, sumInStages } from "./long-sums.js";
import { finishNode, type Rewrite, rewriteNodes } from "./rewrite-nodes.js";

const EXACT: Readonly<Record<string, Rewrite>> = {
  Elu: elu,
  Sigmoid: sigmoid,
  ...Object.fromEntries(Object.keys(FIRST_STAGE).map((operator) => [operator, sumInStages])),
};

/** The graph in exact operators, and others written anew in the same pass. Every value that is left has its name. */
export const exactly = (graph: Graph, others: Readonly<Record<string, Rewrite>> = {}): Graph =>
  rewriteNodes(graph, { ...others, ...EXACT });

/** 1/(1 + e⁻ˣ) as it stands: the runtime's is 17 % off at −15, and 0 below −18. */
function sigmoid(g: GraphBuilder, node: Node): boolean {
  const power = g.op("Exp", [g.op("Neg", [node.inputs[0]])]);
  return finishNode(g, node, "Reciprocal", [g.op("Add", [power, g.scalar(1)])]);
}

/** eᵐ − 1 for m = min(x, 0) as tanh(m/2)·(eᵐ + 1), which keeps the digits of a small one. */
function elu(g: GraphBuilder, node: Node): boolean {
  const [x] = node.inputs;
  const below = g.op("Min", [x, g.scalar(0)]);
  const half = g.op("Tanh", [g.op("Mul", [below, g.scalar(0.5)])]);
  const power = g.op("Mul", [half, g.op("Add", [g.op("Exp", [below]), g.scalar(1)])]);
  const alpha = floatOf(node, "alpha", 1);
  return finishNode(g, node, "Add", [g.op("Relu", [x]), alpha === 1 ? power : g.op("Mul", [power, g.scalar(alpha)])]);
}
