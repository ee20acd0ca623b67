/** The loss of sequences: what is read column by column has one text, and nobody says which column belongs to which letter. */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32, int64 } from "../../graph/tensor.js";
import { text, whole } from "../../values/kind.js";
import { defaulted, required } from "../../values/record.js";
import type { LayerFrom, OptionsFrom } from "../block.js";
import { declareLoss, LOSS_FIELDS } from "./declare-loss.js";
import { SEQUENCE_ERROR } from "./metrics.js";

/** The logarithm of what cannot be; finite, so that differences of two are no NaN. */
const NEVER = -1e30;

/** The labels of each image in a graph. */
interface Lines {
  /** N×L float32: the labels, then the blank's number where there is none */
  readonly labels: string;
  /** N×1 float32: how many there are */
  readonly count: string;
  /** the number of the blank: the last channel */
  readonly blank: number;
}

function linesOf(g: GraphBuilder, x: string, target: string): Lines {
  const [batch, channels] = g.shape(x);
  const given = g.op("Reshape", [g.op("Cast", [target], { to: 1 }), g.ints(batch, -1)]);
  const isThere = g.op("GreaterOrEqual", [given, g.scalar(0)]);
  const blank = channels - 1;
  return {
    labels: g.op("Where", [isThere, given, g.scalar(blank)]),
    count: g.op("ReduceSum", [g.op("Cast", [isThere], { to: 1 }), g.ints(1)], { keepdims: 1 }),
    blank,
  };
}

const numbersTo = (count: number, begin = 0): number[] => Array.from({ length: count }, (_, i) => begin + i);

/** The kind of {@link ctcLoss}. */
export const ctcKind = declareLoss(
  "ctc",
  "sequence",
  {
    ...LOSS_FIELDS,
    /** the name of the array with the labels of each image; "text", which is that of samples whose target is a text */
    target: defaulted(text(), "text"),
    /** how many labels an image has at most */
    length: required(whole(1)),
  },
  {
    length: ({ length }) => length,
    statistics: () => [{ metric: SEQUENCE_ERROR, build: sequenceError }],
    build(g, { length }, x, target) {
      const [batch, channels, , width] = g.shape(x);
      const lines = linesOf(g, x, target);
      const states = 2 * length + 1;
      const extended = withBlanks(g, lines, length);
      const logs = g.op("Reshape", [g.op("LogSoftmax", [x], { axis: 1 }), g.ints(batch, channels, width)]);
      const numbers = g.constant(float32(numbersTo(channels), [1, 1, channels]));
      const onehot = g.op("Cast", [g.op("Equal", [g.op("Unsqueeze", [extended, g.ints(2)]), numbers])], { to: 1 });
      // W×N×S: the logarithm of what each column gives each state's label
      const emitted = g.op("Transpose", [g.op("MatMul", [onehot, logs])], { perm: [2, 0, 1] });
      const steps = g.ops("Split", [emitted, g.ints(...numbersTo(width).map(() => 1))], width, { axis: 0 });
      const skips = g.op("Unsqueeze", [skipped(g, extended, lines), g.ints(0)]);
      const begin = numbersTo(states).map((state) => (state < 2 ? 0 : NEVER));
      let reached = g.op("Add", [steps[0], g.constant(float32(begin, [1, 1, states]))]);
      for (const step of steps.slice(1)) {
        const shifted = g.op("Pad", [reached, g.ints(0, 0, 2, 0, 0, 0), g.scalar(NEVER)]);
        const part = (from: number): string => g.op("Slice", [shifted, g.ints(from), g.ints(from + states), g.ints(2)]);
        const ways = g.op("Concat", [reached, part(1), g.op("Add", [part(0), skips])], { axis: 0 });
        reached = g.op("Add", [step, g.op("ReduceLogSumExp", [ways, g.ints(0)], { keepdims: 1 })]);
      }
      const ends = g.op("Add", [g.op("Reshape", [reached, g.ints(batch, states)]), endings(g, lines, states)]);
      const likelihood = g.op("ReduceLogSumExp", [ends, g.ints(1)], { keepdims: 1 });
      const impossible = g.op("Less", [likelihood, g.scalar(NEVER / 2)]);
      const loss = g.op("Where", [impossible, g.scalar(Number.POSITIVE_INFINITY), g.op("Neg", [likelihood])]);
      return g.op("Reshape", [loss, g.ints(batch, 1, 1, 1)]);
    },
  },
);

/** N×(2L+1): blank, first label, blank, …, last label, blank. */
function withBlanks(g: GraphBuilder, { labels, blank }: Lines, length: number): string {
  const batch = g.shape(labels)[0];
  const blanks = g.constant(
    float32(
      numbersTo(batch).map(() => blank),
      [batch, 1],
    ),
  );
  const order = numbersTo(2 * length + 1).map((state) => (state % 2 === 0 ? length : (state - 1) / 2));
  return g.op("Gather", [g.op("Concat", [labels, blanks], { axis: 1 }), g.constant(int64(order))], { axis: 1 });
}

/** N×S: 0 where a state may be reached from the last but one, as the blank between two labels that differ may be left out. */
function skipped(g: GraphBuilder, extended: string, { blank }: Lines): string {
  const [, states] = g.shape(extended);
  const moved = g.op("Pad", [extended, g.ints(0, 2, 0, 0), g.scalar(-1)]);
  const before = g.op("Slice", [moved, g.ints(0), g.ints(states), g.ints(1)]);
  const stays = g.op("Or", [g.op("Equal", [extended, before]), g.op("Equal", [extended, g.scalar(blank)])]);
  return g.op("Mul", [g.op("Cast", [stays], { to: 1 }), g.scalar(NEVER)]);
}

/** N×S: 0 at the last label and the blank behind it. */
function endings(g: GraphBuilder, { count }: Lines, states: number): string {
  const places = g.constant(float32(numbersTo(states), [1, states]));
  const last = g.op("Mul", [count, g.scalar(2)]);
  const isEnd = g.op("Or", [g.op("Equal", [places, last]), g.op("Equal", [places, g.op("Sub", [last, g.scalar(1)])])]);
  return g.op("Where", [isEnd, g.scalar(0), g.scalar(NEVER)]);
}

/** 1 for each image whose best labels, column by column, repeats and blanks left out, are not exactly its own: N×1×1×1. */
function sequenceError(g: GraphBuilder, x: string, target: string): string {
  const [batch, , , width] = g.shape(x);
  const length = g.shape(target)[3];
  const { labels, count, blank } = linesOf(g, x, target);
  const asFloat = (value: string): string => g.op("Cast", [value], { to: 1 });
  const best = g.op("Reshape", [asFloat(g.op("ArgMax", [x], { axis: 1, keepdims: 0 })), g.ints(batch, width)]);
  const moved = g.op("Pad", [best, g.ints(0, 1, 0, 0), g.scalar(-1)]);
  const before = g.op("Slice", [moved, g.ints(0), g.ints(width), g.ints(1)]);
  const isLeftOut = g.op("Or", [g.op("Equal", [best, before]), g.op("Equal", [best, g.scalar(blank)])]);
  const kept = asFloat(g.op("Not", [isLeftOut]));
  const place = g.op("CumSum", [kept, g.ints(1)]);
  const places = g.constant(float32(numbersTo(length, 1), [1, 1, length]));
  const isAt = asFloat(g.op("Equal", [g.op("Unsqueeze", [place, g.ints(2)]), places]));
  // as numbers from 1, so that 0 is none
  const found = g.op("Mul", [kept, g.op("Add", [best, g.scalar(1)])]);
  const read = g.op("ReduceSum", [g.op("Mul", [isAt, g.op("Unsqueeze", [found, g.ints(2)])]), g.ints(1)], {
    keepdims: 0,
  });
  const isThere = asFloat(g.op("Less", [labels, g.scalar(blank)]));
  const wanted = g.op("Mul", [isThere, g.op("Add", [labels, g.scalar(1)])]);
  const differences = g.op("ReduceSum", [g.op("Abs", [g.op("Sub", [read, wanted])]), g.ints(1)], { keepdims: 1 });
  const all = g.op("ReduceSum", [kept, g.ints(1)], { keepdims: 1 });
  const off = g.op("Add", [differences, g.op("Abs", [g.op("Sub", [all, count])])]);
  return g.op("Reshape", [g.op("Sign", [off]), g.ints(batch, 1, 1, 1)]);
}

/** The options of {@link ctcLoss}. */
export type CtcLossOptions = OptionsFrom<typeof ctcKind>;

/**
 * Connectionist temporal classification (Graves et al. 2006) of scores C×1×W, of which the last channel is the blank, "no label here":
 *
 *     ℓ = −log Σ_π Π_t p[π_t, t],   p = softmax over the channels of each column
 *
 * over all ways π to give each of the W columns a channel that are the text when repeats are joined and blanks left out: "a␣ab" and "aa␣b" are "aab" and "ab". The sum
 * is taken forwards over the states blank, label, blank, label, …, blank, in logarithms:
 *
 *     α_t[s] = log p[s, t] + log(e^α_{t−1}[s] + e^α_{t−1}[s−1] + e^α_{t−1}[s−2])
 *
 * the last of the three only where s is no blank and its label is not that of s − 2. Backward: dx = dy·(p − the share of the ways that pass there).
 *
 * The target is N×1×1×length whole numbers: the labels of an image, then numbers below 0. An empty text costs −Σ log p[blank, t]. A text that does not fit into W
 * columns, repeats and the blanks between them counted, costs +∞ and has no gradient. What is measured beside it is the share of images whose best labels, column by
 * column, are not exactly the text.
 *
 * @throws RangeError when length is not a whole number of at least 1
 * @example
 * ctcLoss({ length: 40 });
 */
export const ctcLoss = (options: CtcLossOptions): LayerFrom<typeof ctcKind> => ctcKind.make(options);
