import type { ParameterSpec } from "../../blocks/block.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Solver } from "./solver.js";

/** What each solver keeps for each parameter from step to step. */
const SLOTS = {
  sgd: ["momentum"],
  adaGrad: ["squares"],
  adaDelta: ["squares", "squaredSteps"],
  rmsProp: ["squares"],
  adam: ["mean", "squares"],
  adamW: ["mean", "squares"],
} as const satisfies Readonly<Record<Solver["type"], readonly string[]>>;

/** The name of something that a solver keeps. */
export type Slot = (typeof SLOTS)[Solver["type"]][number];

/**
 * What a solver keeps for each parameter from step to step: arrays of the parameter's shape, zero in the beginning.
 *
 * @example
 * slotsOf(adam()); // ["mean", "squares"]
 */
export const slotsOf = (solver: Solver): readonly Slot[] => SLOTS[solver.type];

/** The values of one parameter and of what the solver keeps for it. */
export interface SolverStep {
  readonly parameter: string;
  readonly state: Readonly<Partial<Record<Slot, string>>>;
}

/**
 * Adds to a graph a solver's step for one parameter; the rules are in the docstrings of {@link sgd} and the others. The learning
 * rate and the weight decay are multiplied by the parameter's own factors.
 *
 * @param g the graph; it must hold the parameter under its name
 * @param gradient the value that holds the gradient of the mean objective
 * @param state the values that hold what {@link slotsOf} names
 * @param learningRate the value that holds η, a scalar
 * @param step the value that holds the number of the step, a float32 scalar that counts from 1
 * @returns the names of all after the step
 * @throws RangeError when `state` lacks a slot of the solver
 * @example
 * const [filters] = parametersOf(ocr());
 * const g = new GraphBuilder("step");
 * for (const name of [filters.name, "gradient", "momentum"]) g.input(name, "float32", filters.shape);
 * const after = solverStep(g, sgd(), filters, "gradient", { momentum: "momentum" }, g.scalar(0.001), g.scalar(1));
 * g.output("next/momentum", after.state.momentum ?? "");
 */
export function solverStep(
  g: GraphBuilder,
  solver: Solver,
  spec: ParameterSpec,
  gradient: string,
  state: Readonly<Partial<Record<Slot, string>>>,
  learningRate: string,
  step: string,
): SolverStep {
  const w = spec.name;
  const slot = (name: Slot): string => {
    const value = state[name];
    if (value === undefined) throw new RangeError(`The state of ${w} lacks '${name}', which ${solver.type} keeps.`);
    return value;
  };
  const times = (value: string, factor: number): string => g.op("Mul", [value, g.scalar(factor)]);
  const plus = (value: string, term: number): string => g.op("Add", [value, g.scalar(term)]);
  const squared = (value: string): string => g.op("Mul", [value, value]);
  /** share·mean + (1 − share)·value */
  const blended = (mean: string, value: string, share: number): string =>
    g.op("Add", [times(mean, share), times(value, 1 - share)]);
  const moved = (by: string): string => g.op("Sub", [w, g.op("Mul", [by, rate])]);

  const rate = spec.learningRate === 1 ? learningRate : times(learningRate, spec.learningRate);
  const decay = solver.weightDecay * spec.weightDecay;
  const pulled = (value: string): string => (decay === 0 ? value : g.op("Add", [value, times(w, decay)]));
  const slope = solver.type === "adamW" ? gradient : pulled(gradient);
  switch (solver.type) {
    case "sgd": {
      const momentum = g.op("Sub", [times(slot("momentum"), solver.momentum), slope]);
      const by = solver.nesterov ? g.op("Sub", [times(momentum, solver.momentum), slope]) : momentum;
      return { parameter: g.op("Add", [w, g.op("Mul", [by, rate])]), state: { momentum } };
    }
    case "adaGrad": {
      const before = solver.decay === 1 ? slot("squares") : times(slot("squares"), solver.decay);
      const squares = g.op("Add", [before, squared(slope)]);
      const by = g.op("Div", [slope, plus(g.op("Sqrt", [squares]), solver.epsilon)]);
      return { parameter: moved(by), state: { squares } };
    }
    case "rmsProp": {
      const squares = blended(slot("squares"), squared(slope), solver.decay);
      const by = g.op("Div", [slope, plus(g.op("Sqrt", [squares]), solver.epsilon)]);
      return { parameter: moved(by), state: { squares } };
    }
    case "adaDelta": {
      const squares = blended(slot("squares"), squared(slope), solver.decay);
      const [above, below] = [slot("squaredSteps"), squares].map((v) => g.op("Sqrt", [plus(v, solver.epsilon)]));
      const by = g.op("Mul", [g.op("Div", [above, below]), slope]);
      const squaredSteps = blended(slot("squaredSteps"), squared(by), solver.decay);
      return { parameter: moved(by), state: { squares, squaredSteps } };
    }
    case "adam":
    case "adamW": {
      const mean = blended(slot("mean"), slope, solver.beta1);
      const squares = blended(slot("squares"), squared(slope), solver.beta2);
      const size = g.op("Sqrt", [g.op("Div", [squares, complement(g, solver.beta2, step)])]);
      const direction = g.op("Div", [mean, complement(g, solver.beta1, step)]);
      const by = g.op("Div", [direction, plus(size, solver.epsilon)]);
      return { parameter: moved(solver.type === "adamW" ? pulled(by) : by), state: { mean, squares } };
    }
  }
}

/**
 * 1 − βᵗ. In float32 the difference would lose four of seven digits for β = 0.999 and t = 1, hence 1 − e⁻ˣ = 2h / (1 + h) with
 * h = tanh(x/2) and x = −t·ln β. β = 0 gives 1.
 */
function complement(g: GraphBuilder, beta: number, step: string): string {
  const half = -0.5 * Math.log(Math.max(beta, 1e-30));
  const h = g.op("Tanh", [g.op("Mul", [step, g.scalar(half)])]);
  return g.op("Div", [g.op("Mul", [h, g.scalar(2)]), g.op("Add", [h, g.scalar(1)])]);
}
