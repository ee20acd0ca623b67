/** Layers with feedback over the columns of a map: a state that goes from one to the next, by ONNX's operators RNN, GRU and LSTM. */

import type { GraphBuilder } from "../../graph/builder.js";
import { whole, word } from "../../values/kind.js";
import { defaulted, optional, type RecordOf, required } from "../../values/record.js";
import {
  type Behaviour,
  declareBlock,
  INITIALIZATION,
  type LayerFrom,
  type OptionsFrom,
  wholeField,
} from "../block.js";
import { learnedParameter, multipliers } from "../convolution/filter-bank.js";
import { detached } from "../detached.js";

const FIELDS = {
  /** how many numbers the state has, in each direction */
  units: required(whole(1)),
  /** from left to right ("forward"), from right to left ("backward"), or each by filters of its own ("both"); "forward" */
  direction: defaulted(word(["forward", "backward", "both"]), "forward"),
  /** back-propagation is cut off between parts of so many columns: the state goes on, no gradient comes back; never */
  truncate: optional(whole(1)),
  /** how filters and state filters begin; uniform with variance 1 / fan-in */
  initialization: defaulted(INITIALIZATION, { type: "xavier" }),
  /** multipliers of the run's learning rate: filters and state filters, biases; 1, 1. Zero freezes. */
  learningRate: multipliers(),
  /** multipliers of the run's weight decay: filters and state filters, biases; 1, 1 */
  weightDecay: multipliers(),
};

type Sequential = RecordOf<typeof FIELDS>;

/** One of ONNX's operators of recurrent networks. Its sets of filters and biases have `units` rows each. */
interface Recurrence {
  readonly operator: "RNN" | "GRU" | "LSTM";
  /** how many sets of filters there are */
  readonly gates: number;
  /** with what the biases of each set begin */
  readonly biases: readonly number[];
  /** whether the last set of biases belongs to the product with the state; false */
  readonly biasOfState?: boolean;
  readonly attributes?: Readonly<Record<string, number>>;
}

const WAYS = { forward: ["forward"], backward: ["reverse"], both: ["forward", "reverse"] } as const;

type Way = (typeof WAYS)[keyof typeof WAYS][number];

/** The values of a layer in a graph, as the operator takes them, by direction: directions×rows×…. */
interface Weights {
  readonly filters: string;
  readonly stateFilters: string;
  readonly biases: string;
}

/**
 * What a layer computes that reads the columns of a map one after the other.
 *
 * @param activations of each direction, where they are not those of the operator
 */
const behaviour = <L extends Sequential>(
  recurrence: Recurrence,
  activations: (layer: L) => readonly string[] = () => [],
): Behaviour<L> => ({
  outputShape: ({ units, direction }, { width }) => ({ channels: WAYS[direction].length * units, height: 1, width }),
  parameters(layer, { channels, height }) {
    const { units, direction, initialization } = layer;
    const rows = WAYS[direction].length * recurrence.gates * units;
    const values = WAYS[direction]
      .flatMap(() => recurrence.biases)
      .flatMap((begin) => Array<number>(units).fill(begin));
    return [
      learnedParameter(layer, 0, "filters", [rows, channels * height], initialization),
      learnedParameter(layer, 0, "stateFilters", [rows, units], initialization),
      learnedParameter(layer, 1, "biases", [values.length], { type: "rows", values }),
    ];
  },
  field: (_, input) => wholeField(input),
  multiplyAdds: ({ units, direction }, { channels, height, width }) =>
    width * WAYS[direction].length * recurrence.gates * units * (channels * height + units),
  build(g, layer, [x], parameters, { training }) {
    const { units, truncate } = layer;
    const ways = WAYS[layer.direction];
    const rows = recurrence.gates * units;
    const weights: Weights = {
      filters: g.op("Reshape", [parameters.filters, g.ints(ways.length, rows, -1)]),
      stateFilters: g.op("Reshape", [parameters.stateFilters, g.ints(ways.length, rows, units)]),
      biases: operatorBiases(g, parameters.biases, ways.length, units, recurrence),
    };
    // W×N×(C·H): the columns, one after the other
    const columns = g.op("Reshape", [g.op("Transpose", [x], { perm: [3, 0, 1, 2] }), g.ints(0, 0, -1)]);
    const runs = ways.map((way, i): string => {
      const node: Run = {
        g,
        recurrence,
        weights: ofWay(g, weights, i, ways.length),
        activations: activations(layer),
        units,
        way,
      };
      return training && truncate !== undefined ? inParts(node, columns, truncate) : run(node, columns, [], 1)[0];
    });
    // W×directions×N×units
    const states = runs.length === 1 ? runs[0] : g.op("Concat", runs, { axis: 1 });
    const turned = g.op("Transpose", [states], { perm: [2, 1, 3, 0] });
    return g.op("Reshape", [turned, g.ints(0, ways.length * units, 1, -1)]);
  },
});

/** The biases as the operator has them: those of the products with the columns, then those of the products with the state. */
function operatorBiases(g: GraphBuilder, biases: string, ways: number, units: number, recurrence: Recurrence): string {
  const { gates, biasOfState = false } = recurrence;
  const byWay = g.op("Reshape", [biases, g.ints(ways, -1)]);
  if (!biasOfState) return g.op("Pad", [byWay, g.ints(0, 0, 0, gates * units)]);
  const [own, ofState] = g.ops("Split", [byWay, g.ints(gates * units, units)], 2, { axis: 1 });
  return g.op("Concat", [own, g.op("Pad", [ofState, g.ints(0, (gates - 1) * units, 0, 0)])], { axis: 1 });
}

/** The weights of one direction of several. */
function ofWay(g: GraphBuilder, weights: Weights, way: number, ways: number): Weights {
  if (ways === 1) return weights;
  const part = (value: string): string => g.op("Slice", [value, g.ints(way), g.ints(way + 1), g.ints(0)]);
  return {
    filters: part(weights.filters),
    stateFilters: part(weights.stateFilters),
    biases: part(weights.biases),
  };
}

/** One direction of a layer. */
interface Run {
  readonly g: GraphBuilder;
  readonly recurrence: Recurrence;
  readonly weights: Weights;
  readonly activations: readonly string[];
  readonly units: number;
  readonly way: Way;
}

/** The states of all columns, and the last ones, from the ones before the first: hidden, and an LSTM's cells. */
function run(
  { g, recurrence, weights, activations, units, way }: Run,
  columns: string,
  begin: readonly string[],
  outputs: number,
): string[] {
  const { filters, stateFilters, biases } = weights;
  const inputs = [columns, filters, stateFilters, biases, ...(begin.length > 0 ? ["", ...begin] : [])];
  return g.ops(recurrence.operator, inputs, outputs, {
    hidden_size: units,
    direction: way,
    ...(activations.length > 0 ? { activations: { type: "strings", value: activations } } : {}),
    ...recurrence.attributes,
  });
}

/** The states of all columns, in parts between which no gradient passes. */
function inParts(own: Run, columns: string, size: number): string {
  const { g, recurrence, way } = own;
  const [width] = g.shape(columns);
  const parts: string[] = [];
  let last: readonly string[] = [];
  for (let done = 0; done < width; done += size) {
    const [from, to] = [done, Math.min(done + size, width)];
    const [begin, end] = way === "forward" ? [from, to] : [width - to, width - from];
    const part = g.op("Slice", [columns, g.ints(begin), g.ints(end), g.ints(0)]);
    const [states, ...ends] = run(own, part, last, recurrence.operator === "LSTM" ? 3 : 2);
    parts.push(states);
    last = ends.map((value) => detached(g, value));
  }
  const inOrder = way === "forward" ? parts : parts.reverse();
  return inOrder.length === 1 ? inOrder[0] : g.op("Concat", inOrder, { axis: 0 });
}

/** The sets in ONNX's order: input, output and forget gate, candidate. A forget gate begins open (Jozefowicz, Zaremba and Sutskever 2015). */
const LSTM: Recurrence = { operator: "LSTM", gates: 4, biases: [0, 0, 1, 0] };

/** The sets in ONNX's order: update and reset gate, candidate; then the bias of the state in the candidate. */
const GRU: Recurrence = {
  operator: "GRU",
  gates: 3,
  biases: [0, 0, 0, 0],
  biasOfState: true,
  attributes: { linear_before_reset: 1 },
};

/** The Elman network's block; the formula stands at {@link elman}. */
export const elmanBlock = declareBlock(
  "elman",
  {
    ...FIELDS,
    /** what makes the state: the hyperbolic tangent or the rectifier; "tanh" */
    activation: defaulted(word(["tanh", "relu"]), "tanh"),
  },
  behaviour<Sequential & { readonly activation: "tanh" | "relu" }>(
    { operator: "RNN", gates: 1, biases: [0] },
    ({ activation }) => (activation === "relu" ? ["Relu"] : []),
  ),
);

/** The GRU's block; the formulas stand at {@link gru}. */
export const gruBlock = declareBlock("gru", FIELDS, behaviour(GRU));

/** The LSTM's block; the formulas stand at {@link lstm}. */
export const lstmBlock = declareBlock("lstm", FIELDS, behaviour(LSTM));

/** An Elman network. See {@link elman} for the meaning of each field. */
export type Elman = LayerFrom<typeof elmanBlock>;

/** The options of {@link elman}; every one has a default. */
export type ElmanOptions = OptionsFrom<typeof elmanBlock, "units">;

/** A network of gated recurrent units. See {@link gru} for the meaning of each field. */
export type Gru = LayerFrom<typeof gruBlock>;

/** The options of {@link gru}; every one has a default. */
export type GruOptions = OptionsFrom<typeof gruBlock, "units">;

/** A network of long short-term memory. See {@link lstm} for the meaning of each field. */
export type Lstm = LayerFrom<typeof lstmBlock>;

/** The options of {@link lstm}; every one has a default. */
export type LstmOptions = OptionsFrom<typeof lstmBlock, "units">;

/**
 * The simple recurrent network (Elman 1990) over the columns of a map, C×H×W → units×1×W:
 *
 *     h[t] = tanh(F·x[t] + R·h[t−1] + b),   h[−1] = 0
 *
 * x[t] is column t, all its C·H numbers, channel by channel; F are the filters, R the state filters. With direction "backward" t runs from the right. Gradients
 * are those of the network unrolled over its W columns: dh[t−1] has Rᵀ·(dh[t]∘(1 − h[t]²)) added, so that they grow or vanish with the powers of R.
 *
 * @param units how many numbers h has; with `direction: "both"` the output has twice as many channels
 * @throws RangeError when units is not a whole number of at least 1, or an option is not in its range
 * @example
 * elman(16, { direction: "both" });
 */
export const elman = (units: number, options: ElmanOptions = {}): Elman => elmanBlock.make({ ...options, units });

/**
 * Gated recurrent units (Cho et al. 2014, with the reset behind the product, as in cuDNN, PyTorch and Keras) over the columns of a map, C×H×W → units×1×W:
 *
 *     z = σ(F_z·x[t] + R_z·h[t−1] + b_z),   r = σ(F_r·x[t] + R_r·h[t−1] + b_r)
 *     c = tanh(F_c·x[t] + b_c + r∘(R_c·h[t−1] + b_s)),   h[t] = (1 − z)∘c + z∘h[t−1]
 *
 * x[t] is column t, all its C·H numbers, channel by channel. The rows of F, R are those of z, r, c; the biases those of z, r, c, s; for both directions
 * those of the first, then those of the second.
 *
 * @param units how many numbers h has; with `direction: "both"` the output has twice as many channels
 * @throws RangeError when units is not a whole number of at least 1, or an option is not in its range
 * @example
 * gru(32, { truncate: 10 }); // back-propagation through 10 columns at most
 */
export const gru = (units: number, options: GruOptions = {}): Gru => gruBlock.make({ ...options, units });

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) over the columns of a map, C×H×W → units×1×W:
 *
 *     i, o, f = σ(F·x[t] + R·h[t−1] + b), each by its own rows,   c = tanh(F_c·x[t] + R_c·h[t−1] + b_c)
 *     m[t] = f∘m[t−1] + i∘c,   h[t] = o∘tanh(m[t])
 *
 * x[t] is column t, all its C·H numbers, channel by channel. The rows of F, R and b are those of i, o, f, c; for both directions those of the first, then those
 * of the second. Where f is near 1 gradients go back through m unchanged, which is why it learns what lies far apart; b_f begins at 1, all others at 0.
 *
 * @param units how many numbers h has; with `direction: "both"` the output has twice as many channels
 * @throws RangeError when units is not a whole number of at least 1, or an option is not in its range
 * @example
 * lstm(64, { direction: "both" });
 */
export const lstm = (units: number, options: LstmOptions = {}): Lstm => lstmBlock.make({ ...options, units });
