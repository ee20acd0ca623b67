/**
 * Logarithms of probabilities from the scores behind them. A float32 probability of a score that is far off is 0 or 1, and has no slope left;
 * the scores still have it.
 */

import { intOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";

/** ln p and ln(1 − p) for N×C×H×W probabilities p. */
export interface LogProbabilities {
  /** ln p */
  yes(): string;
  /** ln(1 − p) */
  no(): string;
}

/** The logarithms of what a softmax over the channels or a sigmoid gave; undefined where `x` is neither's output. */
export function logProbabilities(g: GraphBuilder, x: string): LogProbabilities | undefined {
  const node = g.nodes.find(({ outputs }) => outputs.includes(x));
  if (node?.domain !== "") return undefined;
  const [scores] = node.inputs;
  if (node.operator === "Sigmoid") return ofSigmoid(g, scores);
  const [rank, channels] = [g.shape(x).length, g.shape(x)[1]];
  const isOfChannels = node.operator === "Softmax" && (intOf(node, "axis", -1) + rank) % rank === 1 && channels > 1;
  return isOfChannels ? ofSoftmax(g, scores) : undefined;
}

/** ln σ(s) = −softplus(−s), and ln(1 − σ(s)) = −softplus(s) */
function ofSigmoid(g: GraphBuilder, scores: string): LogProbabilities {
  const minusSoftplus = (s: string): string => g.op("Neg", [g.op("Softplus", [s])]);
  return { yes: () => minusSoftplus(g.op("Neg", [scores])), no: () => minusSoftplus(scores) };
}

function ofSoftmax(g: GraphBuilder, scores: string): LogProbabilities {
  const logs = g.op("LogSoftmax", [scores], { axis: 1 });
  return {
    yes: () => logs,
    no() {
      // Of more than one half there is one p at most: 1 − p is then the sum of the others, ln Σ e^(l − m) + m with m their largest l.
      const p = g.op("Exp", [logs]);
      const large = g.op("Greater", [p, g.scalar(0.5)]);
      const others = g.op("Where", [large, g.scalar(-3e38), logs]);
      const most = g.op("ReduceMax", [others, g.ints(1)], { keepdims: 1 });
      const sum = g.op("ReduceSum", [g.op("Exp", [g.op("Sub", [others, most])]), g.ints(1)], { keepdims: 1 });
      const ofLarge = g.op("Add", [g.op("Log", [sum]), most]);
      const rest = g.op("Sub", [g.scalar(1), g.op("Where", [large, g.scalar(0), p])]);
      return g.op("Where", [large, ofLarge, g.op("Log", [rest])]);
    },
  };
}
