/** Rules of the recurrent networks RNN, GRU and LSTM: step by step, as their length is known. */

import { floatOf, floatsOf, intOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { codeOf, tensor } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { byDefinition, DifferentiationError } from "../rule.js";

type Function = (x: string) => string;

/** What a step of one direction reads. */
interface Cell {
  readonly g: GraphBuilder;
  readonly node: Node;
  /** the products of the inputs of a step with the weights, plus both biases: N×(gates·H) */
  readonly inputs: (step: number) => string;
  /** the weights of the state, (gates·H)×H */
  readonly weights: string;
  /** the biases of the state alone, where the products are needed apart */
  readonly stateBiases: string | undefined;
  /** the peepholes of an LSTM, 3·H */
  readonly peepholes: string | undefined;
  readonly activations: readonly Function[];
  readonly size: number;
}

/** The state after a step: hidden, and an LSTM's cell. */
type State = readonly [hidden: string, cell: string];

type Step = (cell: Cell, inputs: string, state: State) => State;

/** Parts of equal size along the last axis. */
const split = (g: GraphBuilder, value: string, count: number): string[] => {
  const shape = g.shape(value);
  const size = shape[shape.length - 1] / count;
  return g.ops("Split", [value, g.ints(...Array<number>(count).fill(size))], count, { axis: -1 });
};

const fromState = ({ g, weights }: Cell, hidden: string): string => g.op("Gemm", [hidden, weights], { transB: 1 });

/** H′ = f(x·Wᵀ + H·Rᵀ + b) */
const rnn: Step = (cell, inputs, [hidden, none]) => {
  const { g, activations } = cell;
  return [activations[0](limited(cell, g.op("Add", [inputs, fromState(cell, hidden)]))), none];
};

/** z = f(…), r = f(…), h = g(x·Wₕᵀ + (r∘H)·Rₕᵀ + b) or g(x·Wₕᵀ + r∘(H·Rₕᵀ + Rbₕ) + b), H′ = (1 − z)∘h + z∘H */
const gru: Step = (cell, inputs, [hidden, none]) => {
  const { g, node, activations, weights, stateBiases, size } = cell;
  const [f, last] = activations;
  const [zx, rx, hx] = split(g, inputs, 3);
  const rows = (from: number, to: number): string =>
    g.op("Slice", [weights, g.ints(from * size), g.ints(to * size), g.ints(0)]);
  const times = (value: string, matrix: string): string => g.op("Gemm", [value, matrix], { transB: 1 });
  const [zh, rh] = split(g, times(hidden, rows(0, 2)), 2);
  const z = f(limited(cell, g.op("Add", [zx, zh])));
  const r = f(limited(cell, g.op("Add", [rx, rh])));
  const apart = (): string => {
    const product = times(hidden, rows(2, 3));
    return g.op("Mul", [r, stateBiases ? g.op("Add", [product, stateBiases]) : product]);
  };
  const reset = intOf(node, "linear_before_reset", 0) === 1 ? apart() : times(g.op("Mul", [r, hidden]), rows(2, 3));
  const h = last(limited(cell, g.op("Add", [hx, reset])));
  const kept = g.op("Mul", [z, g.op("Sub", [hidden, h])]);
  return [g.op("Add", [h, kept]), none];
};

/** i, o, f, c = gates of x·Wᵀ + H·Rᵀ + b (+ P∘C), C′ = f∘C + i∘c, H′ = o∘h(C′) */
const lstm: Step = (cell, inputs, [hidden, memory]) => {
  const { g, node, activations, peepholes } = cell;
  const [f, candidate, out] = activations;
  const [ix, ox, fx, cx] = split(g, g.op("Add", [inputs, fromState(cell, hidden)]), 4);
  const [pi, po, pf] = peepholes ? split(g, peepholes, 3) : [];
  const seen = (value: string, weight: string | undefined, from: string): string =>
    weight ? g.op("Add", [value, g.op("Mul", [weight, from])]) : value;
  const i = f(limited(cell, seen(ix, pi, memory)));
  const forget =
    intOf(node, "input_forget", 0) === 1 ? g.op("Sub", [g.scalar(1), i]) : f(limited(cell, seen(fx, pf, memory)));
  const written = g.op("Mul", [i, candidate(limited(cell, cx))]);
  const next = g.op("Add", [g.op("Mul", [forget, memory]), written]);
  const o = f(limited(cell, seen(ox, po, next)));
  return [g.op("Mul", [o, out(next)]), next];
};

/** What goes into an activation, within ± the attribute `clip`. */
function limited({ g, node }: Cell, value: string): string {
  const clip = floatOf(node, "clip", 0);
  return clip === 0 ? value : g.op("Clip", [value, g.scalar(-clip), g.scalar(clip)]);
}

const KINDS: Readonly<Record<string, { step: Step; gates: number; activations: readonly string[] }>> = {
  RNN: { step: rnn, gates: 1, activations: ["Tanh"] },
  GRU: { step: gru, gates: 3, activations: ["Sigmoid", "Tanh"] },
  LSTM: { step: lstm, gates: 4, activations: ["Sigmoid", "Tanh", "Tanh"] },
};

/** The activations of one direction by name. Those that take numbers take them from one list, in order. */
function activationsOf(g: GraphBuilder, node: Node, direction: number): Function[] {
  const defaults = KINDS[node.operator].activations;
  const given = node.attributes.activations;
  const names = given?.type === "strings" ? given.value.map(String) : [];
  const all = names.length > 0 ? names : [...defaults, ...defaults];
  const [alphas, betas] = [
    [...(floatsOf(node, "activation_alpha") ?? [])],
    [...(floatsOf(node, "activation_beta") ?? [])],
  ];
  const functions = all.map((name): Function => {
    const operator = Object.keys(OPERATORS).find((other) => other.toLowerCase() === name.toLowerCase());
    if (operator === undefined) {
      throw new DifferentiationError(
        `${node.operator} '${node.name}': gradients are not known with the activation ${name}.`,
      );
    }
    const [alpha, beta] = OPERATORS[operator];
    const numbers = {
      ...(alpha === undefined ? {} : { alpha: { type: "float", value: alphas.shift() ?? alpha } as const }),
      ...(beta === undefined ? {} : { beta: { type: "float", value: betas.shift() ?? beta } as const }),
    };
    return (x) => g.op(operator, [x], numbers);
  });
  return functions.slice(direction * defaults.length, (direction + 1) * defaults.length);
}

/** The activations that are operators of ONNX, with the defaults of their numbers. */
const OPERATORS: Readonly<Record<string, readonly (number | undefined)[]>> = {
  Elu: [1],
  HardSigmoid: [0.2, 0.5],
  LeakyRelu: [0.01],
  Relu: [],
  Sigmoid: [],
  Softplus: [],
  Softsign: [],
  Tanh: [],
  ThresholdedRelu: [1],
};

/** The whole network of one direction: the hidden states of all steps, and the last state. */
function run(g: GraphBuilder, node: Node, sequence: string, direction: number, backward: boolean): [string[], State] {
  const { step, gates } = KINDS[node.operator];
  const [, w, r, biases, lens, hidden, memory, peepholes] = node.inputs;
  const [length, batch] = g.shape(sequence);
  const of = (value: string): string => {
    const part = g.op("Slice", [value, g.ints(direction), g.ints(direction + 1), g.ints(0)]);
    return g.op("Squeeze", [part, g.ints(0)]);
  };
  const weights = of(r);
  const size = g.shape(weights)[1];
  const [own = undefined, state = undefined] = biases ? split(g, of(biases), 2) : [];
  // With `linear_before_reset` the last bias of the state is needed apart.
  const apart = node.operator === "GRU" && intOf(node, "linear_before_reset", 0) === 1;
  const [zr, h] = state && apart ? g.ops("Split", [state, g.ints(2 * size, size)], 2, { axis: 0 }) : [];
  const added = zr ? g.op("Pad", [zr, g.ints(0, size)]) : state;
  const bias = own && added ? g.op("Add", [own, added]) : undefined;
  const rows = g.op("Reshape", [sequence, g.ints(length * batch, -1)]);
  const products = g.op("Gemm", bias ? [rows, of(w), bias] : [rows, of(w)], { transB: 1 });
  const steps = g.op("Reshape", [products, g.ints(length, batch, gates * size)]);
  const cell: Cell = {
    g,
    node,
    inputs: (k) => g.op("Squeeze", [g.op("Slice", [steps, g.ints(k), g.ints(k + 1), g.ints(0)]), g.ints(0)]),
    weights,
    stateBiases: h,
    peepholes: peepholes ? of(peepholes) : undefined,
    activations: activationsOf(g, node, direction),
    size,
  };
  const zero = (): string => g.op("Expand", [g.scalar(0), g.ints(batch, size)]);
  let now: State = [hidden ? of(hidden) : zero(), memory ? of(memory) : zero()];
  const states = Array<string>(length).fill("");
  // Behind its end a sequence keeps its state, and Y is 0. Backwards that is before it begins.
  const lengths = lens ? g.op("Cast", [g.op("Unsqueeze", [lens, g.ints(1)])], { to: codeOf("int32") }) : undefined;
  for (let k = 0; k < length; k++) {
    const at = backward ? length - 1 - k : k;
    const next = step(cell, cell.inputs(at), now);
    if (!lengths) {
      now = next;
      states[at] = now[0];
      continue;
    }
    const runs = g.op("Greater", [lengths, g.constant(tensor("int32", [], Int32Array.of(at)))]);
    states[at] = g.op("Where", [runs, next[0], g.scalar(0)]);
    const kept = (i: 0 | 1): string => (next[i] === now[i] ? now[i] : g.op("Where", [runs, next[i], now[i]]));
    now = [kept(0), kept(1)];
  }
  return [states, now];
}

/** Y: the hidden states, L×directions×N×H; then the last ones, directions×N×H, and an LSTM's last cells. */
export const recurrent = byDefinition((g, node) => {
  if (intOf(node, "layout", 0) === 1) {
    throw new DifferentiationError(
      `${node.operator} '${node.name}': gradients are not known with layout 1, which no runtime computes.`,
    );
  }
  const named = stringOf(node, "direction", "forward");
  const backward = named === "bidirectional" ? [false, true] : [named === "reverse"];
  const runs = backward.map((back, direction) => run(g, node, node.inputs[0], direction, back));
  const [length, batch] = g.shape(node.inputs[0]);
  const size = g.shape(node.inputs[2])[2];
  const join = (values: readonly string[]): string =>
    values.length === 1 ? values[0] : g.op("Concat", values, { axis: 0 });
  const last = (i: 0 | 1): string =>
    g.op("Reshape", [join(runs.map(([, state]) => state[i])), g.ints(backward.length, batch, size)]);
  const all = Array.from({ length }, (_, k) => runs.map(([states]) => states[k])).flat();
  const states = g.op("Reshape", [join(all), g.ints(length, backward.length, batch, size)]);
  return [states, last(0), last(1)].slice(0, node.outputs.length);
});
