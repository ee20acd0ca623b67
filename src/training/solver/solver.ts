/** Solvers as data: what each remembers of earlier steps, and its settings. The rules are in `solver-step.ts`. */

import { flag, number, type ValueOf } from "../../values/kind.js";
import { defaulted, type OptionsOf, oneOf, record } from "../../values/record.js";

/** How much is kept of something from step to step. */
const share = (usual: number) => defaulted(number({ least: 0, below: 1 }), usual);

/** What keeps a division finite. */
const epsilon = (usual: number) => defaulted(number({ above: 0 }), usual);

/** The pull λ of every weight towards zero, times the parameter's own multiplier. */
const weightDecay = (usual = 0.0005) => defaulted(number({ least: 0, scale: "log" }), usual);

/** The settings that Adam and AdamW share. */
const ADAM = {
  /** how much of the mean gradient is kept from step to step; 0.9 */
  beta1: share(0.9),
  /** how much of the mean squared gradient is kept from step to step; 0.999 */
  beta2: share(0.999),
  /** keeps the division finite; 10⁻⁸ */
  epsilon: epsilon(1e-8),
};

/** The settings of each solver. */
export const SOLVERS = {
  sgd: record({
    /** how much of the last step is kept, μ; 0.9 */
    momentum: share(0.9),
    /** look ahead along the momentum; false */
    nesterov: defaulted(flag(), false),
    weightDecay: weightDecay(),
  }),
  adaGrad: record({
    /** how much of the sum of squares is kept from step to step, ρ; 1 */
    decay: defaulted(number({ above: 0, most: 1 }), 1),
    /** keeps the division finite; 10⁻¹⁰ */
    epsilon: epsilon(1e-10),
    weightDecay: weightDecay(),
  }),
  adaDelta: record({
    /** how much of both means is kept from step to step, ρ; 0.9 */
    decay: share(0.9),
    /** keeps the division finite and begins the motion; 10⁻⁶ */
    epsilon: epsilon(1e-6),
    weightDecay: weightDecay(),
  }),
  rmsProp: record({
    /** how much of the mean of squares is kept from step to step, ρ; 0.99 */
    decay: share(0.99),
    /** keeps the division finite; 10⁻⁸ */
    epsilon: epsilon(1e-8),
    weightDecay: weightDecay(),
  }),
  adam: record({ ...ADAM, weightDecay: weightDecay() }),
  adamW: record({ ...ADAM, weightDecay: weightDecay(0.01) }),
} as const;

/** A solver as JSON has it. */
export const SOLVER = oneOf("type", SOLVERS);

/** A rule that moves parameters along their gradients: a plain object that serialises to JSON. */
export type Solver = ValueOf<typeof SOLVER>;

/** Settings of a solver; what is left out has its default. */
export type SolverOptions<T extends Solver["type"]> = OptionsOf<(typeof SOLVERS)[T]["fields"]>;

/** Stochastic gradient descent with momentum; see {@link sgd}. */
export type Sgd = Extract<Solver, { type: "sgd" }>;

/** Rates that fall with the sum of the squared gradients; see {@link adaGrad}. */
export type AdaGrad = Extract<Solver, { type: "adaGrad" }>;

/** Steps as large as the last ones; see {@link adaDelta}. */
export type AdaDelta = Extract<Solver, { type: "adaDelta" }>;

/** Gradients divided by their recent size; see {@link rmsProp}. */
export type RmsProp = Extract<Solver, { type: "rmsProp" }>;

/** Mean gradient divided by mean size; see {@link adam}. */
export type Adam = Extract<Solver, { type: "adam" }>;

/** Adam with weight decay beside it; see {@link adamW}. */
export type AdamW = Extract<Solver, { type: "adamW" }>;

/**
 * Stochastic gradient descent with momentum, MatConvNet's rule. With the gradient g of the mean objective, plus the weight decay
 * λ·λ_w·w, and the learning rate η:
 *
 *   m ← μ·m − g        w ← w + η·m, or with `nesterov` w ← w + η·(μ·m − g)
 *
 * The rate is outside of m, so that it may change from step to step. For a constant rate both are PyTorch's `optim.SGD`.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * sgd({ nesterov: true }); // {"type": "sgd", "momentum": 0.9, "nesterov": true, "weightDecay": 0.0005}
 */
export const sgd = (options: SolverOptions<"sgd"> = {}): Sgd => ({ type: "sgd", ...SOLVERS.sgd.make(options) });

/**
 * AdaGrad (Duchi, Hazan and Singer, 2011), as in MatConvNet. The more a weight has moved, the less it moves:
 *
 *   s ← ρ·s + g²        w ← w − η·g / (√s + ε)
 *
 * With ρ = 1 this is PyTorch's `optim.Adagrad`. Rates of 0.01 and above are usual.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * adaGrad(); // {"type": "adaGrad", "decay": 1, "epsilon": 1e-10, "weightDecay": 0.0005}
 */
export const adaGrad = (options: SolverOptions<"adaGrad"> = {}): AdaGrad => ({
  type: "adaGrad",
  ...SOLVERS.adaGrad.make(options),
});

/**
 * AdaDelta (Zeiler, 2012). The size of a step is that of the last ones:
 *
 *   s ← ρ·s + (1 − ρ)·g²    Δ = √(d + ε) / √(s + ε) · g    d ← ρ·d + (1 − ρ)·Δ²    w ← w − η·Δ
 *
 * PyTorch's `optim.Adadelta`. MatConvNet has no η here: its rule is that of η = 1.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * adaDelta(); // {"type": "adaDelta", "decay": 0.9, "epsilon": 1e-6, "weightDecay": 0.0005}
 */
export const adaDelta = (options: SolverOptions<"adaDelta"> = {}): AdaDelta => ({
  type: "adaDelta",
  ...SOLVERS.adaDelta.make(options),
});

/**
 * RMSProp (Tieleman and Hinton, 2012), as in MatConvNet and PyTorch's `optim.RMSprop`:
 *
 *   s ← ρ·s + (1 − ρ)·g²        w ← w − η·g / (√s + ε)
 *
 * @throws RangeError when a setting is out of range
 * @example
 * rmsProp(); // {"type": "rmsProp", "decay": 0.99, "epsilon": 1e-8, "weightDecay": 0.0005}
 */
export const rmsProp = (options: SolverOptions<"rmsProp"> = {}): RmsProp => ({
  type: "rmsProp",
  ...SOLVERS.rmsProp.make(options),
});

/**
 * Adam (Kingma and Ba, 2015), as in PyTorch's `optim.Adam`. In step t, counted from 1:
 *
 *   m ← β₁·m + (1 − β₁)·g    s ← β₂·s + (1 − β₂)·g²    w ← w − η·m/(1 − β₁ᵗ) / (√(s/(1 − β₂ᵗ)) + ε)
 *
 * MatConvNet corrects √s after ε is added to it, not before, which is an ε smaller by √(1 − β₂ᵗ): the same
 * but for gradients of the size of ε. Rates near 0.001 are usual.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * adam({ beta1: 0.8 }); // {"type": "adam", "beta1": 0.8, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.0005}
 */
export const adam = (options: SolverOptions<"adam"> = {}): Adam => ({ type: "adam", ...SOLVERS.adam.make(options) });

/**
 * AdamW (Loshchilov and Hutter, 2019), as in PyTorch's `optim.AdamW`: {@link adam} whose gradient is that of the objective alone.
 * The weight decay acts beside it, w ← w − η·λ·λ_w·w, and is not divided by the size of the gradients.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * adamW(); // {"type": "adamW", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.01}
 */
export const adamW = (options: SolverOptions<"adamW"> = {}): AdamW => ({
  type: "adamW",
  ...SOLVERS.adamW.make(options),
});
