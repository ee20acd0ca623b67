/** Types and shapes of recurrent networks and of losses. */

import { intOf, stringOf } from "../attributes.js";
import type { ValueType } from "../types.js";
import type { Rule, Rules } from "./infer-rule.js";

/** Y of L×directions×N×H, then the last states of directions×N×H; with `layout` 1 the batch comes first. */
const recurrent: Rule = (c) => {
  const [first, second] = c.shape(0);
  const [directions, , size] = c.shape(2);
  const { type } = c.type(0);
  const batchFirst = intOf(c.node, "layout", 0) === 1;
  const [length, batch] = batchFirst ? [second, first] : [first, second];
  const states = batchFirst ? [batch, length, directions, size] : [length, directions, batch, size];
  const last: ValueType = { type, shape: batchFirst ? [batch, directions, size] : [directions, batch, size] };
  return [{ type, shape: states }, last, last];
};

/** One number, or one for each label; then the logarithms of the probabilities. */
const loss: Rule = (c) => {
  const none = stringOf(c.node, "reduction", "mean") === "none";
  return [{ type: c.type(0).type, shape: none ? c.shape(1) : [] }, c.type(0)];
};

export const SEQUENCE_RULES: Rules = {
  GRU: recurrent,
  LSTM: recurrent,
  NegativeLogLikelihoodLoss: loss,
  RNN: recurrent,
  SoftmaxCrossEntropyLoss: loss,
};
