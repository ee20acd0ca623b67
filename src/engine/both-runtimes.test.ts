import { expect, test } from "vitest";
import { GraphBuilder } from "../graph/builder.js";
import { float32, zeros } from "../graph/tensor.js";
import { nodeEngine } from "./node.js";

test("an engine for wasm that comes first does not take the place of the one for cpu", async () => {
  const g = new GraphBuilder("negative");
  g.output("y", g.op("Neg", [g.input("x", "float32", [1])]));
  for (const device of ["wasm", "cpu"] as const) {
    const y = zeros("float32", [1]);
    const program = await nodeEngine({ device, threads: 1 }).load(g.build());
    await program.run({ x: float32([2], [1]) }, { y });
    expect(y.data[0], device).toBe(-2);
    await program.close();
  }
});
