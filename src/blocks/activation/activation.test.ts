import { expect, test } from "vitest";
import { describeDevices, runOn } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { descriptionOf, networkFrom } from "../../network/description.js";
import { sequential } from "../../network/network.js";
import { FOR_USE } from "../block.js";
import { blockOf, type Layer } from "../layer.js";
import { elu, gelu, leakyRelu, relu, sigmoid, softplus, tanh } from "./activation.js";

// Values and derivatives at −2, 0.5 and 3, from the formulas with a table of e: e⁻² = 0.135335, e^−0.5 = 0.606531,
// e⁻³ = 0.049787; Φ(−2) = 0.022750, Φ(0.5) = 0.691462, Φ(3) = 0.998650; φ(−2) = 0.053991, φ(0.5) = 0.352065, φ(3) = 0.004432.
const X = [-2, 0.5, 3];
const CASES: readonly (readonly [Layer, readonly number[], readonly number[]])[] = [
  [leakyRelu(), [-0.02, 0.5, 3], [0.01, 1, 1]],
  [leakyRelu(0.2), [-0.4, 0.5, 3], [0.2, 1, 1]],
  [softplus(), [0.126928, 0.974077, 3.048587], [0.119203, 0.622459, 0.952574]],
  [sigmoid(), [0.119203, 0.622459, 0.952574], [0.104994, 0.235004, 0.045177]],
  [tanh(), [-0.964028, 0.462117, 0.995055], [0.070651, 0.786448, 0.009866]],
  [elu(), [-0.864665, 0.5, 3], [0.135335, 1, 1]],
  [elu(2), [-1.729329, 0.5, 3], [0.270671, 1, 1]],
  [gelu(), [-0.0455, 0.345731, 2.99595], [-0.085232, 0.867495, 1.011946]],
];

describeDevices("activations", (device) => {
  /** The derivative of Σ 2y at each x. */
  async function slopesOf(layer: Layer, xs: readonly number[]): Promise<number[]> {
    const g = new GraphBuilder("activation");
    const x = g.input("x", "float32", [1, 1, 1, xs.length]);
    const y = blockOf(layer).build(g, layer, [x], {}, FOR_USE);
    const sum = g.op("ReduceSum", [g.op("Mul", [y, g.scalar(2)])], { keepdims: 0 });
    g.output("dx", gradients(g, sum, [x]).get(x) ?? "");
    const { dx } = await runOn(device, g.build(), { x: float32(xs, [1, 1, 1, xs.length]) });
    return Array.from(dx.data, Number);
  }

  // PyTorch 2.13: F.gelu and F.relu, backward of twos.
  test("slopes at the largest numbers", async () => {
    expect((await slopesOf(gelu(), [3e38, -3e38, 20, -20])).map(Math.abs)).toEqual([2, 0, 2, 0]);
    expect(await slopesOf(relu(), [3e38, -3e38])).toEqual([2, 0]);
  });

  // Graphics cards take such numbers for 0.
  test.skipIf(device.name === "webgpu")("the slope of a ReLU at the smallest numbers", async () => {
    expect(await slopesOf(relu(), [1e-45, -1e-45, 1e-40, 0, 1e-37])).toEqual([2, 0, 2, 0, 2]);
  });

  test.each(CASES)("%o: values and derivatives", async (layer, values, derivatives) => {
    const g = new GraphBuilder("activation");
    const x = g.input("x", "float32", [1, 1, 1, 3]);
    const y = blockOf(layer).build(g, layer, [x], {}, FOR_USE);
    const sum = g.op("ReduceSum", [y], { keepdims: 0 });
    g.output("y", y);
    g.output("dx", gradients(g, sum, [x]).get(x) ?? "");
    const found = await runOn(device, g.build(), { x: float32(X, [1, 1, 1, 3]) });
    for (const i of X.keys()) {
      expect(Number(found.y.data[i])).toBeCloseTo(values[i], 4);
      expect(Number(found.dx.data[i])).toBeCloseTo(derivatives[i], 4);
    }
  });
});

test("a network with all of them survives JSON", () => {
  const network = sequential(
    "all",
    { channels: 1, height: 2, width: 2 },
    CASES.map(([layer]) => layer),
  );
  expect(network.layers.map(({ name }) => name)).toContain("leakyRelu2");
  expect(networkFrom(JSON.parse(JSON.stringify(descriptionOf(network))))).toEqual(network);
});

test.each([
  [() => leakyRelu(Number.NaN), "Invalid value for leak: expected a finite number, got NaN."],
  [() => elu(Number.POSITIVE_INFINITY), "Invalid value for alpha: expected a finite number, got Infinity."],
])("refuses what is no number", (make, message) => {
  expect(make).toThrow(message);
});
