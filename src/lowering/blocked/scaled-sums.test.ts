import { expect, test } from "vitest";
import { cpu } from "../../../test/devices.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { type Graph, NCHWC } from "../../graph/types.js";
import { lower } from "../lower.js";

/** A step with momentum: v' = 0.9·v − (g + 0.01·w), w' = w + 0.5·v', where g = max(s, 0) */
function step(shape: readonly number[]): Graph {
  const g = new GraphBuilder("step");
  const [w, v, s] = ["w", "v", "s"].map((name) => g.input(name, "float32", shape));
  const slope = g.op("Add", [g.op("Relu", [s]), g.op("Mul", [w, g.scalar(0.01)])]);
  const momentum = g.op("Sub", [g.op("Mul", [v, g.scalar(0.9)]), slope]);
  g.output("next/v", momentum);
  g.output("next/w", g.op("Add", [w, g.op("Mul", [momentum, g.scalar(0.5)])]));
  return g.build();
}

const operatorsOf = (graph: Graph): string[] =>
  graph.nodes.filter(({ operator }) => operator !== "Reshape").map(({ operator, domain }) => `${domain}${operator}`);

test("large parameters are moved by sums in place, which keep what others read", () => {
  const lowered = lower(step([64, 32, 5, 5]), "batch-last", 16);
  expect(operatorsOf(lowered)).toEqual(["Relu", `${NCHWC}Conv`, `${NCHWC}Conv`, "Neg", "Mul", "Add"]);
  expect(lowered.nodes.filter(({ domain }) => domain === NCHWC).every(({ inputs }) => inputs.length === 4)).toBe(true);
});

test.each([
  ["few numbers", [64, 32, 3, 3], 16],
  ["numbers that no block divides", [41, 57, 5, 3], 16],
  ["a runtime without blocks", [64, 32, 5, 5], 1],
])("of %s they are left as they are", (_, shape, block) => {
  expect(operatorsOf(lower(step(shape), "batch-last", block))).toEqual([
    "Relu",
    "Mul",
    "Add",
    "Mul",
    "Sub",
    "Mul",
    "Add",
  ]);
});

test.each([[[64, 32, 5, 5]], [[1000, 48]], [[16 * 4099]], [[3, 5]]])(
  "parameters of %j take their steps",
  async (shape) => {
    const count = shape.reduce((a, d) => a * d, 1);
    const valuesOf = (f: (i: number) => number): Float32Array => Float32Array.from({ length: count }, (_, i) => f(i));
    const [w, v, s] = [valuesOf(Math.sin), valuesOf((i) => 3 * Math.cos(i)), valuesOf((i) => Math.sin(5 * i + 1))];
    const program = await cpu.engine.load(step(shape));
    const results = await program.run({ w: float32(w, shape), v: float32(v, shape), s: float32(s, shape) });
    await program.close();
    const momentum = v.map((value, i) => 0.9 * value - Math.max(s[i], 0) - 0.01 * w[i]);
    const off = (name: string, expected: (i: number) => number): number =>
      Array.from(results[name].data, Number).reduce(
        (most, value, i) => Math.max(most, Math.abs(value - expected(i))),
        0,
      );
    expect(off("next/v", (i) => momentum[i])).toBeLessThan(1e-6);
    expect(off("next/w", (i) => w[i] + 0.5 * momentum[i])).toBeLessThan(1e-6);
  },
);
