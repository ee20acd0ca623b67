import type { ParameterSpec } from "../../blocks/block.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Solver } from "./solver.js";

/** What the rule of a solver works with: the values of one parameter, and a few operations on them. */
interface Rule {
  readonly g: GraphBuilder;
  /** the parameter */
  readonly w: string;
  /** the gradient of the mean objective */
  readonly gradient: string;
  /** the rate, times the parameter's own factor */
  readonly rate: string;
  /** the number of the step, from 1 */
  readonly step: string;
  /** what the solver keeps under a name */
  kept(slot: string): string;
  /** a value plus the pull of the weight decay */
  pull(value: string): string;
}

/** How a solver moves a parameter. */
interface Mover<S extends Solver> {
  /** what it keeps for each parameter from step to step */
  readonly slots: readonly string[];
  move(rule: Rule, solver: S): SolverStep;
}

/** The solvers' rules; their formulas are in the docstrings of {@link sgd} and the others. */
const MOVERS: { readonly [T in Solver["type"]]: Mover<Extract<Solver, { type: T }>> } = {
  sgd: {
    slots: ["momentum"],
    move({ g, w, gradient, rate, kept, pull }, solver) {
      const slope = pull(gradient);
      const momentum = g.op("Sub", [times(g, kept("momentum"), solver.momentum), slope]);
      const by = solver.nesterov ? g.op("Sub", [times(g, momentum, solver.momentum), slope]) : momentum;
      return { parameter: g.op("Add", [w, g.op("Mul", [by, rate])]), state: { momentum } };
    },
  },
  adaGrad: {
    slots: ["squares"],
    move(rule, { decay, epsilon }) {
      const { g, gradient, kept, pull } = rule;
      const slope = pull(gradient);
      const before = decay === 1 ? kept("squares") : times(g, kept("squares"), decay);
      const squares = g.op("Add", [before, square(g, slope)]);
      const by = g.op("Div", [slope, plus(g, g.op("Sqrt", [squares]), epsilon)]);
      return { parameter: moveBack(rule, by), state: { squares } };
    },
  },
  rmsProp: {
    slots: ["squares"],
    move(rule, { decay, epsilon }) {
      const { g, gradient, kept, pull } = rule;
      const slope = pull(gradient);
      const squares = blend(g, kept("squares"), square(g, slope), decay);
      const by = g.op("Div", [slope, plus(g, g.op("Sqrt", [squares]), epsilon)]);
      return { parameter: moveBack(rule, by), state: { squares } };
    },
  },
  adaDelta: {
    slots: ["squares", "squaredSteps"],
    move(rule, { decay, epsilon }) {
      const { g, gradient, kept, pull } = rule;
      const slope = pull(gradient);
      const squares = blend(g, kept("squares"), square(g, slope), decay);
      const [above, below] = [kept("squaredSteps"), squares].map((v) => g.op("Sqrt", [plus(g, v, epsilon)]));
      const by = g.op("Mul", [g.op("Div", [above, below]), slope]);
      const squaredSteps = blend(g, kept("squaredSteps"), square(g, by), decay);
      return { parameter: moveBack(rule, by), state: { squares, squaredSteps } };
    },
  },
  adam: {
    slots: ["mean", "squares"],
    move: (rule, solver) => moveByMeans(rule, solver, rule.pull(rule.gradient), (by) => by),
  },
  adamW: {
    slots: ["mean", "squares"],
    move: (rule, solver) => moveByMeans(rule, solver, rule.gradient, rule.pull),
  },
};

/** The rule of Adam: `weigh` is what the weight decay makes of the step. */
function moveByMeans(
  rule: Rule,
  { beta1, beta2, epsilon }: Extract<Solver, { type: "adam" | "adamW" }>,
  slope: string,
  weigh: (by: string) => string,
): SolverStep {
  const { g, kept, step } = rule;
  const mean = blend(g, kept("mean"), slope, beta1);
  const squares = blend(g, kept("squares"), square(g, slope), beta2);
  const size = g.op("Sqrt", [g.op("Div", [squares, complement(g, beta2, step)])]);
  const direction = g.op("Div", [mean, complement(g, beta1, step)]);
  const by = g.op("Div", [direction, plus(g, size, epsilon)]);
  return { parameter: moveBack(rule, weigh(by)), state: { mean, squares } };
}

const moverOf = (solver: Solver): Mover<Solver> => MOVERS[solver.type];

/**
 * What a solver keeps for each parameter from step to step: arrays of the parameter's shape, zero in the beginning.
 *
 * @example
 * slotsOf(adam()); // ["mean", "squares"]
 */
export const slotsOf = (solver: Solver): readonly string[] => moverOf(solver).slots;

/** The values of one parameter and of what the solver keeps for it. */
export interface SolverStep {
  readonly parameter: string;
  readonly state: Readonly<Record<string, string>>;
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
  state: Readonly<Record<string, string>>,
  learningRate: string,
  step: string,
): SolverStep {
  const w = spec.name;
  const decay = solver.weightDecay * spec.weightDecay;
  const rule: Rule = {
    g,
    w,
    gradient,
    rate: spec.learningRate === 1 ? learningRate : times(g, learningRate, spec.learningRate),
    step,
    kept(slot) {
      if (!Object.hasOwn(state, slot)) {
        throw new RangeError(`The state of ${w} lacks '${slot}', which ${solver.type} keeps.`);
      }
      return state[slot];
    },
    pull: (value) => (decay === 0 ? value : g.op("Add", [value, times(g, w, decay)])),
  };
  return moverOf(solver).move(rule, solver);
}

const times = (g: GraphBuilder, value: string, factor: number): string => g.op("Mul", [value, g.scalar(factor)]);

const plus = (g: GraphBuilder, value: string, term: number): string => g.op("Add", [value, g.scalar(term)]);

const square = (g: GraphBuilder, value: string): string => g.op("Mul", [value, value]);

/** share·mean + (1 − share)·value */
const blend = (g: GraphBuilder, mean: string, value: string, share: number): string =>
  g.op("Add", [times(g, mean, share), times(g, value, 1 - share)]);

/** w − rate·by */
const moveBack = ({ g, w, rate }: Rule, by: string): string => g.op("Sub", [w, g.op("Mul", [by, rate])]);

/**
 * 1 − βᵗ. In float32 the difference would lose four of seven digits for β = 0.999 and t = 1, hence 1 − e⁻ˣ = 2h / (1 + h) with
 * h = tanh(x/2) and x = −t·ln β. β = 0 gives 1.
 */
function complement(g: GraphBuilder, beta: number, step: string): string {
  const half = -0.5 * Math.log(Math.max(beta, 1e-30));
  const h = g.op("Tanh", [g.op("Mul", [step, g.scalar(half)])]);
  return g.op("Div", [g.op("Mul", [h, g.scalar(2)]), g.op("Add", [h, g.scalar(1)])]);
}
