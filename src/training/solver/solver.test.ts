/** The solvers as graphs, against PyTorch's and against hand calculations, on each device. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cpu, describeDevices, difference, runOn } from "../../../test/devices.js";
import type { ParameterSpec } from "../../blocks/block.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32, zeros } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { adaDelta, adaGrad, adam, adamW, rmsProp, SOLVER, type Solver, sgd } from "./solver.js";
import { slotsOf, solverStep } from "./solver-step.js";

interface Fixture {
  readonly A: readonly number[];
  readonly b: readonly number[];
  readonly w0: readonly number[];
  readonly weightDecay: number;
  readonly runs: readonly {
    readonly name: string;
    readonly learningRate: number;
    readonly factors: readonly [number, number];
    readonly steps: readonly (readonly number[])[];
  }[];
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/solvers.json", import.meta.url), "utf8"),
);
const { weightDecay } = fixture;
const SOLVERS: Readonly<Record<string, Solver>> = {
  sgd: sgd({ weightDecay }),
  "sgd, without momentum": sgd({ momentum: 0, weightDecay }),
  "sgd, nesterov": sgd({ momentum: 0.8, nesterov: true, weightDecay }),
  adaGrad: adaGrad({ weightDecay }),
  adaDelta: adaDelta({ weightDecay }),
  "adaDelta, another rate": adaDelta({ decay: 0.8, epsilon: 1e-5, weightDecay }),
  rmsProp: rmsProp({ weightDecay }),
  adam: adam({ weightDecay }),
  "adam, large epsilon": adam({ beta1: 0.8, beta2: 0.95, epsilon: 0.1, weightDecay }),
  adamW: adamW({ weightDecay }),
};

const spec = (name: string, size: number, learningRate = 1, decay = 1): ParameterSpec => ({
  name,
  shape: [size],
  initialization: { type: "zeros" },
  update: "gradient",
  learningRate,
  weightDecay: decay,
});

/** The graph of one step of several parameters, whose gradients the body makes; `learningRate` and `step` are inputs. */
function stepGraph(solver: Solver, specs: readonly ParameterSpec[], gradientsOf: (g: GraphBuilder) => string[]) {
  const g = new GraphBuilder(solver.type);
  const [rate, step] = ["learningRate", "step"].map((name) => g.input(name, "float32", []));
  for (const { name, shape } of specs) g.input(name, "float32", shape);
  const gradients = gradientsOf(g);
  specs.forEach((each, i) => {
    const slots = slotsOf(solver).map((slot) => [slot, g.input(`${slot}/${each.name}`, "float32", each.shape)]);
    const after = solverStep(g, solver, each, gradients[i], Object.fromEntries(slots), rate, step);
    g.output(`next/${each.name}`, after.parameter);
    for (const slot of slotsOf(solver)) g.output(`next/${slot}/${each.name}`, after.state[slot] ?? "");
  });
  return g.build();
}

/** A gradient's parts, A w − b + w³, for a w in two parts of four and two numbers. */
function gradientsOf(g: GraphBuilder): string[] {
  const w = g.op("Reshape", [g.op("Concat", ["first", "last"], { axis: 0 }), g.ints(6, 1)]);
  const linear = g.op("MatMul", [g.constant(float32(fixture.A, [6, 6])), w]);
  const cubic = g.op("Mul", [w, g.op("Mul", [w, w])]);
  const gradient = g.op("Add", [g.op("Sub", [linear, g.constant(float32(fixture.b, [6, 1]))]), cubic]);
  return g.ops("Split", [g.op("Reshape", [gradient, g.ints(6)]), g.ints(4, 2)], 2, { axis: 0 });
}

describeDevices("a solver follows torch.optim for 20 steps", (device) => {
  test.each(fixture.runs)("$name", async ({ name, learningRate, factors, steps }) => {
    const specs = [spec("first", 4), spec("last", 2, ...factors)];
    const graph = stepGraph(SOLVERS[name], specs, gradientsOf);
    const program = await device.engine.load(graph);
    let state: Readonly<Record<string, Tensor>> = {
      ...Object.fromEntries(
        graph.inputs.map((input) => [input.name, zeros("float32", (input.shape ?? []).map(Number))]),
      ),
      first: float32(fixture.w0.slice(0, 4), [4]),
      last: float32(fixture.w0.slice(4), [2]),
    };
    for (const [i, expected] of steps.entries()) {
      const made = await program.run({ ...state, learningRate: float32([learningRate]), step: float32([i + 1]) });
      state = Object.fromEntries(Object.entries(made).map(([key, value]) => [key.slice("next/".length), value]));
      const weights = [...state.first.data, ...state.last.data];
      expect(difference(weights, expected), `step ${i + 1}`).toBeLessThanOrEqual(device.tolerance);
    }
    await program.close();
  });
});

describe("the first step by hand: w = 2, gradient 4, decay 0.5, rate 0.1", () => {
  const decay = { weightDecay: 0.5 };
  // The pulled gradient is 4 + 0.5·2 = 5.
  test.each([
    ["sgd", sgd(decay), 2 - 0.1 * 5, { momentum: -5 }],
    // m = −5; 0.9·m − 5 = −9.5
    ["sgd, nesterov", sgd({ ...decay, nesterov: true }), 2 - 0.1 * 9.5, { momentum: -5 }],
    // 5 / √25 = 1
    ["adaGrad", adaGrad(decay), 2 - 0.1, { squares: 25 }],
    // s = 0.1·25 = 2.5; Δ = √10⁻⁶ / √(2.5 + 10⁻⁶) · 5 = 0.00316228; d = 0.1·Δ²
    ["adaDelta", adaDelta(decay), 2 - 0.1 * 0.00316228, { squares: 2.5, squaredSteps: 1e-6 }],
    // s = 0.01·25 = 0.25; 5 / 0.5 = 10
    ["rmsProp", rmsProp(decay), 2 - 0.1 * 10, { squares: 0.25 }],
    // Both corrections undo the first share: 5 / √25 = 1
    ["adam", adam(decay), 2 - 0.1, { mean: 0.5, squares: 0.025 }],
    // The gradient alone: 4 / √16 = 1, and 0.5·2 = 1 beside it
    ["adamW", adamW(decay), 2 - 0.1 * (1 + 1), { mean: 0.4, squares: 0.016 }],
  ] as const)("%s", async (_, solver, parameter, state) => {
    const graph = stepGraph(solver, [spec("w", 1)], (g) => [g.constant(float32([4], [1]))]);
    const slots = slotsOf(solver).map((slot) => [`${slot}/w`, zeros("float32", [1])]);
    const inputs = { w: float32([2], [1]), learningRate: float32([0.1]), step: float32([1]) };
    const made = await runOn(cpu, graph, { ...inputs, ...Object.fromEntries(slots) });
    expect(made["next/w"].data[0]).toBeCloseTo(parameter, 6);
    for (const [slot, value] of Object.entries(state)) expect(made[`next/${slot}/w`].data[0]).toBeCloseTo(value, 6);
    expect(Object.keys(made)).toHaveLength(1 + Object.keys(state).length);
  });

  test("adam's correction fades: after many equal gradients a step is still the rate", async () => {
    const graph = stepGraph(adam({ weightDecay: 0 }), [spec("w", 1)], (g) => [g.constant(float32([-3], [1]))]);
    const settled = { "mean/w": float32([-3], [1]), "squares/w": float32([9], [1]) };
    const inputs = { w: float32([1], [1]), learningRate: float32([0.25]), step: float32([1e6]) };
    const made = await runOn(cpu, graph, { ...inputs, ...settled });
    expect(made["next/w"].data[0]).toBeCloseTo(1.25, 6);
  });
});

test("a state that lacks what the solver keeps is refused", () => {
  const g = new GraphBuilder("step");
  for (const name of ["w", "gradient", "mean"]) g.input(name, "float32", [1]);
  const step = () => solverStep(g, adam(), spec("w", 1), "gradient", { mean: "mean" }, g.scalar(1), g.scalar(1));
  expect(step).toThrow("The state of w lacks 'squares', which adam keeps.");
});

test.each([
  [() => sgd({ momentum: 1 }), "momentum: expected a number of at least 0 and below 1, got 1."],
  [() => sgd({ weightDecay: -1 }), "weightDecay: expected a number of at least 0, got -1."],
  [() => adaGrad({ decay: 1.5 }), "decay: expected a number above 0 and at most 1, got 1.5."],
  [() => rmsProp({ decay: 1 }), "decay: expected a number of at least 0 and below 1, got 1."],
  [() => adam({ beta2: Number.NaN }), "beta2: expected a number of at least 0 and below 1, got NaN."],
  [() => adamW({ epsilon: 0 }), "epsilon: expected a number above 0, got 0."],
])("%o is refused", (make, message) => {
  expect(make).toThrow(new RangeError(`Invalid value for ${message}`));
});

test.each([sgd(), adaGrad(), adaDelta(), rmsProp(), adam(), adamW({ beta1: 0 })])("%o survives JSON", (solver) => {
  expect(SOLVER.take(JSON.parse(JSON.stringify(solver)), { path: "solver" })).toEqual(solver);
});

test("a setting that a solver does not have is refused", () => {
  expect(() => SOLVER.take({ type: "adam", momentum: 0.9 }, { path: "solver" })).toThrow(
    "solver: unknown field 'momentum': it has beta1, beta2, epsilon, weightDecay.",
  );
});
