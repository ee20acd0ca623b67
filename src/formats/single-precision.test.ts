import { expect, test } from "vitest";
import { nodeEngine } from "../engine/node.js";
import { GraphBuilder } from "../graph/builder.js";
import { encodeModel } from "../graph/codec/codec.js";
import { modelOf } from "../graph/model.js";
import { float32, tensor } from "../graph/tensor.js";
import type { DataType } from "../graph/types.js";
import { modelFromForeign } from "./model-from-foreign.js";
import { readForeign } from "./read-foreign.js";
import { inSinglePrecision } from "./single-precision.js";

/** y = 1.5·x as numbers of a type. */
function scaled(type: "float16" | "bfloat16" | "float64", io: DataType) {
  const bits = { float16: Uint16Array.of(0x3e00), bfloat16: Uint16Array.of(0x3fc0), float64: Float64Array.of(1.5) };
  const codes = { float16: 10, bfloat16: 16, float64: 11 };
  const g = new GraphBuilder("scaled");
  const x = g.input("x", io, ["N", 1, 1, 2]);
  const inner = io === type ? x : g.op("Cast", [x], { to: codes[type] });
  const y = g.op("Mul", [inner, g.initializer("slope", tensor(type, [1, 1, 1, 1], bits[type]))]);
  g.output("y", io === type ? y : g.op("Cast", [y], { to: 1 }));
  return modelOf(g.build());
}

test.each<["float16" | "bfloat16" | "float64", DataType]>([
  ["float16", "float16"],
  ["float16", "float32"],
  ["bfloat16", "float32"],
  ["float64", "float64"],
])("1.5·x in %s, of %s numbers, becomes a network in float32", async (type, io) => {
  const engine = nodeEngine({ threads: 1 });
  const foreign = await readForeign(encodeModel(scaled(type, io)));
  const { network, parameters, notes } = await modelFromForeign(foreign, engine);
  expect(notes).toEqual([`The file's numbers of type ${type} are float32 here.`]);
  expect(network.layers.map(({ layer }) => layer.type)).toEqual(["scale"]);
  expect([...parameters.values()].map(({ data }) => [...data])).toContainEqual([1.5]);
  const program = await engine.load(inSinglePrecision(scaled(type, io)).model);
  const { y } = await program.run({ x: float32([2, 4], [1, 1, 1, 2]) });
  await program.close();
  expect(y).toMatchObject({ type: "float32", data: Float32Array.of(3, 6) });
});

test("a model of float32, and doubles inside of one, stay as they are", () => {
  const plain = scaled("float64", "float32");
  expect(inSinglePrecision(plain)).toEqual({ model: plain, from: [] });
});
