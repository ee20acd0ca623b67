import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeDevices, runOn } from "../../test/devices.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32, int64, tensor, zeros } from "../graph/tensor.js";
import { COMPOSITE, type Graph } from "../graph/types.js";
import { EngineError } from "./engine.js";
import { defaultThreads, nodeEngine } from "./node.js";

/** y = x·(1 2; 3 4), z = −y */
function product(): Graph {
  const g = new GraphBuilder("product");
  const y = g.op("MatMul", [g.input("x", "float32", ["N", 2]), g.constant(float32([1, 2, 3, 4], [2, 2]))]);
  g.output("y", y);
  g.output("z", g.op("Neg", [y]));
  return g.build();
}

describeDevices("an engine", (device) => {
  test("runs a graph again and again, with any size that is only named", async () => {
    const program = await device.engine.load(product());
    const once = await program.run({ x: float32([1, 0], [1, 2]) });
    const again = await program.run({ x: float32([0, 1, 1, 1], [2, 2]) });
    expect([once.y, once.z].map(({ data }) => [...data])).toEqual([
      [1, 2],
      [-1, -2],
    ]);
    expect(again.y).toMatchObject({ type: "float32", shape: [2, 2], data: Float32Array.of(3, 4, 4, 6) });
    await program.close();
  });

  test("says that it was closed, and may be closed twice", async () => {
    const program = await device.engine.load(product());
    await program.close();
    await program.close();
    await expect(program.run({ x: float32([1, 0], [1, 2]) })).rejects.toThrow(
      new EngineError("The graph 'product' was closed: it runs no more."),
    );
  });

  test("writes outputs into the tensors that are given for them, and makes the others", async () => {
    const program = await device.engine.load(product());
    const z = zeros("float32", [1, 2]);
    const results = await program.run({ x: float32([1, 1], [1, 2]) }, { z });
    expect(results.z).toBe(z);
    expect([...z.data]).toEqual([-4, -6]);
    expect([...results.y.data]).toEqual([4, 6]);
    await program.close();
  });

  test("writes outputs of known sizes into the tensors that are given for them, of any type, and makes the others", async () => {
    const g = new GraphBuilder("whole");
    const x = g.input("x", "float32", [2]);
    g.output("square", g.op("Mul", [x, x]));
    g.output("positive", g.op("Greater", [x, g.scalar(0)]));
    g.output("sum", g.op("ReduceSum", [x], { keepdims: 0 }));
    const program = await device.engine.load(g.build());
    const square = zeros("float32", [2]);
    for (const values of [
      [1, -3],
      [2, 5],
    ]) {
      const results = await program.run({ x: float32(values, [2]) }, { square });
      expect(Object.keys(results)).toEqual(["square", "positive", "sum"]);
      expect(results.square).toBe(square);
      expect([...square.data]).toEqual(values.map((v) => v * v));
      expect(results.positive).toEqual(
        tensor(
          "bool",
          [2],
          Uint8Array.from(values, (v) => Number(v > 0)),
        ),
      );
      expect(results.sum).toEqual(float32([values[0] + values[1]], []));
    }
    await program.close();
  });

  test("says why a run fails that was to write in place", async () => {
    const g = new GraphBuilder("whole");
    g.output("y", g.op("Reshape", [g.input("x", "float32", ["N"]), g.constant(int64([2]))]));
    const program = await device.engine.load(g.build());
    const run = program.run({ x: float32([1, 2, 3], [3]) }, { y: zeros("float32", [2]) });
    await expect(run).rejects.toThrow(`The graph 'whole' does not run on ${device.name}: `);
    await program.close();
  });

  test("computes the same, run after run, where it is to run seldom", async () => {
    const program = await device.engine.load(product(), { seldom: true });
    const x = { x: float32([1, 1], [1, 2]) };
    for (let run = 0; run < 3; run++) expect([...(await program.run(x)).y.data]).toEqual([4, 6]);
    await program.close();
  });

  test("takes and gives whole numbers and truth values", async () => {
    const g = new GraphBuilder("types");
    const n = g.input("n", "int64", [3]);
    g.output("double", g.op("Add", [n, n]));
    g.output("not", g.op("Not", [g.input("b", "bool", [2])]));
    g.output("byte", g.op("Cast", [g.input("u", "uint8", [2])], { to: 1 }));
    const feeds = { n: int64([1, -2, 2 ** 31]), b: tensor("bool", [2], Uint8Array.of(1, 0)) };
    const results = await runOn(device, g.build(), { ...feeds, u: tensor("uint8", [2], Uint8Array.of(0, 255)) });
    expect(results.double).toMatchObject({ type: "int64", data: BigInt64Array.of(2n, -4n, 4294967296n) });
    expect(results.not).toMatchObject({ type: "bool", data: Uint8Array.of(0, 1) });
    expect([...results.byte.data]).toEqual([0, 255]);
  });

  test("says which graph does not run, on what, and why", async () => {
    const program = await device.engine.load(product());
    const run = program.run({ x: float32([1, 2, 3], [1, 3]) });
    await expect(run).rejects.toThrow(EngineError);
    await expect(run).rejects.toThrow(`The graph 'product' does not run on ${device.name}: `);
    await program.close();
  });

  // Graphics cards leave this operator to the processor.
  test("says the condition where the runtime gives no reason", async () => {
    const g = new GraphBuilder("regions");
    const inputs = [g.input("x", "float32", [1, 1, 4, 4]), g.input("regions", "float32", [1, 5])];
    g.output("y", g.op("MaxRoiPool", inputs, { pooled_shape: [2, 2] }));
    const feeds = { x: float32(new Float32Array(16), [1, 1, 4, 4]), regions: float32([7, 0, 0, 1, 1], [1, 5]) };
    await expect(runOn(device, g.build(), feeds)).rejects.toThrow(
      `The graph 'regions' does not run on ${device.name}: expected roi_batch_id < batch_size`,
    );
  });

  test("says which operator it does not know", async () => {
    const g = new GraphBuilder("unknown");
    g.output("y", g.op("Frobnicate", [g.input("x", "float32", [1])], {}));
    await expect(device.engine.load(g.build())).rejects.toThrow(/'unknown' does not run on \w+: .*Frobnicate/);
  });

  test("says which composite operator has no lowering", async () => {
    const g = new GraphBuilder("composite");
    g.output("y", g.op("Untold", [g.input("x", "float32", [1])], {}, COMPOSITE));
    await expect(device.engine.load(g.build())).rejects.toThrow("There is no lowering of Untold (node 'Untold.0').");
  });

  test("refuses a tensor type that the runtime has no array for", async () => {
    const g = new GraphBuilder("half");
    g.output("y", g.op("Cast", [g.input("x", "bfloat16", [1])], { to: 1 }));
    await expect(runOn(device, g.build(), { x: zeros("bfloat16", [1]) })).rejects.toThrow(EngineError);
  });
});

describe("an engine in Node", () => {
  test("uses the processor and as many threads as it has cores, eight at most, unless told otherwise", () => {
    const { device, threads } = nodeEngine();
    expect({ device, threads }).toEqual({ device: "cpu", threads: defaultThreads() });
    expect(nodeEngine({ threads: 3 }).threads).toBe(3);
  });

  test("has WebAssembly too", async () => {
    const engine = nodeEngine({ device: "wasm", threads: 1 });
    const program = await engine.load(product());
    const { y } = await program.run({ x: float32([1, 1], [1, 2]) });
    expect({ device: engine.device, y: [...y.data] }).toEqual({ device: "wasm", y: [4, 6] });
    await program.close();
  });

  test("says when a device is not there", async () => {
    await expect(nodeEngine({ device: "dml" }).load(product())).rejects.toThrow(
      "The graph 'product' does not run on dml: ",
    );
  });

  test("writes a profile when the program is closed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "profile-"));
    try {
      const program = await nodeEngine({ profile: join(folder, "step") }).load(product());
      await program.run({ x: float32([1, 0], [1, 2]) });
      await program.close();
      const [file] = await readdir(folder);
      expect(file).toMatch(/^step.*\.json$/);
      const events: { readonly args?: { readonly op_name?: string } }[] = JSON.parse(
        await readFile(join(folder, file), "utf8"),
      );
      expect(events.map((event) => event.args?.op_name)).toContain("MatMul");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
