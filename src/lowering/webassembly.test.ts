/** What is written in another way for WebAssembly means the same, on every device. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { describeDevices, runOn, wasm } from "../../test/devices.js";
import { type AttributeInput, float } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { modelOf } from "../graph/model.js";
import { float32 } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { forWebAssembly } from "./webassembly.js";

interface Case {
  readonly operator: string;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  /** the bounds of a Clip */
  readonly bounds?: readonly (number | undefined)[];
  readonly instead: readonly string[];
  readonly value: (x: number) => number;
}

const CASES: readonly Case[] = [
  { operator: "Relu", instead: ["Max"], value: (x) => (x > 0 ? x : 0) },
  {
    operator: "LeakyRelu",
    attributes: { alpha: float(0.25) },
    instead: ["PRelu"],
    value: (x) => (x > 0 ? x : x / 4),
  },
  // of a slope of more than one, the larger of x and αx would be wrong
  { operator: "LeakyRelu", attributes: { alpha: float(2) }, instead: ["PRelu"], value: (x) => (x > 0 ? x : 2 * x) },
  { operator: "Clip", bounds: [0, 6], instead: ["Max", "Min"], value: (x) => Math.min(Math.max(x, 0), 6) },
  { operator: "Clip", bounds: [-1], instead: ["Max"], value: (x) => Math.max(x, -1) },
  { operator: "Clip", bounds: [undefined, 3], instead: ["Min"], value: (x) => Math.min(x, 3) },
  // ONNX's definition, where the bounds are the wrong way round
  { operator: "Clip", bounds: [2, 1], instead: ["Max", "Min"], value: () => 1 },
  { operator: "Clip", bounds: [], instead: ["Clip"], value: (x) => x },
];

function graphOf({ operator, attributes = {}, bounds = [] }: Case, size: number): Graph {
  const g = new GraphBuilder(operator);
  const given = bounds.map((bound) => (bound === undefined ? "" : g.scalar(bound)));
  g.output("y", g.op(operator, [g.input("x", "float32", [size]), ...given], attributes));
  return g.build();
}

describeDevices("quickened activations", (device) => {
  test.each(CASES)("$operator $attributes $bounds", async (each) => {
    const numbers = fc.array(fc.double({ min: -9, max: 9, noNaN: true }).map(Math.fround), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(numbers, async (xs) => {
        const quick = forWebAssembly(graphOf(each, xs.length));
        expect(quick.nodes.map(({ operator }) => operator)).toEqual(each.instead);
        const program = await device.engine.load(modelOf(quick));
        const { y } = await program.run({ x: float32(xs, [xs.length]) });
        await program.close();
        // -0 is no other number than 0
        expect(Array.from(y.data, Number).map((v) => v + 0)).toEqual(xs.map((x) => Math.fround(each.value(x)) + 0));
      }),
      { numRuns: 10, seed: 1 },
    );
  });
});

test("what is no number stays none in WebAssembly", async () => {
  const g = new GraphBuilder("relu");
  g.output("y", g.op("Relu", [g.input("x", "float32", [3])]));
  const { y } = await runOn(wasm, g.build(), { x: float32([Number.NaN, -1, 2], [3]) });
  expect(Array.from(y.data, Number)).toEqual([Number.NaN, 0, 2]);
});

test("an activation that the runtime joins with the convolution before it stays", () => {
  const g = new GraphBuilder("joined");
  const x = g.input("x", "float32", [1, 2, 3, 3]);
  const y = g.op("Conv", [x, g.input("f", "float32", [2, 2, 1, 1])]);
  g.output("a", g.op("Relu", [y]));
  g.output("b", g.op("Relu", [g.op("Reshape", [y, g.ints(2, 9)])]));
  expect(forWebAssembly(g.build()).nodes.map(({ operator }) => operator)).toEqual(["Conv", "Relu", "Reshape", "Max"]);
});
