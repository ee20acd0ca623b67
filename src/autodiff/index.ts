/** Reverse-mode differentiation of graphs: `bellpepper/autodiff`. */

export { DifferentiationError, gradients } from "./differentiate.js";
export { type Differentiable, RULES } from "./rules.js";
