/** Every operator's value and gradients against PyTorch's: test/fixtures/gradients.json, see the README there. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeDevices, type Expected, expectClose, runOn } from "../../test/devices.js";
import { type AttributeInput, float } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32, int64, tensor } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { gradients } from "./differentiate.js";

interface Listed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly type?: "int64" | "bool";
}

interface Case {
  readonly name: string;
  readonly operator: string;
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>;
  readonly inputs: readonly Listed[];
  readonly output: Expected;
  readonly outputGradient: Listed;
  readonly inputGradients: readonly (Expected | null)[];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL("../../test/fixtures/gradients.json", import.meta.url), "utf8"),
);

function tensorOf({ type, shape, data }: Listed): Tensor {
  if (type === "int64") return int64(data, shape);
  if (type === "bool") return tensor("bool", shape, Uint8Array.from(data, Number));
  return float32(data, shape);
}

const FLOATS = new Set(["alpha", "beta", "epsilon"]);
const attribute = (name: string, value: AttributeInput): AttributeInput =>
  typeof value === "number" && FLOATS.has(name) ? float(value) : value;

/** The operator, and the gradient of Σ y·r, where r is PyTorch's gradient to the output. What has no gradient is a constant. */
function graphOf({ name: title, operator, attributes, inputs, outputGradient, inputGradients }: Case): Graph {
  const g = new GraphBuilder(title);
  const values = inputs.map((input, i) =>
    inputGradients[i] ? g.input(`x${i}`, "float32", input.shape) : g.initializer(`x${i}`, tensorOf(input)),
  );
  const given = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attribute(key, value)]));
  const [name, domain = ""] = operator.split(".").reverse();
  // Operators of our own have statistics as further outputs.
  const [y] = g.ops(name, values, domain === "" ? 1 : 3, given, domain);
  const objective = g.op("ReduceSum", [g.op("Mul", [y, g.constant(tensorOf(outputGradient))])], { keepdims: 0 });
  const wanted = values.filter((_, i) => inputGradients[i]);
  g.output("y", y);
  for (const [value, gradient] of gradients(g, objective, wanted)) g.output(`d${value}`, gradient);
  return g.build();
}

/** Gradients that are all smaller are judged as if one were as large: the runtime's Sigmoid is right to 7 decimals, not 7 digits. */
const FLOOR = 0.01;

test("the fixture holds many cases", () => expect(cases.length).toBeGreaterThan(190));

describeDevices("as in PyTorch", (device) => {
  test.each(cases.map((it) => [it.name, it] as const))("%s", async (_, it) => {
    const feeds = it.inputs.flatMap((input, i) => (it.inputGradients[i] ? [[`x${i}`, tensorOf(input)] as const] : []));
    const results = await runOn(device, graphOf(it), Object.fromEntries(feeds));
    expectClose(results.y, it.output, device.tolerance, "output");
    it.inputGradients.forEach((gradient, i) => {
      if (gradient) expectClose(results[`dx${i}`], gradient, device.tolerance, `gradient of input ${i}`, FLOOR);
    });
  });
});
