/** Types and shapes of recurrent networks, of losses, and of the Fourier transform. */

import { intOf, stringOf } from "../attributes.js";
import { floorDivide, plus } from "../dimension.js";
import type { ValueType } from "../types.js";
import { axisOf, type Rule, type Rules, Unknown } from "./infer-rule.js";

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

/** As many frequencies as the transform is long, or half of them and one, each of two numbers. */
const dft: Rule = (c) => {
  const shape = c.shape(0);
  // Up to version 19 the axis was an attribute.
  const [given] = c.has(2) ? c.constant(2) : [intOf(c.node, "axis", -2)];
  const axis = axisOf(given, shape.length);
  const length = c.has(1) ? c.sizes(1)[0] : shape[axis];
  const count = intOf(c.node, "onesided", 0) === 1 ? plus(floorDivide(length, 2), 1) : length;
  return [{ type: c.type(0).type, shape: shape.with(axis, count).with(-1, 2) }];
};

/** A frame for each step that has room for one. */
const stft: Rule = (c) => {
  const [batch, samples] = c.shape(0);
  const [step] = c.constant(1);
  const [length] = c.has(3) ? c.sizes(3) : c.shape(2);
  if (typeof length !== "number") throw new Unknown();
  const frames = plus(floorDivide(plus(samples, -length), step), 1);
  const count = intOf(c.node, "onesided", 1) === 1 ? plus(floorDivide(length, 2), 1) : length;
  return [{ type: c.type(0).type, shape: [batch, frames, count, 2] }];
};

export const SEQUENCE_RULES: Rules = {
  STFT: stft,
  DFT: dft,
  GRU: recurrent,
  LSTM: recurrent,
  NegativeLogLikelihoodLoss: loss,
  RNN: recurrent,
  SoftmaxCrossEntropyLoss: loss,
};
