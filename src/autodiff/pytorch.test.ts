/** Every operator's value and gradients against PyTorch's: test/fixtures/gradients.json and operators.json, see the README there. */

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

/** A value and what PyTorch's gradients start from; null for an output that is not asked for. */
interface Output {
  readonly value: Expected;
  readonly gradient: Listed;
}

interface Case {
  readonly name: string;
  readonly operator: string;
  readonly attributes: Readonly<Record<string, number | string | readonly (number | string)[]>>;
  /** null for one that is left out */
  readonly inputs: readonly (Listed | null)[];
  readonly outputs: readonly (Output | null)[];
  readonly inputGradients: readonly (Expected | null)[];
}

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/${file}`, import.meta.url), "utf8"));

interface OneOutput extends Omit<Case, "outputs"> {
  readonly output: Expected;
  readonly outputGradient: Listed;
}
interface Outputs extends Omit<Case, "outputs"> {
  readonly outputs: readonly (Expected | null)[];
  readonly outputGradients: readonly (Listed | null)[];
}

const older: readonly OneOutput[] = read("gradients.json");
const newer: readonly Outputs[] = read("operators.json");
const cases: readonly Case[] = [
  ...older.map((it) => ({ ...it, outputs: [{ value: it.output, gradient: it.outputGradient }] })),
  ...newer.map((it) => ({
    ...it,
    outputs: it.outputs.map((value, i) => {
      const gradient = it.outputGradients[i];
      return value && gradient && { value, gradient };
    }),
  })),
];

function tensorOf({ type, shape, data }: Listed): Tensor {
  if (type === "int64") return int64(data, shape);
  if (type === "bool") return tensor("bool", shape, Uint8Array.from(data, Number));
  return float32(data, shape);
}

const FLOATS = new Set([
  ...["alpha", "beta", "gamma", "epsilon", "bias", "lambd", "clip"],
  ...["cubic_coeff_a", "extrapolation_value"],
]);

function attribute(name: string, value: number | string | readonly (number | string)[]): AttributeInput {
  if (typeof value === "number") return FLOATS.has(name) ? float(value) : value;
  if (typeof value === "string") return value;
  if (name.startsWith("activation_")) return { type: "floats", value: value.map(Number) };
  return value.some((each) => typeof each === "string")
    ? { type: "strings", value: value.map(String) }
    : value.map(Number);
}

/** The operator, and the gradient of Σ y·r, where r are PyTorch's gradients to the outputs. What has no gradient is a constant. */
function graphOf({ name: title, operator, attributes, inputs, outputs, inputGradients }: Case): Graph {
  const g = new GraphBuilder(title);
  const values = inputs.map((input, i) => {
    if (input === null) return "";
    return inputGradients[i] ? g.input(`x${i}`, "float32", input.shape) : g.initializer(`x${i}`, tensorOf(input));
  });
  const given = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attribute(key, value)]));
  const [name, domain = ""] = operator.split(".").reverse();
  // Operators of our own have statistics as further outputs.
  const made = g.ops(name, values, domain === "" ? outputs.length : 3, given, domain);
  const terms = outputs.flatMap((output, i) => {
    if (!output) return [];
    const weighted = g.op("Mul", [made[i], g.constant(tensorOf(output.gradient))]);
    return [g.op("ReduceSum", [weighted], { keepdims: 0 })];
  });
  const wanted = values.filter((_, i) => inputGradients[i]);
  for (const [i, output] of outputs.entries()) if (output) g.output(`y${i}`, made[i]);
  for (const [value, gradient] of gradients(g, g.op("Sum", terms), wanted)) g.output(`d${value}`, gradient);
  return g.build();
}

/** Gradients that are all smaller are judged as if one were as large: the runtime's Sigmoid is right to 7 decimals, not 7 digits. */
const FLOOR = 0.01;

test("the fixture holds many cases", () => expect(cases.length).toBeGreaterThan(260));

describeDevices("as in PyTorch", (device) => {
  test.each(cases.map((it) => [it.name, it] as const))("%s", async (_, it) => {
    const feeds = it.inputs.flatMap((input, i) =>
      input && it.inputGradients[i] ? [[`x${i}`, tensorOf(input)] as const] : [],
    );
    const results = await runOn(device, graphOf(it), Object.fromEntries(feeds));
    it.outputs.forEach((output, i) => {
      if (output) expectClose(results[`y${i}`], output.value, device.tolerance, `output ${i}`);
    });
    it.inputGradients.forEach((gradient, i) => {
      if (gradient) expectClose(results[`dx${i}`], gradient, device.tolerance, `gradient of input ${i}`, FLOOR);
    });
  });
});
