/** Functions whose small results and slopes lost their digits, against their definitions in float64 (IEEE 754 double), on each device. */

import { expect, test } from "vitest";
import { describeDevices, runOn } from "../../test/devices.js";
import { gradients } from "../autodiff/differentiate.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";

/** Both signs of numbers up to where e⁻ˣ is no normal float32 any more. */
const XS = [1e-6, 1e-4, 0.01, 0.5, 1, 3, 7, 10, 12, 15, 16.5, 18, 20, 30, 60, 85].flatMap((x) => [-x, x]);

function erf(x: number): number {
  let [sum, term] = [0, x];
  for (let k = 0; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
    sum += term;
    term *= (2 * x * x) / (2 * k + 3);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

interface Case {
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const CASES: Readonly<Record<string, Case>> = {
  Sigmoid: { value: sigmoid, slope: (x) => sigmoid(x) * sigmoid(-x) },
  Softplus: { value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), slope: sigmoid },
  Elu: { value: (x) => (x > 0 ? x : Math.expm1(x)), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
};

/** The largest relative error. */
const off = (actual: ArrayLike<number | bigint>, xs: readonly number[], exact: (x: number) => number): number =>
  Math.max(...xs.map((x, i) => Math.abs(Number(actual[i]) / exact(x) - 1)));

describeDevices("the tails of", (device) => {
  test.each(Object.entries(CASES))("%s", async (operator, { value, slope }) => {
    const g = new GraphBuilder("tails");
    const x = g.input("x", "float32", [XS.length]);
    const y = g.op(operator, [x]);
    g.output("y", y);
    g.output("dx", gradients(g, g.op("ReduceSum", [y], { keepdims: 0 }), [x]).get(x) ?? "");
    const { y: values, dx } = await runOn(device, g.build(), { x: float32(XS, [XS.length]) });
    const rounded = (of: (x: number) => number) => (x: number) => of(Math.fround(x));
    expect(off(values.data, XS, rounded(value)), "y").toBeLessThanOrEqual(1e-6);
    // y·(1 − y) has no digits next to 1.
    const low = operator === "Sigmoid" ? XS.filter((x) => x < 1) : XS;
    const slopes = low.map((x) => Number(dx.data[XS.indexOf(x)]));
    expect(off(slopes, low, rounded(slope)), "dx").toBeLessThanOrEqual(2e-6);
  });

  test.each([
    ["Tanh", Math.tanh],
    // Maclaurin's series, Σ 2ᵏ·x²ᵏ⁺¹/(2k + 1)!!·e^−x²·2/√π, whose terms are all of one sign
    ["Erf", erf],
  ] as const)("%s has all digits near 0, of fixed and of free sizes", async (operator, exact) => {
    const xs = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.59, 0.61, 0.69, 0.71, 1, 2, 3].flatMap((x) => [-x, x]);
    for (const size of [xs.length, "N"]) {
      const g = new GraphBuilder("near zero");
      g.output("y", g.op(operator, [g.input("x", "float32", [size])]));
      const { y } = await runOn(device, g.build(), { x: float32(xs, [xs.length]) });
      expect(off(y.data, xs, (x) => exact(Math.fround(x)))).toBeLessThanOrEqual(1e-6);
    }
    const g = new GraphBuilder("limits");
    g.output("y", g.op(operator, [g.input("x", "float32", [4])]));
    const limits = [Number.NEGATIVE_INFINITY, 0, 3e38, Number.POSITIVE_INFINITY];
    const { y } = await runOn(device, g.build(), { x: float32(limits, [4]) });
    expect(Array.from(y.data, Number)).toEqual([-1, 0, 1, 1]);
  });

  test("a number that is no number, or infinite", async () => {
    const g = new GraphBuilder("limits");
    const x = g.input("x", "float32", [3]);
    for (const operator of Object.keys(CASES)) g.output(operator, g.op(operator, [x]));
    const results = await runOn(device, g.build(), {
      x: float32([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 3e38], [3]),
    });
    expect(Array.from(results.Sigmoid.data, Number)).toEqual([0, 1, 1]);
    expect(Array.from(results.Softplus.data, Number).slice(0, 2)).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(Array.from(results.Elu.data, Number).slice(0, 2)).toEqual([-1, Number.POSITIVE_INFINITY]);
  });
});
