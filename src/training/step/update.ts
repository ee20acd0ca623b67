import type { ParameterSpec } from "../../blocks/block.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { zeros } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type Network, parametersOf } from "../../network/network.js";
import { type Clip, clipGradients } from "../solver/clip.js";
import type { Solver } from "../solver/solver.js";
import { slotsOf, solverStep } from "../solver/solver-step.js";
import type { Parameters } from "./initialize.js";

/** What a step does with the gradients. */
export interface UpdateRule {
  readonly solver: Solver;
  /** a limit to the gradients; none unless given */
  readonly clip?: Clip;
  /**
   * Keeps a mean of the weights over the last steps beside them: the share d, near 1, of it that stays in each step. None unless given.
   *
   *   v ← d_t·v + (1 − d_t)·w        d_t = min(d, (1 + t)/(10 + t))
   *
   * where t counts the steps from 1: in the beginning the mean is of fewer steps (as TensorFlow's `ExponentialMovingAverage`).
   */
  readonly averaging?: number;
}

/** The parameters that the solver changes; those whose learning rate is multiplied by zero stay as they are. */
export const trainedParameters = (network: Network): ParameterSpec[] =>
  parametersOf(network).filter((p) => p.update === "gradient" && p.learningRate !== 0);

/** The parameters that follow what the batches have. */
export const averagedParameters = (network: Network): ParameterSpec[] =>
  parametersOf(network).filter((p) => p.update === "average" && p.learningRate !== 0);

/** All parameters that training changes. */
export const movingParameters = (network: Network): ParameterSpec[] => [
  ...trainedParameters(network),
  ...averagedParameters(network),
];

/** The name of a value after the step. */
export const next = (name: string): string => `next/${name}`;

/** The name of the mean of a parameter over the last steps. */
export const averageOf = (parameter: string): string => `average/${parameter}`;

/** The means of the parameters over the last steps where the state holds them, else the parameters. */
export const parametersForUse = (parameters: Parameters, state: Parameters): Parameters =>
  new Map([...parameters].map(([name, value]) => [name, state.get(averageOf(name)) ?? value]));

/** The names of the inputs that say how far, and in which step. */
export const STEP_INPUTS = { learningRate: "learningRate", step: "step" } as const;

/** The name under which what a solver keeps for a parameter travels: "momentum/conv1/filters". */
const slotOf = (slot: string, parameter: string): string => `${slot}/${parameter}`;

/** What a rule keeps from step to step, as it is before the first: the solver's arrays are zero, the means are the parameters. */
export function initialState(
  network: Network,
  { solver, averaging }: UpdateRule,
  parameters: Parameters,
): Map<string, Tensor<"float32">> {
  const slots = trainedParameters(network).flatMap(({ name, shape }) =>
    slotsOf(solver).map((slot) => [slotOf(slot, name), zeros("float32", shape)] as const),
  );
  const means = movingParameters(network).map(({ name, shape }) => {
    const mean = zeros("float32", shape);
    mean.data.set(parameters.get(name)?.data ?? []);
    return [averageOf(name), mean] as const;
  });
  return new Map(averaging === undefined ? slots : [...slots, ...means]);
}

/**
 * Adds to a graph what a step does with the gradients: the inputs `learningRate`, `step` and all of {@link initialState}, and the
 * outputs `next/…` of these and of the parameters that move.
 *
 * @param g the graph; it must hold the parameters by name
 * @param batch for each of them the value that holds its gradient, or what it has in this batch where it follows the batches
 */
export function addUpdate(
  g: GraphBuilder,
  network: Network,
  { solver, clip, averaging }: UpdateRule,
  batch: ReadonlyMap<string, string>,
): void {
  const learningRate = g.input(STEP_INPUTS.learningRate, "float32", []);
  const step = g.input(STEP_INPUTS.step, "float32", []);
  const ofBatch = ({ name }: ParameterSpec): string => {
    const value = batch.get(name);
    if (value === undefined) throw new Error(`Nothing says how '${name}' moves.`);
    return value;
  };
  const after = new Map<string, string>();
  const specs = trainedParameters(network);
  const raw = specs.map(ofBatch);
  const gradients = clip ? clipGradients(g, raw, clip) : raw;
  specs.forEach((spec, i) => {
    const slots = slotsOf(solver).map((slot) => [slot, g.input(slotOf(slot, spec.name), "float32", spec.shape)]);
    const updated = g.scope(`${spec.name}/step`, () =>
      solverStep(g, solver, spec, gradients[i], Object.fromEntries(slots), learningRate, step),
    );
    after.set(spec.name, updated.parameter);
    for (const [slot, value] of Object.entries(updated.state)) after.set(slotOf(slot, spec.name), value);
  });
  for (const spec of averagedParameters(network)) {
    const share = g.scalar(spec.learningRate);
    after.set(
      spec.name,
      g.scope(`${spec.name}/step`, () => blended(g, spec.name, ofBatch(spec), share)),
    );
  }
  if (averaging !== undefined) {
    const share = g.scope("average", () => shareOfNewest(g, averaging, step));
    for (const { name, shape } of movingParameters(network)) {
      const mean = g.input(averageOf(name), "float32", shape);
      after.set(
        mean,
        g.scope(mean, () => blended(g, mean, after.get(name) ?? "", share)),
      );
    }
  }
  for (const [name, value] of after) g.output(next(name), value);
}

/** (1 − a)·w + a·x, as w + a·(x − w) */
const blended = (g: GraphBuilder, w: string, x: string, share: string): string =>
  g.op("Add", [w, g.op("Mul", [g.op("Sub", [x, w]), share])]);

/** 1 − min(d, (1 + t)/(10 + t)) = max(1 − d, 9/(10 + t)) */
const shareOfNewest = (g: GraphBuilder, averaging: number, step: string): string =>
  g.op("Max", [g.scalar(1 - averaging), g.op("Div", [g.scalar(9), g.op("Add", [step, g.scalar(10)])])]);
