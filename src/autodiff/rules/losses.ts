/** Rules of ONNX's losses. */

import { intOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { tensor } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { byDefinition } from "../rule.js";

/**
 * −w[t]·x[t] for the label t of each pixel, in N×C×D…: each, their sum, or their sum divided by that of the weights w. A pixel with the label
 * `ignore_index` does not count.
 */
function negativeLikelihood(
  g: GraphBuilder,
  node: Node,
  x: string,
  labels: string,
  weights: string | undefined,
): string {
  const [, classes, ...image] = g.shape(x);
  const numbers = tensor(
    "int32",
    [classes, ...image.map(() => 1)],
    Int32Array.from({ length: classes }, (_, k) => k),
  );
  const whole = g.op("Unsqueeze", [g.op("Cast", [labels], { to: 6 }), g.ints(1)]);
  const meant = g.op("Equal", [whole, g.constant(numbers)]);
  const ignored = g.constant(tensor("int32", [], Int32Array.of(intOf(node, "ignore_index", -1))));
  const counts = g.op("And", [meant, g.op("Not", [g.op("Equal", [whole, ignored])])]);
  const weight = weights ? g.op("Reshape", [weights, g.ints(classes, ...image.map(() => 1))]) : g.scalar(1);
  const share = g.op("Where", [counts, weight, g.scalar(0)]);
  // What is not meant may be −∞.
  const picked = g.op("Where", [counts, x, g.scalar(0)]);
  const each = g.op("Neg", [g.op("ReduceSum", [g.op("Mul", [share, picked]), g.ints(1)], { keepdims: 0 })]);
  const reduction = stringOf(node, "reduction", "mean");
  if (reduction === "none") return each;
  const sum = g.op("ReduceSum", [each], { keepdims: 0 });
  return reduction === "sum" ? sum : g.op("Div", [sum, g.op("ReduceSum", [share], { keepdims: 0 })]);
}

export const negativeLogLikelihoodLoss = byDefinition((g, node) => {
  const [x, labels, weights] = node.inputs;
  return [negativeLikelihood(g, node, x, labels, weights)];
});

/** The same of the logarithms of a softmax over the classes, which are its second output. */
export const softmaxCrossEntropyLoss = byDefinition((g, node) => {
  const [scores, labels, weights] = node.inputs;
  const logarithms = g.op("LogSoftmax", [scores], { axis: 1 });
  return [negativeLikelihood(g, node, logarithms, labels, weights), logarithms];
});
