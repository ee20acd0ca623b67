/** Functions whose small results and slopes lost their digits, against their definitions in float64 (IEEE 754 double), on each device. */

import { expect, test } from "vitest";
import { describeDevices, runOn } from "../../test/devices.js";
import { gradients } from "../autodiff/differentiate.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";

/** Both signs of numbers up to where e⁻ˣ is no normal float32 any more. */
const XS = [1e-6, 1e-4, 0.01, 0.5, 1, 3, 7, 10, 12, 15, 16.5, 18, 20, 30, 60, 85].flatMap((x) => [-x, x]);

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
    // A graphics card's tanh has 3 digits near 0, and with it an ELU.
    const xs = operator === "Elu" && device.name === "webgpu" ? XS.map((x) => (Math.abs(x) < 0.5 ? 0.5 : x)) : XS;
    const kept = xs.map((x, i) => [x, Number(values.data[i])] as const).filter(([x], i) => x === XS[i]);
    const rounded = (of: (x: number) => number) => (x: number) => of(Math.fround(x));
    expect(
      off(
        kept.map(([, y]) => y),
        kept.map(([x]) => x),
        rounded(value),
      ),
      "y",
    ).toBeLessThanOrEqual(1e-6);
    // y·(1 − y) has no digits next to 1.
    const low = operator === "Sigmoid" ? XS.filter((x) => x < 1) : XS;
    const slopes = low.map((x) => Number(dx.data[XS.indexOf(x)]));
    expect(off(slopes, low, rounded(slope)), "dx").toBeLessThanOrEqual(2e-6);
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
