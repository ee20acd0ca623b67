/** Arithmetic in the place of operators on bits gives the same bits, on the card. */

import { expect, test } from "vitest";
import { describeCards, runOn } from "../../test/devices.js";
import { GraphBuilder } from "../graph/builder.js";
import { tensor } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { stream } from "../random/stream.js";
import { forGraphics } from "./graphics.js";

const random = stream(1, "bits");
const word = (): number => random.integer(-(2 ** 31), 2 ** 31 - 1);
const ENDS = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)];
/** pairs of the ends of the range, and others */
const a = Int32Array.from([...ENDS.flatMap((end) => ENDS.map(() => end)), ...Array.from({ length: 75 }, word)]);
const b = Int32Array.from([...ENDS.flatMap(() => ENDS), ...Array.from({ length: 75 }, word)]);

const operators = { BitwiseOr: (x: number, y: number) => x | y, BitwiseXor: (x: number, y: number) => x ^ y };

/** An operator on two arrays of 100 numbers. */
function graphOf(operator: string, type: "int32" | "uint32"): Graph {
  const g = new GraphBuilder(operator);
  g.output("y", g.op(operator, [g.input("a", type, [100]), g.input("b", type, [100])]));
  return g.build();
}

describeCards("the bits of", (device) => {
  test.each(Object.entries(operators))("%s", async (operator, expected) => {
    const right = a.map((x, i) => expected(x, b[i]));
    const graph = graphOf(operator, "int32");
    expect(forGraphics(graph).nodes.map((node) => node.operator)).not.toContain(operator);
    const { y } = await runOn(device, graph, { a: tensor("int32", [100], a), b: tensor("int32", [100], b) });
    expect(y.data).toEqual(right);
    const [ofA, ofB] = [a, b].map((x) => tensor("uint32", [100], Uint32Array.from(x)));
    const unsigned = await runOn(device, graphOf(operator, "uint32"), { a: ofA, b: ofB });
    expect(unsigned.y.data).toEqual(Uint32Array.from(right));
  });

  test.each([
    ["RIGHT", 1],
    ["RIGHT", 16],
    ["RIGHT", 31],
    ["LEFT", 5],
  ] as const)("a shift to the %s by %i", async (direction, bits) => {
    const g = new GraphBuilder("shift");
    const count = g.constant(tensor("uint32", [], Uint32Array.of(bits)));
    g.output("y", g.op("BitShift", [g.input("x", "uint32", [100]), count], { direction }));
    const x = Uint32Array.from(a);
    const { y } = await runOn(device, g.build(), { x: tensor("uint32", [100], x) });
    expect(y.data).toEqual(x.map((number) => (direction === "RIGHT" ? number >>> bits : number << bits)));
  });
});
