/** Solvers as data: what each remembers of earlier steps, and its settings. The rules are in `solver-step.ts`. */

import { expectInRange } from "../../values/range.js";

/** What every solver has. */
interface SolverBase {
  /** the pull λ of every weight towards zero, times the parameter's own multiplier; 0.0005 */
  readonly weightDecay: number;
}

/** Stochastic gradient descent with momentum; see {@link sgd}. */
export interface Sgd extends SolverBase {
  readonly type: "sgd";
  /** how much of the last step is kept, μ; 0.9 */
  readonly momentum: number;
  /** look ahead along the momentum; false */
  readonly nesterov: boolean;
}

/** Rates that fall with the sum of the squared gradients; see {@link adaGrad}. */
export interface AdaGrad extends SolverBase {
  readonly type: "adaGrad";
  /** how much of the sum of squares is kept from step to step, ρ; 1 */
  readonly decay: number;
  /** keeps the division finite; 10⁻¹⁰ */
  readonly epsilon: number;
}

/** Steps as large as the last ones; see {@link adaDelta}. */
export interface AdaDelta extends SolverBase {
  readonly type: "adaDelta";
  /** how much of both means is kept from step to step, ρ; 0.9 */
  readonly decay: number;
  /** keeps the division finite and begins the motion; 10⁻⁶ */
  readonly epsilon: number;
}

/** Gradients divided by their recent size; see {@link rmsProp}. */
export interface RmsProp extends SolverBase {
  readonly type: "rmsProp";
  /** how much of the mean of squares is kept from step to step, ρ; 0.99 */
  readonly decay: number;
  /** keeps the division finite; 10⁻⁸ */
  readonly epsilon: number;
}

/** The settings that Adam and AdamW share. */
interface AdamBase extends SolverBase {
  /** how much of the mean gradient is kept from step to step; 0.9 */
  readonly beta1: number;
  /** how much of the mean squared gradient is kept from step to step; 0.999 */
  readonly beta2: number;
  /** keeps the division finite; 10⁻⁸ */
  readonly epsilon: number;
}

/** Mean gradient divided by mean size; see {@link adam}. */
export interface Adam extends AdamBase {
  readonly type: "adam";
}

/** Adam with weight decay beside it; see {@link adamW}. Its weight decay is 0.01 unless said otherwise. */
export interface AdamW extends AdamBase {
  readonly type: "adamW";
}

/** A rule that moves parameters along their gradients: a plain object that serialises to JSON. */
export type Solver = Sgd | AdaGrad | AdaDelta | RmsProp | Adam | AdamW;

/** Settings of a solver; what is left out has its default. */
export type SolverOptions<S extends Solver> = Partial<Omit<S, "type">>;

const WEIGHT_DECAY = 0.0005;

/**
 * Stochastic gradient descent with momentum, MatConvNet's rule. With the gradient g of the mean objective, plus the weight decay
 * λ·λ_w·w, and the learning rate η:
 *
 *   m ← μ·m − g        w ← w + η·m, or with `nesterov` w ← w + η·(μ·m − g)
 *
 * The rate is outside of m, so that it may change from step to step. For a constant rate both are PyTorch's `optim.SGD`.
 *
 * @example
 * sgd({ nesterov: true }); // {"type": "sgd", "momentum": 0.9, "nesterov": true, "weightDecay": 0.0005}
 */
export const sgd = (options: SolverOptions<Sgd> = {}): Sgd => ({
  type: "sgd",
  momentum: 0.9,
  nesterov: false,
  weightDecay: WEIGHT_DECAY,
  ...options,
});

/**
 * AdaGrad (Duchi, Hazan and Singer, 2011), as in MatConvNet. The more a weight has moved, the less it moves:
 *
 *   s ← ρ·s + g²        w ← w − η·g / (√s + ε)
 *
 * With ρ = 1 this is PyTorch's `optim.Adagrad`. Rates of 0.01 and above are usual.
 *
 * @example
 * adaGrad(); // {"type": "adaGrad", "decay": 1, "epsilon": 1e-10, "weightDecay": 0.0005}
 */
export const adaGrad = (options: SolverOptions<AdaGrad> = {}): AdaGrad => ({
  type: "adaGrad",
  decay: 1,
  epsilon: 1e-10,
  weightDecay: WEIGHT_DECAY,
  ...options,
});

/**
 * AdaDelta (Zeiler, 2012). The size of a step is that of the last ones:
 *
 *   s ← ρ·s + (1 − ρ)·g²    Δ = √(d + ε) / √(s + ε) · g    d ← ρ·d + (1 − ρ)·Δ²    w ← w − η·Δ
 *
 * PyTorch's `optim.Adadelta`. MatConvNet has no η here: its rule is that of η = 1.
 *
 * @example
 * adaDelta(); // {"type": "adaDelta", "decay": 0.9, "epsilon": 1e-6, "weightDecay": 0.0005}
 */
export const adaDelta = (options: SolverOptions<AdaDelta> = {}): AdaDelta => ({
  type: "adaDelta",
  decay: 0.9,
  epsilon: 1e-6,
  weightDecay: WEIGHT_DECAY,
  ...options,
});

/**
 * RMSProp (Tieleman and Hinton, 2012), as in MatConvNet and PyTorch's `optim.RMSprop`:
 *
 *   s ← ρ·s + (1 − ρ)·g²        w ← w − η·g / (√s + ε)
 *
 * @example
 * rmsProp(); // {"type": "rmsProp", "decay": 0.99, "epsilon": 1e-8, "weightDecay": 0.0005}
 */
export const rmsProp = (options: SolverOptions<RmsProp> = {}): RmsProp => ({
  type: "rmsProp",
  decay: 0.99,
  epsilon: 1e-8,
  weightDecay: WEIGHT_DECAY,
  ...options,
});

/**
 * Adam (Kingma and Ba, 2015), as in PyTorch's `optim.Adam`. In step t, counted from 1:
 *
 *   m ← β₁·m + (1 − β₁)·g    s ← β₂·s + (1 − β₂)·g²    w ← w − η·m/(1 − β₁ᵗ) / (√(s/(1 − β₂ᵗ)) + ε)
 *
 * MatConvNet corrects √s after ε is added to it, not before, which is an ε smaller by √(1 − β₂ᵗ): the same
 * but for gradients of the size of ε. Rates near 0.001 are usual.
 *
 * @example
 * adam({ beta1: 0.8 }); // {"type": "adam", "beta1": 0.8, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.0005}
 */
export const adam = (options: SolverOptions<Adam> = {}): Adam => ({
  type: "adam",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: WEIGHT_DECAY,
  ...options,
});

/**
 * AdamW (Loshchilov and Hutter, 2019), as in PyTorch's `optim.AdamW`: {@link adam} whose gradient is that of the objective alone.
 * The weight decay acts beside it, w ← w − η·λ·λ_w·w, and is not divided by the size of the gradients.
 *
 * @example
 * adamW(); // {"type": "adamW", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.01}
 */
export const adamW = (options: SolverOptions<AdamW> = {}): AdamW => ({
  type: "adamW",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  ...options,
});

/** @throws RangeError when a setting of the solver is out of range */
export function expectSolver(solver: Solver): void {
  const { type, weightDecay, ...rest } = solver;
  expectInRange("weightDecay", weightDecay, { least: 0 });
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value !== "number") continue;
    if (name === "epsilon") expectInRange(name, value, { above: 0 });
    else if (name === "decay" && type === "adaGrad") expectInRange(name, value, { above: 0, most: 1 });
    else expectInRange(name, value, { least: 0, below: 1 });
  }
}
