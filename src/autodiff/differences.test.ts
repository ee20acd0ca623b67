/** The gradient of each operator against central differences of its own values, on each device. */

import { expect, test } from "vitest";
import { describeDevices, difference, runOn } from "../../test/devices.js";
import { CASES, operatorOf } from "../../test/gradients/all.js";
import { inputsOf } from "../../test/gradients/case.js";
import type { Values } from "../engine/engine.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import { stream } from "../random/stream.js";
import { gradients } from "./differentiate.js";
import { flat, RULES } from "./rules.js";

/**
 * Half the distance of the two values: a power of two, so that x ± STEP is hardly rounded. The formula's own error is of the
 * order STEP²·y‴/6 ≈ 4·10⁻⁵ y‴; rounding y to float32 (6·10⁻⁸) adds about 6·10⁻⁸ y/STEP ≈ 4·10⁻⁶ y. A wrong gradient is off by
 * about its own size.
 */
const STEP = 2 ** -6;
const TOLERANCE = 2e-3;

test("every rule has a case", () =>
  expect([...new Set(Object.keys(CASES).map(operatorOf))].sort()).toEqual(Object.keys(RULES).sort()));

const isFlat = (name: string): boolean =>
  Object.entries(RULES).some(([operator, rule]) => operator === operatorOf(name) && rule === flat);

describeDevices("as by differences", (device) => {
  test.each(Object.entries(CASES).filter(([, { refusedOn }]) => refusedOn !== device.name))(
    "%s",
    async (operator, it) => {
      const inputs = inputsOf(operator, it);
      const feeds = (): Values =>
        Object.fromEntries(inputs.map((data, i) => [`x${i}`, float32(Array.from(data), it.shapes[i])]));
      const value = new GraphBuilder(operator);
      value.output("y", it.build(value, ...it.shapes.map((shape, i) => value.input(`x${i}`, "float32", shape))));
      const program = await device.engine.load(value.build());
      const random = stream(2, operator);
      const weights = Float32Array.from({ length: (await program.run(feeds())).y.data.length }, () => random.normal());
      const objective = async (): Promise<number> => {
        const { y } = await program.run(feeds());
        return weights.reduce((sum, weight, i) => sum + weight * Number(y.data[i]), 0);
      };

      const g = new GraphBuilder(`gradient of ${operator}`);
      const values = it.shapes.map((shape, i) => g.input(`x${i}`, "float32", shape));
      const y = it.build(g, ...values);
      const projected = g.op("Mul", [y, g.constant(float32(weights, g.shape(y)))]);
      for (const [x, gradient] of gradients(g, g.op("ReduceSum", [projected], { keepdims: 0 }), values)) {
        g.output(`d${x}`, gradient);
      }
      const results = await runOn(device, g.build(), feeds());

      for (const [i, data] of inputs.entries()) {
        const expected = new Float64Array(data.length);
        for (let k = 0; k < data.length; k++) {
          const x = data[k];
          data[k] = x + STEP;
          const above = await objective();
          data[k] = x - STEP;
          const below = await objective();
          data[k] = x;
          expected[k] = (above - below) / (2 * STEP);
        }
        const gradient = results[`dx${i}`];
        expect(gradient.shape).toEqual(it.shapes[i]);
        expect(difference(gradient.data, expected), `input ${i}`).toBeLessThanOrEqual(TOLERANCE);
        if (isFlat(operator)) expect(gradient.data.every((d) => d === 0)).toBe(true);
      }
      await program.close();
    },
  );
});
