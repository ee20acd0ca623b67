/** Operators that WebGPU has no kernel for, written as they are defined by others: those of their gradients, where autodiff/ defines them so. */

import * as arrange from "../autodiff/rules/arrange.js";
import * as indexing from "../autodiff/rules/indexing.js";
import * as normalization from "../autodiff/rules/normalization.js";
import * as sampling from "../autodiff/rules/sampling.js";
import * as windows from "../autodiff/rules/windows.js";
import { float, floatOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/types.js";
import type { Rewriting } from "./rewrite-nodes.js";

/** By the rule that says what an operator of one output is. */
const defined =
  ({ define }: { readonly define: (g: GraphBuilder, node: Node) => readonly string[] }): Rewriting =>
  (g, node, inputs) =>
    node.outputs.length === 1 && g.type(inputs[0]).type === "float32" ? define(g, { ...node, inputs })[0] : undefined;

/** Constants are of 32 bits. */
const ofFloats =
  (rewriting: Rewriting): Rewriting =>
  (g, node, inputs) =>
    g.type(inputs[0]).type === "float32" ? rewriting(g, node, inputs) : undefined;

/** α·elu(x/α), as elu(x) is e^x − 1 below 0 and x above */
const celu: Rewriting = (g, node, [x]) => {
  const alpha = g.scalar(floatOf(node, "alpha", 1));
  return g.op("Mul", [g.op("Elu", [g.op("Div", [x, alpha])]), alpha]);
};

/** γ·elu(x) with α below 0; the defaults are ONNX's */
const selu: Rewriting = (g, node, [x]) => {
  const elu = g.op("Elu", [x], { alpha: float(floatOf(node, "alpha", 1.6732632)) });
  return g.op("Mul", [elu, g.scalar(floatOf(node, "gamma", 1.050701))]);
};

/** x/(1 + |x|) */
const softsign: Rewriting = (g, _, [x]) => g.op("Div", [x, g.op("Add", [g.op("Abs", [x]), g.scalar(1)])]);

/** x + bias below −λ, x − bias above λ, 0 between */
const shrink: Rewriting = (g, node, [x]) => {
  const [bias, limit] = [floatOf(node, "bias", 0), floatOf(node, "lambd", 0.5)];
  const above = g.op("Where", [g.op("Greater", [x, g.scalar(limit)]), g.op("Sub", [x, g.scalar(bias)]), g.scalar(0)]);
  return g.op("Where", [g.op("Less", [x, g.scalar(-limit)]), g.op("Add", [x, g.scalar(bias)]), above]);
};

const mean: Rewriting = (g, _, inputs) =>
  g.op("Div", [inputs.reduce((a, b) => g.op("Add", [a, b])), g.scalar(inputs.length)]);

/** To the nearest whole number, and from the middle to the even one; x − ⌊x⌋ is exact. */
export const round: Rewriting = (g, _, [x]) => {
  if (g.type(x).type !== "float32") return undefined;
  const below = g.op("Floor", [x]);
  const beyond = g.op("Sub", [x, below]);
  const half = g.op("Mul", [below, g.scalar(0.5)]);
  const isOdd = g.op("Greater", [half, g.op("Floor", [half])]);
  const middle = g.op("And", [g.op("Equal", [beyond, g.scalar(0.5)]), isOdd]);
  const up = g.op("Not", [
    g.op("And", [g.op("Not", [g.op("Greater", [beyond, g.scalar(0.5)])]), g.op("Not", [middle])]),
  ]);
  return g.op("Add", [below, g.op("Cast", [up], { to: 1 })]);
};

/** Images at the points of a grid. */
const gridSample: Rewriting = (g, node, inputs) =>
  g.shape(inputs[0]).length === 4 ? sampling.sampledImages(g, { ...node, inputs }) : undefined;

/** What is written first: what it is written by may itself be written in another way. */
export const DEFINITIONS: Readonly<Record<string, Rewriting>> = {
  AffineGrid: defined(sampling.affineGrid),
  Celu: ofFloats(celu),
  Compress: defined(indexing.compress),
  GlobalLpPool: defined(windows.globalLpPool),
  GridSample: ofFloats(gridSample),
  GroupNormalization: defined(normalization.groupNormalization),
  LRN: defined(normalization.localResponseNormalization),
  Mean: ofFloats(mean),
  MeanVarianceNormalization: defined(normalization.meanVarianceNormalization),
  Selu: ofFloats(selu),
  Shrink: ofFloats(shrink),
  Softsign: ofFloats(softsign),
  SpaceToDepth: defined(arrange.spaceToDepth),
};
