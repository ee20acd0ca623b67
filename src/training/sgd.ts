import type { ParameterSpec } from "../blocks/block.js";
import type { GraphBuilder } from "../graph/builder.js";

/** Stochastic gradient descent with momentum. */
export interface Sgd {
  /** how much of the last step is kept; 0.9 */
  readonly momentum: number;
  /** the pull of every weight towards zero; 0.0005 */
  readonly weightDecay: number;
}

/** The values of one parameter and of its momentum after a step. */
export interface Updated {
  readonly parameter: string;
  readonly momentum: string;
}

/**
 * MatConvNet's rule for one parameter w, where g is the gradient of the mean objective:
 *
 *   m ← μ·m − (g + λ·λ_w·w)        w ← w + η·η_w·m
 *
 * with the momentum μ, the weight decay λ, the learning rate η, and the parameter's own multipliers η_w and λ_w.
 * For a constant η this is PyTorch's SGD too; the learning rate is outside of m, so that it may change from epoch to epoch.
 *
 * @param g the graph; it must hold the parameter under its name
 * @param gradient the value that holds g
 * @param state the value that holds m
 * @param learningRate the value that holds η
 * @example
 * const [filters] = parametersOf(ocr());
 * const g = new GraphBuilder("step");
 * for (const name of [filters.name, "gradient", "momentum"]) g.input(name, "float32", filters.shape);
 * const solver = { momentum: 0.9, weightDecay: 0.0005 };
 * const after = sgdStep(g, solver, filters, "gradient", "momentum", g.scalar(0.001)); // names of w and m after the step
 */
export function sgdStep(
  g: GraphBuilder,
  { momentum, weightDecay }: Sgd,
  spec: ParameterSpec,
  gradient: string,
  state: string,
  learningRate: string,
): Updated {
  const decay = weightDecay * spec.weightDecay;
  const pull = decay === 0 ? gradient : g.op("Add", [gradient, g.op("Mul", [spec.name, g.scalar(decay)])]);
  const m = g.op("Sub", [g.op("Mul", [state, g.scalar(momentum)]), pull]);
  const rate = spec.learningRate === 1 ? learningRate : g.op("Mul", [learningRate, g.scalar(spec.learningRate)]);
  return { parameter: g.op("Add", [spec.name, g.op("Mul", [m, rate])]), momentum: m };
}
